"""Telling people how far a run is: a progress artifact in the Prefect UI, and whoever listens in this process.

Belongs here: where progress is announced. Does not: how a terminal shows it (deployments/report.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.context import FlowRunContext

Listener = Callable[[str, int, int], None]  # stage, done, total
_DASHES = str.maketrans("_ ", "--")  # an artifact key holds nothing else
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` told of every step while inside."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


class Progress:
    """The progress of one stage: ``total`` documents, announced in percent."""

    def __init__(self, stage: str, total: int) -> None:
        self.stage, self.total, self.done = stage, total, 0
        self._artifact: UUID | None = None
        self._told = -1

    def add(self, documents: int) -> None:
        """So many more are done."""
        self.done += documents
        for listener in _listeners:
            listener(self.stage, self.done, max(self.total, self.done))
        percent = min(100, self.done * 100 // max(self.total, 1))
        if (
            FlowRunContext.get() and self.total and percent >= self._told + 5
        ):  # an update costs the server 9 ms
            self._told = percent
            self._publish(float(percent))

    def _publish(self, percent: float) -> None:
        if self._artifact is None:
            created = create_progress_artifact(
                progress=percent, key=f"progress-{self.stage}".translate(_DASHES)
            )
            assert isinstance(created, UUID)
            self._artifact = created
        else:
            update_progress_artifact(artifact_id=self._artifact, progress=percent)
