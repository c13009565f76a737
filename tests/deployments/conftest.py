from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.full_database import full, full_backup, full_template, written
from tests.terminals import terminal
from tests.tomorrow import next_version
from tests.worlds import _no_waiting, flowing, hub, region, sandbox

__all__ = [
    "_no_waiting",
    "flowing",
    "full",
    "full_backup",
    "full_template",
    "hub",
    "next_version",
    "region",
    "sandbox",
    "terminal",
    "written",
]


@pytest.fixture
def home() -> Iterator[Path]:
    """A state folder with a space and an accent in its name, which PostgreSQL's account may enter when we are root."""
    top = Path(tempfile.mkdtemp(prefix="boostez tests é "))
    top.chmod(0o755)
    yield top / "home"
    shutil.rmtree(top)
