"""The run: what the steps of one sync share, from its first byte to its report.

Belongs here: opening and closing a run, its figures. Does not: any step.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec
from prefect.runtime import deployment

from connectors.region.database import Region, safe_region
from connectors.region.offers import walks
from connectors.registry import Source, source
from connectors.settings import Settings, settings
from connectors.spool import Spool
from tasks.measure import Meter, Stage
from tasks.tracing import traced

PATIENCE: Final = 3600.0  # seconds: what begins by itself finds the night's full sync at work, and nobody is to hear of a failure


class Delivered(msgspec.Struct):
    """What a run did on one channel, in effects; ``held`` are kept from being withdrawn by a guard, ``moot`` not sent any more.

    ``error`` says why it stopped early: because it was ``unreachable``, because it is ``waiting`` (the channel asked for
    time, a later run goes on), or because a person must act.
    """

    created: int = 0
    updated: int = 0
    withdrawn: int = 0
    unknown: int = 0
    refused: int = 0
    held: int = 0
    moot: int = 0
    error: str | None = None
    unreachable: bool = False
    waiting: bool = False


class Figures(msgspec.Struct, kw_only=True):
    """What a run came to. ``held`` offers were absent, and a guard kept them open.

    ``echoes`` are offers that we sent to the source: they came back, and count nowhere else.
    ``decoded`` payloads were read in full, ``rows_written`` offers, reasons and effects were written, ``writing_calls``
    left for an outside system. ``seconds`` is the whole run on the wall; what its stages do not account for is
    orchestration.
    """

    run: int
    source: str
    mode: str
    collected: int = 0
    echoes: int = 0
    quarantined: int = 0
    new: int = 0
    changed: int = 0
    closed: int = 0
    held: int = 0
    unchanged: int = 0
    decoded: int = 0
    rows_written: int = 0
    writing_calls: int = 0
    not_modified: bool = False
    seconds: float = 0.0
    channels: dict[str, Delivered] = msgspec.field(default_factory=dict)
    stages: list[Stage] = msgspec.field(default_factory=list)


class Run:
    """One sync under way. Opaque to Prefect: it is passed along, never copied or hashed."""

    def __init__(
        self, number: int, wanted: Source, mode: str, database: Region, chosen: Settings, spool: Spool
    ) -> None:
        self.number = number
        self.source = wanted
        self.region = database
        self.settings = chosen
        self.spool = spool
        self.meter = Meter()
        self.begun = time.perf_counter()
        self.written_before = database.rows_written
        self.figures = Figures(run=number, source=wanted.name, mode=mode)

    def close(self) -> Figures:
        """The figures as of now."""
        self.figures.stages = list(self.meter.stages.values())
        self.figures.rows_written = self.region.rows_written - self.written_before
        self.figures.seconds = time.perf_counter() - self.begun
        return self.figures


@contextmanager
def opened(source_name: str, mode: str) -> Iterator[Run]:
    """A run that alone syncs this source; its spool and index are gone when it ends. A deployment's waits for another of the source.

    Raises:
        Misconfigured: no such source, or an unsafe database.
        Refused: another sync of this source is running still, or the database is being restored.

    """
    wanted, chosen, database = source(source_name), settings(), safe_region()
    with ExitStack() as stack:
        stack.enter_context(traced(source=wanted.name))
        stack.enter_context(database.sole_sync(wanted.name, PATIENCE if deployment.id else 0))
        number = walks.start_run(database, "sync-offers", wanted.name, mode)
        spool = stack.enter_context(Spool(Path(chosen.home) / "spool", number))
        run = Run(number, wanted, mode, database, chosen, spool)
        completed = False
        try:
            yield run
            completed = True
        finally:
            run.close()
            told = {**msgspec.to_builtins(run.figures), "completed": completed}
            walks.finish_run(database, number, told)
