"""A coach's week: their cohorts, the sessions, and who misses them.

Belongs here: three statements. Does not: who is at risk (core/digests/facts.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import Connection, text

from connectors.region.database import Region
from core.digests.facts import Attended, CoachFacts, Cohort, Meeting
from core.digests.weeks import Week

AHEAD: Final = dt.timedelta(days=7)  # of sessions to come
_COHORTS: Final = """
    SELECT g.name, count(m.contact_id) AS members, g.capacity FROM cohort g
        LEFT JOIN cohort_member m ON m.cohort_id = g.id AND m.left_at IS NULL
    WHERE g.coach_id = :coach AND g.state = 'open' GROUP BY g.id ORDER BY g.name, g.id
"""
_SESSIONS: Final = """
    SELECT s.ref, s.title, s.starts_wall, s.zone, s.place, s.capacity,
        count(e.id) FILTER (WHERE e.state IN ('registered', 'present', 'absent')) AS registered,
        count(e.id) FILTER (WHERE e.state = 'present') AS present, count(e.id) FILTER (WHERE e.state = 'absent') AS absent,
        count(e.id) FILTER (WHERE e.state = 'registered') AS unknown
    FROM session s LEFT JOIN cohort g ON g.id = s.cohort_id LEFT JOIN enrolment e ON e.session_id = s.id
    WHERE coalesce(s.coach_id, g.coach_id) = :coach AND s.state = 'open' AND s.starts_at >= :since AND s.starts_at < :until
    GROUP BY s.id ORDER BY s.starts_at, s.id
"""
_MEMBERS: Final = """
    SELECT coalesce(f.name, c.name, '') AS firm, g.name AS cohort, array_agg(e.state ORDER BY s.starts_at DESC, s.id DESC) AS states,
        max(s.starts_at) FILTER (WHERE e.state = 'present') AS came_at
    FROM cohort g JOIN cohort_member m ON m.cohort_id = g.id AND m.left_at IS NULL JOIN contact c ON c.id = m.contact_id
        LEFT JOIN firm f ON f.id = c.firm_id JOIN enrolment e ON e.contact_id = c.id AND e.state IN ('present', 'absent')
        JOIN session s ON s.id = e.session_id AND s.cohort_id = g.id AND s.state = 'open'
    WHERE g.coach_id = :coach AND g.state = 'open' AND c.erased_at IS NULL GROUP BY g.id, c.id, f.name ORDER BY 1, c.id
"""


def facts(region: Region, coach: int, week: Week, now: dt.datetime) -> CoachFacts:
    """Their week, as of now."""
    with region.begin() as connection:
        cohorts = connection.execute(text(_COHORTS), {"coach": coach})
        members = connection.execute(text(_MEMBERS), {"coach": coach})
        return CoachFacts(
            tuple(Cohort(*row) for row in cohorts),
            _sessions(connection, coach, week.since, week.today),
            _sessions(connection, coach, now, now + AHEAD),
            tuple(Attended(row.firm, row.cohort, tuple(row.states), row.came_at) for row in members),
        )


def _sessions(
    connection: Connection, coach: int, since: dt.datetime, until: dt.datetime
) -> tuple[Meeting, ...]:
    rows = connection.execute(text(_SESSIONS), {"coach": coach, "since": since, "until": until})
    return tuple(Meeting(**row._asdict()) for row in rows)
