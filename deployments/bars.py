"""How far something is, on a terminal: bars, or lines where no bar can be drawn.

Belongs here: drawing. Does not: who announces it (tasks/progress.py for runs, archive.py for backups).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Listener = Callable[[str, int, int], None]  # stage, done, total
stderr = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
_EVERY = 2.0  # seconds between lines


@contextmanager
def shown() -> Iterator[Listener]:
    """What draws each stage on the standard error while inside: bars on a terminal, lines elsewhere."""
    if sys.stderr.isatty():
        with _bars() as bars:
            yield bars
    else:
        yield _Lines()


class _Lines:
    """One line a stage's beginning and end, and every two seconds between."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._told.get(stage, 0.0) < _EVERY:
            return
        self._told[stage] = now
        stderr.print(f"  {stage}: {done:,} of {total:,}")


@contextmanager
def _bars() -> Iterator[Listener]:
    columns = (
        TextColumn("  {task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=stderr) as drawn:
        tasks: dict[str, TaskID] = {}

        def bar(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = drawn.add_task(stage, total=total)
            drawn.update(tasks[stage], completed=done, total=total)

        yield bar
