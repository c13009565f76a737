"""How long each stage took, on how much, in how much memory.

Belongs here: the meter that every step reports to. Does not: what is printed of it (deployments/report.py).
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from connectors.telemetry import span

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


class Stage(msgspec.Struct):
    """One step of a run: seconds on the wall, documents it handled, the process's peak resident megabytes."""

    name: str
    seconds: float = 0.0
    documents: int = 0
    peak_mb: float = 0.0


class Meter:
    """The stages of one run, in the order they first began; a stage that comes in parts adds up. Each part is a span."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Measure what happens inside as (a part of) stage ``name``."""
        stage = self.stages.setdefault(name, Stage(name))
        _forget_peak()
        begin = time.perf_counter()
        try:
            with span(name):
                yield stage
        finally:
            stage.seconds += time.perf_counter() - begin
            stage.peak_mb = max(stage.peak_mb, peak_mb())


def peak_mb() -> float:
    """The process's peak resident memory, in megabytes, since the last stage began where the system can tell."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _forget_peak() -> None:
    try:
        _CLEAR.write_text("5")  # proc(5): resets the peak resident set size
    except OSError:
        return
