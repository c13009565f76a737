"""A folder in memory, for the tests' PostgreSQL: nothing of it need outlive them, and a commit waits for no disk.

Belongs here: finding one, and clearing away those of tests that were killed. Does not: the server (deployments/postgres.py).

fsync stays on, as the hub wants it; in memory it costs nothing. Where memory is short the folder is on disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from deployments import postgres

MEMORY: Final = Path("/dev/shm")
NEEDED: Final = 6 * 2**30  # bytes that are free: the tests of one process take a third of it
_NAME: Final = "boostez-tests-"


@contextmanager
def folder(place: Path = MEMORY, needed: int = NEEDED) -> Iterator[Path]:
    """One that is empty, which every account may enter, and that is gone afterwards."""
    enough = place.is_dir() and os.access(place, os.W_OK) and _free(place) >= needed
    if enough:
        _clear(place)
    made = Path(tempfile.mkdtemp(prefix=f"{_NAME}{os.getpid()}-", dir=place if enough else None))
    made.chmod(0o755)  # PostgreSQL has an account of its own when we are root
    try:
        yield made
    finally:
        shutil.rmtree(made)


def _free(place: Path) -> int:
    return min(shutil.disk_usage(place).free, psutil.virtual_memory().available)


def _clear(place: Path) -> None:
    """Stop and remove what a test process left that is no more."""
    for left in place.glob(f"{_NAME}*"):
        if not psutil.pid_exists(int(left.name.removeprefix(_NAME).partition("-")[0])):
            postgres.remove(left / "data")
            shutil.rmtree(left, ignore_errors=True)
