"""The ledger: every outward effect, from intent to receipt.

Belongs here: the effect protocol's transactions on ``effect``, set-based and leased. Does not: what is wanted
(publishing/planning.py), calling a channel (connectors/*/channel.py) or what a look-up proves (core/effects.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from sqlalchemy import text

from connectors.region.database import Region
from core.effects import ALL, Intent, Only, Receipt, marker_of
from core.plan import Operation

OPERATION = (
    "CASE WHEN e.wanted_hash IS NULL THEN 'withdraw' WHEN e.live_hash IS NULL THEN 'create' ELSE 'update' END"
)


# Part of a plan that a guard stopped, and that nobody has approved.
HELD = "EXISTS (SELECT FROM held_plan h WHERE h.id = e.held_by AND h.state <> 'approved')"

# What is sent is what was planned: an effect whose offer changed or closed after the plan waits for the next plan, whatever
# it wants, and so does one that a guard stopped. A once-only effect has no offer and is its own plan.
DUE = (
    "effect e LEFT JOIN offer o ON o.id = e.offer_id LEFT JOIN channel c ON c.name = e.channel "
    "WHERE e.channel = :channel AND e.state = 'planned' AND (e.not_before IS NULL OR e.not_before <= now()) "
    "AND (e.offer_id IS NULL OR (o.revision <= c.planned_revision AND "
    "(e.wanted_hash IS NULL OR (o.status = 'open' AND e.wanted_hash = sha256(o.content_hash || :form))))) "
    "AND (cast(:subject AS text) IS NULL OR e.subject = :subject) "
    "AND (cast(:cause AS text) IS NULL OR e.cause = :cause) "
    f"AND NOT {HELD}"
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
        "lookups = 0, looked_up_at = NULL, error = NULL, cause = NULL, changed_at = now() "
        "FROM due WHERE e.id = due.id "
        "RETURNING e.id, e.subject, e.operation, e.marker, e.remote_id, e.offer_id, e.content, e.intent_at)"
    )


def claim(
    region: Region, channel: str, form: str, limit: int, seconds: float, only: Only = ALL
) -> tuple[int, list[Intent]]:
    """Commit the intents of at most ``limit`` planned effects under a new lease of ``seconds``.

    What will be sent is read in the same statement, so an intent's hash is always that of its content. Workers never
    wait for each other and never share an effect.
    """
    lease = new_lease(region)
    content = "CASE WHEN c.operation <> 'withdraw' THEN coalesce(c.content, o.content)::text END"
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"WITH {_claimed('LIMIT :n')} SELECT c.*, {content} AS said "
                "FROM claimed c LEFT JOIN offer o ON o.id = c.offer_id ORDER BY c.id"
            ),
            {
                "channel": channel,
                "form": form.encode(),
                "n": limit,
                "lease": lease,
                "seconds": seconds,
                **only.values(),
            },
        ).all()
    intents = [
        Intent(
            r.id,
            r.subject,
            r.operation,
            r.marker,
            r.remote_id,
            r.said.encode() if r.said else None,
            r.intent_at,
        )
        for r in rows
    ]
    assert all(intent.marker == marker_of(intent.subject, lease) for intent in intents[:1])
    region.wrote(2 * len(intents))  # the intent, and its receipt to come
    return lease, intents


def holds(region: Region, lease: int, seconds: float) -> bool:
    """Whether everything claimed under ``lease`` stays claimed for ``seconds`` more, by the database's clock.

    Asked right before a call: a worker that was stalled, or whose machine slept, learns here that its time is over.
    """
    with region.begin() as connection:
        return bool(
            connection.execute(
                text(
                    "SELECT coalesce(min(lease_until) > now() + make_interval(secs => :seconds), false) "
                    "FROM effect WHERE lease = :lease AND state = 'intent'"
                ),
                {"lease": lease, "seconds": seconds},
            ).scalar_one()
        )


def effect(region: Region, channel: str, subject: str) -> Intent | None:
    """What the ledger last did of a subject, as an intent that can be looked up; None when it never was there."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT id, subject, coalesce(operation, 'update') AS operation, marker, remote_id, "
                "coalesce(intent_at, changed_at) AS intent_at, lookups FROM effect WHERE channel = :channel "
                "AND subject = :subject AND (intent_at IS NOT NULL OR live_hash IS NOT NULL)"
            ),
            {"channel": channel, "subject": subject},
        ).one_or_none()
    if row is None:
        return None
    return Intent(
        row.id, row.subject, row.operation, row.marker, row.remote_id, None, row.intent_at, row.lookups
    )


def under_way(region: Region, channel: str, subject: str) -> bool:
    """Whether a call about the subject has no trustworthy answer yet."""
    with region.begin() as connection:
        return bool(
            connection.execute(
                text(
                    "SELECT EXISTS (SELECT FROM effect WHERE channel = :channel AND subject = :subject "
                    "AND state IN ('intent', 'unknown'))"
                ),
                {"channel": channel, "subject": subject},
            ).scalar_one()
        )


def claim_all(region: Region, channel: str, form: str, seconds: float) -> tuple[int, dict[Operation, int]]:
    """Commit the intents of every planned effect of a document. Returns the lease and how many, by operation."""
    lease = new_lease(region)
    with region.begin() as connection:
        rows = connection.execute(
            text(f"WITH {_claimed('')} SELECT operation, count(*) AS n FROM claimed GROUP BY operation"),
            {"channel": channel, "form": form.encode(), "lease": lease, "seconds": seconds, **ALL.values()},
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
                "lease_until = NULL, error = NULL, cause = NULL, changed_at = now() "
                "WHERE lease = :lease AND state = 'intent' AND lease_until IS NOT NULL"
            ),
            {"lease": lease},
        ).rowcount


def entries(region: Region, channel: str) -> Iterator[tuple[str, bytes]]:
    """Marker and encoded offer of everything that a document must hold, by subject; streamed.

    What a guard keeps from being withdrawn is still in it.
    """
    with region.begin() as connection:
        rows = connection.execution_options(stream_results=True, max_row_buffer=1000).execute(
            text(
                "SELECT e.marker, o.content::text AS content FROM effect e JOIN offer o ON o.id = e.offer_id "
                "WHERE e.channel = :channel AND e.marker IS NOT NULL AND e.state <> 'rejected' "
                f"AND (e.wanted_hash IS NOT NULL OR (e.live_hash IS NOT NULL AND {HELD})) "
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
        lease_until = NULL, error = r.error, cause = r.cause, changed_at = now()
    FROM unnest(cast(:effects AS bigint[]), cast(:outcomes AS text[]), cast(:remote_ids AS text[]),
        cast(:afters AS float8[]), cast(:errors AS text[]), cast(:causes AS text[]))
        AS r (effect, outcome, remote_id, after, error, cause)
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
                "causes": [r.cause for r in receipts],
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
