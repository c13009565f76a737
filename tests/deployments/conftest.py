from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A state folder with a space and an accent in its name, which PostgreSQL's account may enter when we are root."""
    top = Path(tempfile.mkdtemp(prefix="boostez tests é "))
    top.chmod(0o755)
    yield top / "home"
    shutil.rmtree(top)
