"""Validate: decode what changed, judge it, make it canonical, or say everything that is wrong with it.

Belongs here: the order of the verdicts on a chunk. Does not: the verdicts (core/verdicts.py) or storing
(reconcile.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors import clock
from connectors.region.offers import walks
from connectors.region.offers.offers import Incoming
from connectors.region.offers.quarantine import Detained
from connectors.region.offers.walks import Item
from core.verdicts import DUPLICATE, Accepted, closure, judge
from schemas.documents import Reason
from schemas.offer import encode
from tasks.progress import Progress
from tasks.run import Run

CHUNK = 5_000  # payloads a task run: about a second of work, against 30 ms of orchestration


class Chunk:
    """Payloads that are not known byte for byte. Opaque to Prefect."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items


class Judged:
    """A chunk after its verdicts. Opaque to Prefect."""

    def __init__(self, chunk: Chunk) -> None:
        self.items = {item.key: item for item in chunk.items}
        self.accepted: list[Incoming] = []
        self.detained: list[Detained] = []


def changed(run: Run) -> Iterator[Chunk]:
    """What the walk saw that is new, a chunk at a time."""
    with run.meter.stage("compare") as stage:
        stage.documents, new = walks.count_changed(run.region, run.number, run.source.name)
    run.figures.unchanged += run.figures.collected - new
    progress = Progress("validate", new)
    if new:
        for items in walks.changed(run.region, run.number, run.source.name, CHUNK):
            yield Chunk(items)
            progress.add(len(items))


@task(name="validate", cache_policy=NO_CACHE)
def validate(run: Run, chunk: Chunk) -> Judged:
    """Judge every payload of a chunk; one bad payload never stops the others."""
    judged = Judged(chunk)
    now = clock.now()
    with run.meter.stage("validate") as stage:
        for item in chunk.items:
            raw = run.spool.read(item.position, item.length)
            verdict = DUPLICATE if item.duplicate else judge(run.source, raw)
            if isinstance(verdict, tuple):
                judged.detained.append(detained(run.source.name, item.key, item.raw_hash, raw, verdict))
            else:
                judged.accepted.append(incoming(verdict, item.raw_hash, now))
        stage.documents += len(chunk.items)
    run.figures.decoded += len(chunk.items)
    return judged


def incoming(verdict: Accepted, raw_hash: bytes, now: dt.datetime) -> Incoming:
    """An accepted payload as a row to merge; an open offer whose end date has passed comes closed."""
    draft, offer, withheld = verdict.draft, verdict.canonical.offer, verdict.canonical.withheld
    return Incoming(
        draft.ref,
        draft.version,
        raw_hash,
        encode(offer),
        msgspec.json.encode(withheld) if withheld else None,
        draft.updated_at,
        closure(verdict, now),
    )


def detained(source: str, key: str, raw_hash: bytes, raw: bytes, reasons: tuple[Reason, ...]) -> Detained:
    """A refused payload as a row of the quarantine."""
    return Detained(source, key, None if key.startswith("#") else key, raw_hash, raw, reasons)
