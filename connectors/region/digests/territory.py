"""An official's week: what became of offers in their territory, their dialogues, and questions that wait for them.

Belongs here: three statements. Does not: what follows from them (core/digests/facts.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.dialogues import hosts
from connectors.region.dialogues.hosts import Official
from core.dialogues import HELD, State
from core.digests.facts import Asked, Meeting, Moved, OfficialFacts
from core.digests.weeks import Week

AHEAD: Final = dt.timedelta(days=28)  # of dialogues to come
_OFFERS: Final = """
    WITH moved AS (
        SELECT offer_id, bool_or(change IN ('created', 'reopened')) AS opened, bool_or(change = 'closed') AS closed
        FROM offer_change WHERE at >= :since AND at < :until AND change <> 'updated' GROUP BY offer_id)
    SELECT coalesce(o.department, '') AS department, o.kind, count(*) FILTER (WHERE o.status = 'open') AS open,
        count(*) FILTER (WHERE m.opened) AS opened, count(*) FILTER (WHERE m.closed) AS closed
    FROM offer o LEFT JOIN moved m ON m.offer_id = o.id
    WHERE (cardinality(cast(:departments AS text[])) = 0 OR o.department = ANY(:departments))
    GROUP BY 1, 2 HAVING count(*) FILTER (WHERE o.status = 'open' OR m.offer_id IS NOT NULL) > 0 ORDER BY 3 DESC, 1, 2
"""
_DIALOGUES: Final = """
    SELECT d.ref, d.title, d.starts_wall, d.zone, coalesce(v.name, '') AS place, coalesce(s.capacity, 0) AS capacity,
        count(e.id) FILTER (WHERE e.state IN ('registered', 'present', 'absent')) AS registered,
        count(e.id) FILTER (WHERE e.state = 'present') AS present, count(e.id) FILTER (WHERE e.state = 'absent') AS absent,
        count(e.id) FILTER (WHERE e.state = 'registered') AS unknown,
        (SELECT count(*) FROM question q WHERE q.dialogue_id = d.id AND q.state = 'published') AS questions,
        d.state <> 'approved' AS announced
    FROM dialogue d LEFT JOIN venue v ON v.id = d.venue_id LEFT JOIN session s ON s.id = d.session_id
        LEFT JOIN enrolment e ON e.session_id = s.id
    WHERE d.official_id = :official AND d.state = ANY(:states) AND d.starts_at >= :since AND d.starts_at < :until
    GROUP BY d.id, v.name, s.capacity ORDER BY d.starts_at, d.id
"""
# What was put to their dialogues, and what was put to nobody about their themes.
_QUESTIONS: Final = """
    SELECT q.ref, q.body, d.title, q.due_at FROM question q LEFT JOIN dialogue d ON d.id = q.dialogue_id
    WHERE q.state = 'published' AND (d.official_id = :official OR (q.dialogue_id IS NULL AND q.theme = ANY(:themes)))
    ORDER BY q.due_at, q.id
"""


def facts(region: Region, official: Official, week: Week, now: dt.datetime) -> OfficialFacts:
    """Their week, as of now."""
    values = {
        "departments": list(official.departments),
        "official": official.id,
        "themes": list(official.themes),
        "since": week.since,
    }
    with region.begin() as connection:
        moved = connection.execute(text(_OFFERS), {**values, "until": week.today}).all()
        return OfficialFacts(
            official.departments,
            tuple(Moved(*row) for row in moved),
            _dialogues(connection, values, week.today, HELD),
            _dialogues(connection, {**values, "since": now}, now + AHEAD, HELD | {"approved"}),
            tuple(Asked(*row) for row in connection.execute(text(_QUESTIONS), values)),
        )


def _dialogues(
    connection: Connection, values: dict[str, Any], until: dt.datetime, states: frozenset[State]
) -> tuple[Meeting, ...]:
    rows = connection.execute(text(_DIALOGUES), {**values, "until": until, "states": list(states)})
    return tuple(Meeting(**row._asdict()) for row in rows)


def official(region: Region, number: int) -> Official | None:
    """The official of that number, as long as they are one."""
    with region.begin() as connection:
        found = hosts.get(connection, hosts.Official, number)
    return found if found and found.ended_at is None else None
