"""The ledger: every outward effect, from intent to receipt.

Belongs here: the effect protocol's transactions on ``effect``, set-based and leased. Does not: what is wanted
(planning.py), calling a channel (connectors/*/channel.py) or what a look-up proves (core/effects.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from core.effects import Intent, Receipt, marker_of
from core.plan import Operation
from schemas.offer import Offer

_offer = msgspec.json.Decoder(Offer)


OPERATION = (
    "CASE WHEN e.wanted_hash IS NULL THEN 'withdraw' WHEN e.live_hash IS NULL THEN 'create' ELSE 'update' END"
)


# An effect whose offer changed or closed after the plan waits for the next plan: what is sent is what was planned.
DUE = (
    "effect e JOIN offer o ON o.id = e.offer_id WHERE e.channel = :channel AND e.state = 'planned' "
    "AND (e.wanted_hash IS NULL OR (o.status = 'open' AND e.wanted_hash = sha256(o.content_hash || :form))) AND (e.not_before IS NULL OR e.not_before <= now())"
)


def new_lease(region: Region) -> int:
    """A lease number that was never used."""
    with region.begin() as connection:
        return int(connection.execute(text("SELECT nextval('effect_lease_seq')")).scalar_one())


def _claimed(limit: str) -> str:
    return (
        f"due AS (SELECT e.id FROM {DUE} ORDER BY e.id {limit} FOR UPDATE OF e SKIP LOCKED), "
        f"claimed AS (UPDATE effect e SET state = 'intent', operation = {OPERATION}, "
        "intent_hash = e.wanted_hash, "
        "marker = e.subject || '-' || to_hex(cast(:lease AS bigint)), lease = :lease, "
        "lease_until = now() + make_interval(secs => :seconds), intent_at = now(), attempts = e.attempts + 1, "
        "lookups = 0, looked_up_at = NULL, error = NULL, changed_at = now() "
        "FROM due WHERE e.id = due.id "
        "RETURNING e.id, e.subject, e.operation, e.marker, e.remote_id, e.offer_id, e.intent_at)"
    )


def claim(region: Region, channel: str, form: str, limit: int, seconds: float) -> tuple[int, list[Intent]]:
    """Commit the intents of at most ``limit`` planned effects under a new lease of ``seconds``.

    What will be sent is read in the same statement, so an intent's hash is always that of its content. Workers never
    wait for each other and never share an effect.
    """
    lease = new_lease(region)
    content = "CASE WHEN c.operation <> 'withdraw' THEN o.content::text END"
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"WITH {_claimed('LIMIT :n')} SELECT c.*, {content} AS content "
                "FROM claimed c JOIN offer o ON o.id = c.offer_id ORDER BY c.id"
            ),
            {"channel": channel, "form": form.encode(), "n": limit, "lease": lease, "seconds": seconds},
        ).all()
    intents = [
        Intent(
            r.id,
            r.subject,
            r.operation,
            r.marker,
            r.remote_id,
            _offer.decode(r.content) if r.content else None,
            r.intent_at,
        )
        for r in rows
    ]
    assert all(intent.marker == marker_of(intent.subject, lease) for intent in intents[:1])
    region.wrote(2 * len(intents))  # the intent, and its receipt to come
    return lease, intents


def claim_all(region: Region, channel: str, form: str, seconds: float) -> tuple[int, dict[Operation, int]]:
    """Commit the intents of every planned effect of a document. Returns the lease and how many, by operation."""
    lease = new_lease(region)
    with region.begin() as connection:
        rows = connection.execute(
            text(f"WITH {_claimed('')} SELECT operation, count(*) AS n FROM claimed GROUP BY operation"),
            {"channel": channel, "form": form.encode(), "lease": lease, "seconds": seconds},
        )
        counts = {row.operation: row.n for row in rows}
    region.wrote(2 * sum(counts.values()))
    return lease, counts


def receive_all(region: Region, lease: int) -> int:
    """Commit that everything claimed under ``lease`` is done. Returns how many."""
    with region.begin() as connection:
        return connection.execute(
            text(
                "UPDATE effect SET state = CASE WHEN wanted_hash IS NOT DISTINCT FROM intent_hash THEN 'done' "
                "ELSE 'planned' END, live_hash = intent_hash, remote_id = CASE WHEN intent_hash IS NOT NULL THEN subject END, "
                "lease_until = NULL, error = NULL, changed_at = now() "
                "WHERE lease = :lease AND state = 'intent' AND lease_until IS NOT NULL"
            ),
            {"lease": lease},
        ).rowcount


def entries(region: Region, channel: str) -> Iterator[tuple[str, bytes]]:
    """Marker and encoded offer of everything that a document must hold, by subject; streamed."""
    with region.begin() as connection:
        rows = connection.execution_options(stream_results=True, max_row_buffer=1000).execute(
            text(
                "SELECT e.marker, o.content::text AS content FROM effect e JOIN offer o ON o.id = e.offer_id "
                "WHERE e.channel = :channel AND e.wanted_hash IS NOT NULL AND e.marker IS NOT NULL AND e.state <> 'rejected' "
                'ORDER BY e.subject COLLATE "C"'
            ),
            {"channel": channel},
        )
        for row in rows:
            yield row.marker, row.content.encode()


def last_intent(region: Region, channel: str) -> dt.datetime | None:
    """When the channel's newest intent was committed."""
    with region.begin() as connection:
        newest: dt.datetime | None = connection.execute(
            text("SELECT max(intent_at) FROM effect WHERE channel = :channel"), {"channel": channel}
        ).scalar_one()
        return newest


# What is known to be there after a receipt; an empty hash is an object with content that is not ours to name.
_LIVE = (
    "CASE r.outcome WHEN 'done' THEN e.intent_hash WHEN 'missing' THEN NULL WHEN 'stale' THEN ''::bytea "
    "ELSE e.live_hash END"
)
_RECEIVE = f"""
    UPDATE effect e SET
        state = CASE
            WHEN r.outcome IN ('unknown', 'parked') THEN r.outcome
            WHEN r.outcome = 'unproven' AND e.lookups < 1 THEN 'unknown'
            WHEN r.outcome = 'rejected' AND e.operation = 'withdraw' THEN 'parked'
            WHEN r.outcome = 'rejected' AND e.wanted_hash IS NOT DISTINCT FROM e.intent_hash THEN 'rejected'
            WHEN e.wanted_hash IS NOT DISTINCT FROM {_LIVE} THEN 'done'
            ELSE 'planned' END,
        live_hash = {_LIVE},
        remote_id = CASE
            WHEN r.outcome = 'missing' OR (r.outcome = 'done' AND e.intent_hash IS NULL) THEN NULL
            ELSE coalesce(r.remote_id, e.remote_id) END,
        not_before = CASE WHEN r.outcome = 'retry' THEN now() + make_interval(secs => r.after) END,
        lookups = e.lookups + CASE WHEN r.outcome = 'unproven' THEN 1 ELSE 0 END,
        looked_up_at = CASE WHEN r.outcome IN ('unproven', 'unknown') THEN now() ELSE e.looked_up_at END,
        lease_until = NULL, error = r.error, changed_at = now()
    FROM unnest(cast(:effects AS bigint[]), cast(:outcomes AS text[]), cast(:remote_ids AS text[]),
        cast(:afters AS float8[]), cast(:errors AS text[])) AS r (effect, outcome, remote_id, after, error)
    WHERE e.id = r.effect AND e.lease = :lease AND e.lease_until IS NOT NULL AND e.state IN ('intent', 'unknown')
"""


def receive(region: Region, lease: int, receipts: Sequence[Receipt]) -> int:
    """Commit receipts under the lease they were earned with. Returns how many were taken; a stale lease's are refused."""
    if not receipts:
        return 0
    with region.begin() as connection:
        return connection.execute(
            text(_RECEIVE),
            {
                "effects": [r.effect for r in receipts],
                "outcomes": [r.outcome for r in receipts],
                "remote_ids": [r.remote_id for r in receipts],
                "afters": [r.after for r in receipts],
                "errors": [r.error for r in receipts],
                "lease": lease,
            },
        ).rowcount


def claim_unsettled(
    region: Region, channel: str, settle_seconds: float, limit: int, seconds: float
) -> tuple[int, list[Intent]]:
    """Lease unknown effects, and intents whose lease ran out, that are due for a look-up."""
    lease = new_lease(region)
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "WITH due AS (SELECT e.id FROM effect e WHERE e.channel = :channel AND e.state IN ('intent', 'unknown') "
                "AND (e.lease_until IS NULL OR e.lease_until < now()) "
                "AND (e.looked_up_at IS NULL OR e.looked_up_at <= now() - make_interval(secs => :settle)) "
                "ORDER BY e.id LIMIT :n FOR UPDATE SKIP LOCKED) "
                "UPDATE effect e SET state = 'unknown', lease = :lease, lease_until = now() + make_interval(secs => :seconds) "
                "FROM due WHERE e.id = due.id "
                "RETURNING e.id, e.subject, e.operation, e.marker, e.remote_id, e.intent_at, e.lookups"
            ),
            {
                "channel": channel,
                "settle": settle_seconds,
                "n": limit,
                "lease": lease,
                "seconds": seconds,
            },
        ).all()
    return lease, [
        Intent(r.id, r.subject, r.operation, r.marker, r.remote_id, None, r.intent_at, r.lookups)
        for r in rows
    ]
