"""Planning: writing what a channel should carry into the ledger.

Belongs here: the set-based comparison of offers and wants, an editorial channel's picks, what a guard is shown. Does not:
carrying a plan out (ledger/ledger.py) or the guard's rule (core/guards.py).

A plan costs what changed, not what exists: it reads offers whose revision is beyond the channel's last plan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.ledger.ledger import HELD, OPERATION
from connectors.region.publishing import plans
from core.guards import Limits, Withdrawals, withdrawals
from core.plan import Example, Plan
from core.policy import Policy
from core.selection import Candidate, choose

EXAMPLES = 10  # shown in a plan
DEFAULT = Limits()


class Planned(msgspec.Struct, frozen=True):
    """A plan, and what a guard stopped of it."""

    plan: Plan
    stopped: plans.Stopped | None


def plan(
    region: Region,
    policy: Policy,
    form: str,
    today: dt.date,
    run_id: int | None = None,
    *,
    limits: Limits = DEFAULT,
    dry: bool = False,
) -> Planned:
    """Write what ``policy`` wants of the offers into the ledger and say what that takes.

    ``form`` is the version of what the channel writes: a new one updates everything. ``today`` is the Paris day that an
    editorial budget counts on. Withdrawals over ``limits`` are held for a person. ``dry`` writes nothing.
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
        stopped = _guard(connection, policy.channel, limits, run_id)
        if stopped is None:
            plans.no_longer(connection, "channel", policy.channel)
        number = None if stopped is None or (dry and stopped.new) else stopped.plan.id
        outcome = Planned(_planned(connection, policy.channel, upto, number), stopped)
        if dry:
            connection.rollback()
        return outcome


# Nobody said that it should go: its offer is open, merely absent, or not known at all. A second object of one offer is explained.
_UNEXPLAINED = "(o.id IS NULL OR (o.key = e.subject AND (o.status = 'open' OR o.closed_reason = 'absent')))"


def _guard(connection: Connection, channel: str, limits: Limits, run_id: int | None) -> plans.Stopped | None:
    """Hold the withdrawals that nobody explained when they are too many. What was approved or refused is decided."""
    _let_explained_go(connection, channel)
    items = [
        plans.Item(*row)
        for row in connection.execute(
            text(
                f"SELECT e.subject, encode(e.live_hash, 'hex'), {plans.title_by('e.id')} FROM effect e "
                "LEFT JOIN offer o ON o.id = e.offer_id LEFT JOIN held_plan h ON h.id = e.held_by "
                "WHERE e.channel = :channel AND e.state = 'planned' AND e.wanted_hash IS NULL AND e.live_hash IS NOT NULL "
                f"AND {_UNEXPLAINED} AND (h.state IS NULL OR h.state NOT IN ('approved', 'refused')) ORDER BY e.id"
            ),
            {"channel": channel},
        )
    ]
    if not items:
        return None
    day, present = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE e.operation = 'withdraw' AND e.state IN ('done', 'intent', 'unknown') "
            f"AND e.intent_at > now() - interval '24 hours' AND {_UNEXPLAINED} AND h.state IS DISTINCT FROM 'approved'), "
            "count(e.live_hash) FROM effect e LEFT JOIN offer o ON o.id = e.offer_id "
            "LEFT JOIN held_plan h ON h.id = e.held_by WHERE e.channel = :channel"
        ),
        {"channel": channel},
    ).one()
    seen = Withdrawals(len(items), day, present)
    trip = withdrawals(seen, limits)
    if trip is None:
        return None
    stopped = plans.hold(connection, "channel", channel, trip, msgspec.structs.asdict(seen), items, run_id)
    plans.keep(connection, channel, stopped.plan.id)
    return stopped


def _let_explained_go(connection: Connection, channel: str) -> None:
    """What a guard kept, and what was closed in so many words since: nobody needs to decide on it any more."""
    connection.execute(
        text(
            "UPDATE effect e SET held_by = NULL FROM held_plan h, offer o WHERE e.held_by = h.id AND h.state <> 'approved' "
            f"AND e.channel = :channel AND o.id = e.offer_id AND NOT {_UNEXPLAINED}"
        ),
        {"channel": channel},
    )


def _channel(connection: Connection, name: str) -> Any:
    connection.execute(
        text("INSERT INTO channel (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": name}
    )
    return connection.execute(
        text("SELECT * FROM channel WHERE name = :name FOR UPDATE"), {"name": name}
    ).one()


# Which offers a policy speaks of.
_WANTED = "o.kind = ANY(:kinds) AND (cast(:sources AS text[]) = '{}' OR o.source = ANY(:sources))"


def _wants(policy: Policy) -> dict[str, Any]:
    kinds = policy.kinds if policy.enabled else ()
    return {"channel": policy.channel, "kinds": list(kinds), "sources": list(policy.sources)}


def _pick(connection: Connection, policy: Policy, today: dt.date) -> list[int]:
    """Choose what is left of the day's budget among the newest open offers of each department."""
    assert policy.budget is not None
    adopted = _pick_adopted(connection, policy, today)
    used = connection.execute(
        text("SELECT count(*) FROM pick WHERE channel = :channel AND day = :day"),
        {"channel": policy.channel, "day": today},
    ).scalar_one()
    left = policy.budget - used
    if left <= 0:
        return adopted
    rows = connection.execute(
        text(
            "SELECT o.id, o.key, o.department, o.published_at FROM "
            "(SELECT DISTINCT department FROM offer WHERE status = 'open') d CROSS JOIN LATERAL ("
            "SELECT * FROM offer o WHERE o.status = 'open' AND o.department IS NOT DISTINCT FROM d.department "
            f"AND {_WANTED} AND o.published_at IS NOT NULL AND NOT EXISTS ("
            "SELECT FROM pick p WHERE p.channel = :channel AND p.offer_id = o.id) "
            "ORDER BY o.published_at DESC LIMIT :left) o"
        ),
        {**_wants(policy), "left": left},
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
    return [*adopted, *picked]


def _pick_adopted(connection: Connection, policy: Policy, today: dt.date) -> list[int]:
    """What an audit found on the channel though this ledger never sent it was chosen, before a restore: it stays so."""
    rows = connection.execute(
        text(
            "INSERT INTO pick (channel, offer_id, day) SELECT :channel, o.id, :day FROM effect e JOIN offer o ON o.key = e.subject "
            "WHERE e.channel = :channel AND e.state = 'planned' AND e.intent_at IS NULL AND e.live_hash IS NOT NULL "
            f"AND o.status = 'open' AND {_WANTED} ON CONFLICT DO NOTHING RETURNING offer_id"
        ),
        {**_wants(policy), "day": today},
    )
    return [row.offer_id for row in rows]


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
        **_wants(policy),
        "form": form.encode(),
        "since": since,
        "upto": upto,
        "picked": list(picked),
        "run": run_id,
    }
    scope = "((o.revision > :since AND o.revision <= :upto) OR o.id = ANY(cast(:picked AS bigint[])))"
    wanted = f"o.status = 'open' AND {_WANTED} {chosen}"
    following = (
        "state = CASE WHEN e.state IN ('intent', 'unknown', 'parked') THEN e.state "
        "WHEN e.live_hash IS NOT DISTINCT FROM {hash} THEN 'done' ELSE 'planned' END, "
        "not_before = NULL, attempts = 0, error = NULL, cause = NULL, held_by = NULL, run_id = :run, changed_at = now()"
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


def _planned(connection: Connection, channel: str, revision: int, held_by: int | None) -> Plan:
    due = f"FROM effect e WHERE e.channel = :channel AND e.state = 'planned' AND {{}} {HELD}"
    counts = {
        row.operation: row.n
        for row in connection.execute(
            text(f"SELECT {OPERATION} AS operation, count(*) AS n {due.format('NOT')} GROUP BY 1"),
            {"channel": channel},
        )
    }
    held = connection.execute(text(f"SELECT count(*) {due.format('')}"), {"channel": channel}).scalar_one()
    examples = connection.execute(
        text(
            f"SELECT {OPERATION} AS operation, e.subject, coalesce(o.content ->> 'title', '') AS title FROM effect e "
            f"LEFT JOIN offer o ON o.id = e.offer_id WHERE e.channel = :channel AND e.state = 'planned' AND NOT {HELD} "
            "ORDER BY e.id LIMIT :n"
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
        held,
        held_by,
    )
