"""Collect: read a source to the end of its walk, into the spool and the index.

Belongs here: which walk, the key of each payload, starting a void walk again, the next cursor. Does not: the calls
(connectors/contractor/client.py) or what payloads mean (validate.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors import clock
from connectors.contractor.client import Contractor, NotModified, WalkVoid
from connectors.contractor.pages import Page
from connectors.region.offers import walks
from connectors.region.offers.walks import Item, SourceState
from connectors.registry import contractor_client
from core.cursors import instant, next_cursor
from schemas.errors import Misconfigured, Unreachable
from tasks.progress import Progress
from tasks.run import Run

RESTARTS = 4  # of a void walk
INDEXED = 5_000  # items a transaction
OVERLAP = dt.timedelta(seconds=60)  # an incremental walk begins so much before the last change seen
CLOCKS_APART = dt.timedelta(seconds=30)  # less than the overlap: what it lets in is read again
LONGEST_REF = 300  # characters: a longer one is kept by its hash


class Walk(msgspec.Struct, frozen=True):
    """A walk that was read to its end. ``whole``: it held every open offer. ``after``: what to remember once stored."""

    whole: bool
    after: SourceState


@task(name="collect", cache_policy=NO_CACHE)
def collect(run: Run, file: Path | None = None) -> Walk:
    """Read the source: the whole catalogue, what changed since the cursor, or a file.

    Raises:
        Unreachable: the walk could not be finished; nothing of it counts.
        Rejected: the file is not of that source's form.

    """
    with run.meter.stage("collect") as stage:
        state = walks.source_state(run.region, run.source.name)
        walk = _read_file(run, state, file) if file else _read_contractor(run, state)
        stage.documents = run.figures.collected
        return walk


def _read_file(run: Run, state: SourceState, file: Path) -> Walk:
    if run.source.read is None:
        raise Misconfigured(f"{run.source.name} is read from its API, not from a file: leave --from out.")
    now = clock.now()
    newest = _store(run, run.source.read(file), now, Progress("collect", 0))
    whole = run.figures.mode == "full"
    return Walk(
        whole,
        msgspec.structs.replace(
            state,
            cursor=newest or state.cursor,
            last_snapshot_at=now if whole else state.last_snapshot_at,
            last_snapshot_total=run.figures.collected if whole else state.last_snapshot_total,
        ),
    )


def _read_contractor(run: Run, state: SourceState) -> Walk:
    if run.source.read is not None:
        raise Misconfigured(f"{run.source.name} is read from a file: add --from FILE.")
    client = contractor_client(run.settings)
    try:
        for attempt in range(1, RESTARTS + 1):
            try:
                return _walk(run, client, state)
            except WalkVoid as void:
                run.spool.clear()
                walks.forget(run.region, run.number)
                run.figures.collected = run.figures.echoes = 0
                if attempt == RESTARTS:
                    raise Unreachable(
                        f"The contractor's catalogue could not be read whole in {RESTARTS} tries: {void}. "
                        "Nothing of it was stored; run the sync again later."
                    ) from void
    finally:
        client.http.close()
    raise AssertionError("the loop returns or raises")


def _walk(run: Run, client: Contractor, state: SourceState) -> Walk:
    now = clock.now()
    if run.figures.mode == "incremental" and state.cursor is not None:
        newest = _store(
            run, _payloads(client.changes(state.cursor - OVERLAP)), client, Progress("collect", 0)
        )
        return Walk(whole=False, after=_advanced(state, newest))
    pages = client.snapshot(state.etag)
    if isinstance(pages, NotModified):
        run.figures.not_modified = True
        return Walk(whole=False, after=msgspec.structs.replace(state, last_snapshot_at=now))
    newest = _store(run, _payloads(pages), client, Progress("collect", client.total))
    return Walk(
        whole=True,
        after=msgspec.structs.replace(
            _advanced(state, newest),
            last_snapshot_at=now,
            last_snapshot_id=client.snapshot_id,
            last_snapshot_total=run.figures.collected,
            etag=client.etag,
        ),
    )


def _advanced(state: SourceState, newest: dt.datetime | None) -> SourceState:
    return msgspec.structs.replace(state, cursor=max(filter(None, (state.cursor, newest)), default=None))


def _payloads(pages: Iterable[Page]) -> Iterator[bytes]:
    return (bytes(raw) for page in pages for raw in page.items)


def _store(
    run: Run, payloads: Iterator[bytes], at: Contractor | dt.datetime, progress: Progress
) -> dt.datetime | None:
    """Spool and index every payload but our own echoes; the newest believable change instant among all."""
    newest: dt.datetime | None = None
    while part := list(islice(payloads, INDEXED)):
        read = run.figures.collected + run.figures.echoes
        seen = [_item(run, raw, read + n) for n, raw in enumerate(part)]
        indexed = walks.index(run.region, run.number, (item for item, _ in seen if item))
        run.figures.collected += indexed
        run.figures.echoes += len(part) - indexed
        now = at if isinstance(at, dt.datetime) else at.served_at or clock.now()
        moments = (moment for _, text in seen if (moment := instant(text)))
        newest = next_cursor(newest, moments, now + CLOCKS_APART)
        progress.add(len(part))
    return newest


def _item(run: Run, raw: bytes, ordinal: int) -> tuple[Item | None, str | None]:
    """A payload's place in the spool, None for an echo; and its change instant."""
    ref, version, updated_at = run.source.peek(raw)
    if run.source.is_own(ref):
        return None, updated_at
    raw_hash = hashlib.sha256(raw).digest()
    readable = ref and not ref.startswith("#") and "\0" not in ref and len(ref) <= LONGEST_REF
    key = ref if ref and readable else f"#{raw_hash.hex()[:16]}"
    if version is not None and not 0 <= version < 2**63:
        version = None
    return Item(ordinal, key, version, raw_hash, run.spool.append(raw), len(raw)), updated_at
