"""Service levels, measured from what the database knows anyway: ends of syncs, receipts, reminders.

Belongs here: reading them, one statement a kind, whatever the number of offers. Does not: objectives and budgets
(core/service_levels.py).

The ledger keeps one row a thing, so a change is seen as long as no later one of the same offer took its place on the channel. What
was sent again on purpose (a replay, an audit) was no change: it belongs to no sync, and is not counted.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.ledger.ledger import HELD
from core.service_levels import Level, Objective, Rules, Seen, freshness

# When the last sync ended that came to its end: one that failed has an end too.
SYNCED: Final = (
    "SELECT max(finished_at) FROM run WHERE flow = 'sync-offers' AND (summary ->> 'completed')::boolean"
)


def service_levels(region: Region, rules: Rules, now: dt.datetime) -> list[Level]:
    """How every objective was kept in the window that ends now, in the order of the file."""
    since = now - rules.window
    of: dict[str, list[Objective]] = defaultdict(list)
    for objective in rules.objectives:
        of[objective.kind].append(objective)
    with region.begin() as connection:
        seen = {
            **_freshness(connection, of["freshness"], since, now),
            **_latency(connection, of["latency"], since, now),
            **_reminders(connection, of["reminders"], since, now),
        }
    return [Level(objective, seen[objective]) for objective in rules.objectives]


def _freshness(
    connection: Connection, objectives: Sequence[Objective], since: dt.datetime, now: dt.datetime
) -> dict[Objective, Seen]:
    completed: dict[str, list[dt.datetime]] = defaultdict(list)
    for row in connection.execute(
        text(
            "SELECT source, finished_at FROM run WHERE flow = 'sync-offers' AND source = ANY(:sources) AND finished_at <= :now "
            "AND (summary ->> 'completed')::boolean AND finished_at >= coalesce((SELECT max(before.finished_at) FROM run before "
            "WHERE before.flow = 'sync-offers' AND before.source = run.source AND before.finished_at < :since "
            "AND (before.summary ->> 'completed')::boolean), :since) ORDER BY finished_at"
        ),
        {"sources": [objective.of for objective in objectives], "since": since, "now": now},
    ):
        completed[row.source].append(row.finished_at)
    return {each: freshness(completed[each.of], each.within, since, now) for each in objectives}


# From when the offer changed, or, if that was not by the sync that wanted the effect (a policy changed, or an older change was still
# to come), from when that sync began. What still waits is late once it waited too long; what a guard holds waits for a person.
_LATENCY: Final = f"""
    SELECT m.channel AS of, count(*) FILTER (WHERE m.done AND m.took <= o.within) AS kept, count(*) FILTER (WHERE m.took > o.within) AS missed,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY m.took) FILTER (WHERE m.done) AS median,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY m.took) FILTER (WHERE m.done) AS p95
    FROM (SELECT e.channel, e.state = 'done' AS done, CASE WHEN e.state = 'done' THEN e.changed_at ELSE :now END
            - CASE WHEN f.changed_at BETWEEN r.started_at AND e.changed_at THEN f.changed_at ELSE r.started_at END AS took
        FROM effect e JOIN run r ON r.id = e.run_id JOIN offer f ON f.id = e.offer_id
        WHERE e.channel = ANY(:names) AND e.changed_at <= :now AND ((e.state = 'done' AND e.changed_at >= :since AND e.intent_at >= r.started_at)
            OR (e.state IN ('planned', 'intent', 'unknown') AND NOT {HELD}))) m
    JOIN unnest(cast(:names AS text[]), cast(:withins AS interval[])) AS o (name, within) ON o.name = m.channel
    GROUP BY m.channel
"""


def _latency(
    connection: Connection, objectives: Sequence[Objective], since: dt.datetime, now: dt.datetime
) -> dict[Objective, Seen]:
    rows = connection.execute(
        text(_LATENCY),
        {
            "names": [objective.of for objective in objectives],
            "withins": [objective.within for objective in objectives],
            "since": since,
            "now": now,
        },
    )
    return _by_name(objectives, rows)


# What was void or refused before it left nobody missed; whom no transport reaches their coach is told of. The rest had to leave in time.
_REMINDERS: Final = """
    SELECT '' AS of, count(*) FILTER (WHERE took <= :within) AS kept, count(*) FILTER (WHERE coalesce(took, :now - at) > :within) AS missed,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY took) AS median, percentile_cont(0.95) WITHIN GROUP (ORDER BY took) AS p95
    FROM (SELECT r.at, CASE WHEN r.state = 'sent' THEN greatest(e.changed_at - r.at, interval '0') END AS took
        FROM reminder r LEFT JOIN effect e ON e.id = r.effect_id
        WHERE r.at BETWEEN :since AND :now AND r.state IN ('waiting', 'queued', 'sent', 'parked', 'expired')) m
"""


def _reminders(
    connection: Connection, objectives: Sequence[Objective], since: dt.datetime, now: dt.datetime
) -> dict[Objective, Seen]:
    found: dict[Objective, Seen] = {}
    for each in objectives:
        rows = connection.execute(text(_REMINDERS), {"within": each.within, "since": since, "now": now})
        found |= _by_name([each], rows)
    return found


def _by_name(objectives: Sequence[Objective], rows: Iterable[Any]) -> dict[Objective, Seen]:
    seen = {row.of: Seen(row.kept, row.missed, median=row.median, p95=row.p95) for row in rows}
    return {each: seen.get(each.of, Seen()) for each in objectives}
