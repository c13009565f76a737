"""The ledger: every outward effect, from wanted to received.

Belongs here: the effect protocol's transactions on ``effect``, ``channel`` and ``pick``, set-based and leased. Does not:
calling a channel (connectors/*/channel.py) or deciding what a look-up proves (core/effects.py).

A plan costs what changed, not what exists: it reads offers whose revision is beyond the channel's last plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from connectors.region.copying import copy_rows
from connectors.region.database import Region
from core.effects import Found, Intent, Receipt, marker_of, subject_of
from core.plan import Example, Operation, Plan
from core.policy import Policy
from core.selection import Candidate, choose
from schemas.errors import Refused
from schemas.offer import Offer

EXAMPLES = 10  # shown in a plan
_offer = msgspec.json.Decoder(Offer)


class Standing(msgspec.Struct, frozen=True):
    """Where a channel stands. ``wanted`` and ``live`` count objects, the others effects in that state."""

    wanted: int = 0
    live: int = 0
    planned: int = 0
    intent: int = 0
    unknown: int = 0
    parked: int = 0
    refused: int = 0
    paused: bool = False
    paused_reason: str | None = None
    not_before: dt.datetime | None = None


class Audit(msgspec.Struct, frozen=True):
    """The channel's truth against the ledger, in objects.

    ``missing``: live in the ledger, not there. ``unexpected``: ours and there, not live in the ledger. ``doubled``:
    there more than once. ``foreign``: not ours, left alone.
    """

    channel: str
    wanted: int
    live: int
    inventory: int
    missing: int
    unexpected: int
    doubled: int
    foreign: int

    @property
    def agrees(self) -> bool:
        """Whether channel, ledger and database tell the same story."""
        drift = self.missing + self.unexpected + self.doubled
        return drift == 0 and self.wanted == self.live == self.inventory


# --- planning -------------------------------------------------------------------------------------------------------


def plan(
    region: Region, policy: Policy, form: str, today: dt.date, run_id: int | None = None, *, dry: bool = False
) -> Plan:
    """Write what ``policy`` wants of the offers into the ledger and say what that takes.

    ``form`` is the version of what the channel writes: a new one updates everything. ``today`` is the Paris day that an
    editorial budget counts on. ``dry`` writes nothing.
    """
    with region.begin() as connection:
        channel = _channel(connection, policy.channel)
        fingerprint = policy.fingerprint(form)
        since = channel.planned_revision if channel.policy == fingerprint else -1
        upto = connection.execute(text("SELECT coalesce(max(revision), 0) FROM offer")).scalar_one()
        picked = _pick(connection, policy, today) if policy.enabled and policy.budget is not None else []
        if upto > since or picked:
            region.wrote(len(picked) + _want(connection, policy, form, since, upto, picked, run_id))
            connection.execute(
                text("UPDATE channel SET planned_revision = :upto, policy = :policy WHERE name = :name"),
                {"upto": upto, "policy": fingerprint, "name": policy.channel},
            )
        outcome = _planned(connection, policy.channel, upto)
        if dry:
            connection.rollback()
        return outcome


def _channel(connection: Connection, name: str) -> Any:
    connection.execute(
        text("INSERT INTO channel (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": name}
    )
    return connection.execute(
        text("SELECT * FROM channel WHERE name = :name FOR UPDATE"), {"name": name}
    ).one()


def _pick(connection: Connection, policy: Policy, today: dt.date) -> list[int]:
    """Choose what is left of the day's budget among the newest open offers of each department."""
    assert policy.budget is not None
    used = connection.execute(
        text("SELECT count(*) FROM pick WHERE channel = :channel AND day = :day"),
        {"channel": policy.channel, "day": today},
    ).scalar_one()
    left = policy.budget - used
    if left <= 0:
        return []
    rows = connection.execute(
        text(
            "SELECT o.id, o.key, o.department, o.published_at FROM "
            "(SELECT DISTINCT department FROM offer WHERE status = 'open') d CROSS JOIN LATERAL ("
            "SELECT * FROM offer o WHERE o.status = 'open' AND o.department IS NOT DISTINCT FROM d.department "
            "AND o.kind = ANY(:kinds) AND o.published_at IS NOT NULL AND NOT EXISTS ("
            "SELECT FROM pick p WHERE p.channel = :channel AND p.offer_id = o.id) "
            "ORDER BY o.published_at DESC LIMIT :left) o"
        ),
        {"channel": policy.channel, "kinds": list(policy.kinds), "left": left},
    ).all()
    ids = {row.key: row.id for row in rows}
    chosen = choose([Candidate(row.key, row.department, row.published_at) for row in rows], left)
    picked = [ids[candidate.key] for candidate in chosen]
    if picked:
        connection.execute(
            text(
                "INSERT INTO pick (channel, offer_id, day) SELECT :channel, id, :day FROM unnest(cast(:ids AS bigint[])) id"
            ),
            {"channel": policy.channel, "day": today, "ids": picked},
        )
    return picked


def _want(
    connection: Connection,
    policy: Policy,
    form: str,
    since: int,
    upto: int,
    picked: Sequence[int],
    run_id: int | None,
) -> int:
    chosen = (
        ""
        if policy.budget is None
        else ("AND EXISTS (SELECT FROM pick p WHERE p.channel = :channel AND p.offer_id = o.id)")
    )
    values = {
        "channel": policy.channel,
        "kinds": list(policy.kinds) if policy.enabled else [],
        "form": form.encode(),
        "since": since,
        "upto": upto,
        "picked": list(picked),
        "run": run_id,
    }
    scope = "((o.revision > :since AND o.revision <= :upto) OR o.id = ANY(cast(:picked AS bigint[])))"
    wanted = f"o.status = 'open' AND o.kind = ANY(:kinds) {chosen}"
    following = (
        "state = CASE WHEN e.state IN ('intent', 'unknown', 'parked') THEN e.state "
        "WHEN e.live_hash IS NOT DISTINCT FROM {hash} THEN 'done' ELSE 'planned' END, "
        "not_before = NULL, attempts = 0, error = NULL, run_id = :run, changed_at = now()"
    )
    wanting = connection.execute(
        text(
            "INSERT INTO effect AS e (channel, subject, offer_id, wanted_hash, state, run_id) "
            "SELECT :channel, o.key, o.id, sha256(o.content_hash || :form), 'planned', :run "
            f"FROM offer o WHERE {scope} AND {wanted} "
            "ON CONFLICT (channel, subject) DO UPDATE SET wanted_hash = excluded.wanted_hash, offer_id = excluded.offer_id, "
            + following.format(hash="excluded.wanted_hash")
            + " WHERE e.wanted_hash IS DISTINCT FROM excluded.wanted_hash"
        ),
        values,
    )
    unwanting = connection.execute(
        text(
            "UPDATE effect e SET wanted_hash = NULL, "
            + following.format(hash="NULL::bytea")
            + " FROM offer o "
            f"WHERE e.channel = :channel AND e.offer_id = o.id AND e.wanted_hash IS NOT NULL AND {scope} AND NOT ({wanted})"
        ),
        values,
    )
    return wanting.rowcount + unwanting.rowcount


OPERATION = (
    "CASE WHEN e.wanted_hash IS NULL THEN 'withdraw' WHEN e.live_hash IS NULL THEN 'create' ELSE 'update' END"
)


def _planned(connection: Connection, channel: str, revision: int) -> Plan:
    due = "FROM effect e WHERE e.channel = :channel AND e.state = 'planned'"
    counts = {
        row.operation: row.n
        for row in connection.execute(
            text(f"SELECT {OPERATION} AS operation, count(*) AS n {due} GROUP BY 1"), {"channel": channel}
        )
    }
    examples = connection.execute(
        text(
            f"SELECT {OPERATION} AS operation, e.subject, o.content ->> 'title' AS title FROM effect e "
            "JOIN offer o ON o.id = e.offer_id WHERE e.channel = :channel AND e.state = 'planned' ORDER BY e.id LIMIT :n"
        ),
        {"channel": channel, "n": EXAMPLES},
    )
    return Plan(
        channel,
        revision,
        counts.get("create", 0),
        counts.get("update", 0),
        counts.get("withdraw", 0),
        tuple(Example(row.operation, row.subject, row.title) for row in examples),
    )


# An effect whose offer changed or closed after the plan waits for the next plan: what is sent is what was planned.
DUE = (
    "effect e JOIN offer o ON o.id = e.offer_id WHERE e.channel = :channel AND e.state = 'planned' "
    "AND (e.wanted_hash IS NULL OR (o.status = 'open' AND e.wanted_hash = sha256(o.content_hash || :form))) AND (e.not_before IS NULL OR e.not_before <= now())"
)

# --- intents and receipts -------------------------------------------------------------------------------------------


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


# --- the channel itself ---------------------------------------------------------------------------------------------


def hold(region: Region, channel: str, seconds: float) -> None:
    """Nobody calls the channel for ``seconds``: it asked for time."""
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE channel SET not_before = greatest(not_before, now() + make_interval(secs => :seconds)) "
                "WHERE name = :name"
            ),
            {"name": channel, "seconds": seconds},
        )


def pause(region: Region, channel: str, reason: str) -> None:
    """Stop delivering to the channel until a person resumes it; changes accumulate in the ledger."""
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO channel (name, paused, paused_reason) VALUES (:name, true, :reason) "
                "ON CONFLICT (name) DO UPDATE SET paused = true, paused_reason = excluded.paused_reason"
            ),
            {"name": channel, "reason": reason},
        )


def resume(region: Region, channel: str) -> None:
    """Deliver to the channel again, from now."""
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE channel SET paused = false, paused_reason = NULL, not_before = NULL WHERE name = :name"
            ),
            {"name": channel},
        )


def check_open(region: Region, channel: str) -> float:
    """Seconds until the channel may be called, 0 when it may now.

    Raises:
        Refused: it is paused; the message says why.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT paused, paused_reason, greatest(0, extract(epoch FROM not_before - now())) AS wait "
                "FROM channel WHERE name = :name"
            ),
            {"name": channel},
        ).one_or_none()
    if row is None:
        return 0.0
    if row.paused:
        raise Refused(
            f"{channel} is paused: {row.paused_reason}. Mend it, then `boostez channel resume {channel}`."
        )
    return float(row.wait or 0)


def standings(region: Region) -> dict[str, Standing]:
    """Where every channel stands, by name."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT c.name, count(e.wanted_hash) AS wanted, count(e.live_hash) AS live, "
                + ", ".join(
                    f"count(*) FILTER (WHERE e.state = '{state}') AS {state}"
                    for state in ("planned", "intent", "unknown", "parked", "rejected")
                )
                + ", c.paused, c.paused_reason, c.not_before FROM channel c LEFT JOIN effect e ON e.channel = c.name "
                "GROUP BY c.name ORDER BY c.name"
            )
        )
        return {
            r.name: Standing(
                r.wanted,
                r.live,
                r.planned,
                r.intent,
                r.unknown,
                r.parked,
                r.rejected,
                r.paused,
                r.paused_reason,
                r.not_before,
            )
            for r in rows
        }


def audit(region: Region, channel: str, inventory: Iterable[Found | None]) -> Audit:
    """Hold the channel's ``inventory`` (None: an object that is not ours) against the ledger; changes nothing."""
    foreign = 0

    def ours() -> Iterable[tuple[str, str]]:
        nonlocal foreign
        for found in inventory:
            if found is None:
                foreign += 1
            else:
                yield subject_of(found.marker), found.remote_id

    with region.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE inventory (subject text, remote_id text) ON COMMIT DROP"))
        copy_rows(connection, "inventory", {"subject": "text", "remote_id": "text"}, ours())
        row = connection.execute(
            text(
                "WITH there AS (SELECT subject, count(*) AS n FROM inventory GROUP BY subject), "
                "ledger AS (SELECT subject, wanted_hash, live_hash FROM effect WHERE channel = :channel) "
                "SELECT (SELECT count(*) FROM inventory) AS inventory, "
                "(SELECT count(wanted_hash) FROM ledger) AS wanted, (SELECT count(live_hash) FROM ledger) AS live, "
                "(SELECT count(*) FROM ledger l WHERE live_hash IS NOT NULL "
                "AND NOT EXISTS (SELECT FROM there t WHERE t.subject = l.subject)) AS missing, "
                "(SELECT count(*) FROM there t WHERE NOT EXISTS (SELECT FROM ledger l "
                "WHERE l.subject = t.subject AND l.live_hash IS NOT NULL)) AS unexpected, "
                "(SELECT count(*) FROM there WHERE n > 1) AS doubled"
            ),
            {"channel": channel},
        ).one()
    return Audit(
        channel, row.wanted, row.live, row.inventory, row.missing, row.unexpected, row.doubled, foreign
    )
