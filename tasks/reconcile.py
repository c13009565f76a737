"""Reconcile: make the Region's database say what the source says, and close what it no longer says.

Belongs here: the order of merging, detaining and closing. Does not: the statements (connectors/region).

Absent, invalid and unreadable are three things. Only an offer that is absent from a whole snapshot is closed: one whose
newest payload is invalid stays as it was; when a payload came whose ref cannot be read, the source is asked about each
absent offer before it is closed; and when too many are absent at once, a person is asked.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors import clock
from connectors.region.offers import offers, quarantine, walks
from connectors.region.offers.walks import SourceState
from connectors.registry import contractor_client
from core.guards import Snapshot
from schemas.documents import Reason
from tasks.collect import Walk
from tasks.run import Run
from tasks.tell import ask
from tasks.validate import Judged, detained

ASKED = 5_000  # absent offers that are asked about one by one; more are spared until a later snapshot
ASKING = 4  # at once


@task(name="reconcile", cache_policy=NO_CACHE)
def reconcile(run: Run, judged: Judged) -> None:
    """Store a judged chunk: offers with their history in one transaction, then the quarantine."""
    with run.meter.stage("reconcile") as stage:
        merged = offers.merge(run.region, run.number, run.source.name, judged.accepted)
        stale = {ref: _stale(run, ref, judged) for ref in merged.stale}
        quarantine.release(run.region, run.source.name, [row.raw_hash for row in judged.accepted])
        quarantine.put(run.region, run.number, [*judged.detained, *stale.values()])
        stage.documents += len(judged.accepted) + len(judged.detained)
    figures = run.figures
    figures.new += merged.new
    figures.changed += merged.changed
    figures.closed += merged.closed
    figures.unchanged += merged.unchanged
    figures.quarantined += len(judged.detained) + len(stale)


def _stale(run: Run, ref: str, judged: Judged) -> quarantine.Detained:
    item = judged.items[ref]
    reason = Reason(
        "/version",
        "stale_version",
        "",
        "The Region already holds a later version. Send versions that only grow.",
    )
    raw = run.spool.read(item.position, item.length)
    return detained(run.source.name, ref, item.raw_hash, raw, (reason,))


@task(name="close", cache_policy=NO_CACHE)
def close(run: Run, walk: Walk) -> None:
    """Close what a whole snapshot no longer holds and what has expired, and remember how far the source was read."""
    with run.meter.stage("close") as stage:
        name, number = run.source.name, run.number
        after, whole = walk.after, walk.whole
        closed = offers.expire(run.region, number, clock.now())  # explained: no guard counts them
        if walk.whole:
            closing, kept = _close_absent(run)
            closed += closing.closed
            if kept:
                after = msgspec.structs.replace(after, etag=None)  # or a 304 would hide them
            if closing.doubted:
                after, whole = _distrusted(run, after), False
        if not run.figures.not_modified:
            quarantine.release_outdated(run.region, number, name, whole=whole)
        stage.documents += closed
    run.figures.closed += closed
    wrote = run.figures.new + run.figures.changed + run.figures.closed
    if wrote:
        after = msgspec.structs.replace(after, last_change_at=clock.now())
    walks.remember(run.region, after)


def _close_absent(run: Run) -> tuple[offers.Closing, int]:
    """Close what the snapshot lacks, unless a guard says no; and how many absent offers are kept."""
    name, log = run.source.name, get_run_logger()
    seen = Snapshot(run.figures.collected, walks.source_state(run.region, name).last_snapshot_total)
    spared = _unproven(run, seen)
    if spared:
        log.warning("%d absent offers are kept: their absence could not be proven", len(spared))
    closing = offers.close_absent(run.region, run.number, name, seen, run.settings.limits, spared=spared)
    if closing.stopped:
        log.warning(closing.stopped.plan.message)
        ask(closing.stopped)
    run.figures.held = closing.held
    return closing, closing.held + len(spared)


def _distrusted(run: Run, after: SourceState) -> SourceState:
    """What to remember of a snapshot that a guard stopped: its changes, but not that it was a good one."""
    before = walks.source_state(run.region, run.source.name)
    return msgspec.structs.replace(
        after,
        last_snapshot_at=before.last_snapshot_at,
        last_snapshot_id=before.last_snapshot_id,
        last_snapshot_total=before.last_snapshot_total,
    )


def _unproven(run: Run, seen: Snapshot) -> list[str]:
    """Absent refs that may hide behind a payload whose ref cannot be read; none when a guard stops them all anyway."""
    if not walks.count_unreadable(run.region, run.number):
        return []
    if offers.stops_absent(run.region, run.number, run.source.name, seen, run.settings.limits):
        return []
    absent = offers.absent(run.region, run.number, run.source.name)
    if len(absent) > ASKED or run.source.read is not None:
        return absent
    client = contractor_client(run.settings)
    try:
        with ThreadPoolExecutor(ASKING) as pool:
            answers = list(pool.map(client.is_open, absent))
    finally:
        client.http.close()
    return [ref for ref, is_open in zip(absent, answers, strict=True) if is_open]
