"""Watching a run from a terminal.

Belongs here: showing a run's progress as it is announced. Does not: announcing it (tasks/progress.py) or drawing it
(bars.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deployments import bars
from tasks.progress import listening


@contextmanager
def progress() -> Iterator[None]:
    """Show every stage's progress on the standard error while inside."""
    with bars.shown() as listener, listening(listener):
        yield
