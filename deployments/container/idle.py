"""Wait until no run is under way in this container: `python idle.py SECONDS`, before its worker is told to stop.

Belongs here: that wait. Does not: keeping new runs away (the work pool is paused before an upgrade, docs/operating.md).

A worker that is told to stop ends at once, and the runs that it started with it; Prefect learns of them only when their
heartbeats fail to come.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

RUN = b"prefect.engine"  # as Prefect's process worker starts each run
EVERY = 0.5  # seconds between looks


def runs(processes: Path = Path("/proc")) -> Iterator[int]:
    """The processes that are runs."""
    for folder in processes.glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if RUN in (folder / "cmdline").read_bytes().split(b"\0"):
                yield int(folder.name)


def main(seconds: float) -> int:
    """0 as soon as no run is under way, 1 when one still is at the end."""
    end = time.monotonic() + seconds
    while any(runs()):
        if time.monotonic() > end:
            return 1
        time.sleep(EVERY)
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
