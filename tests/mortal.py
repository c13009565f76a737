"""Flows for tests of operations: one that is quickly done, and some that are killed.

What they do is a line in a file: that is how often they were really run.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from prefect import flow


def _line(file: str, word: str) -> int:
    """Write a word; how many lines there are now."""
    path = Path(file)
    with path.open("a") as lines:
        lines.write(f"{word} {os.getpid()}\n")
    return len(path.read_text().splitlines())


@flow(name="tick")
def tick(file: str) -> None:
    """Done at once.

    Args:
        file: Where it writes its line.

    """
    _line(file, "done")


@flow(name="mortal")
def mortal(file: str, deaths: int = 1, *, waits: bool = False) -> None:
    """Killed by the kernel the first times, then done.

    Args:
        file: Where it writes a line each time it begins, and one when it is done.
        deaths: How often it dies.
        waits: Wait for somebody else's SIGKILL instead.

    """
    if _line(file, "begun") <= deaths:
        if waits:
            threading.Event().wait()
        os.kill(os.getpid(), signal.SIGKILL)
    _line(file, "done")
