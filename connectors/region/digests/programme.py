"""The whole programme's week: what the press office and the direction are told.

Belongs here: counting dialogues, questions and offers; targets with what earlier weeks had. Does not: firms (region/progress.py),
service levels (region/service_levels.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

from connectors.region import progress, service_levels
from connectors.region.database import Region
from connectors.region.digests.editions import Edition
from core.digests.facts import Counted, DirectionFacts, Held, PressFacts, Reached
from core.digests.weeks import Week
from core.partnership import JOBS, TRAININGS
from core.progress import TARGET
from core.service_levels import Rules

_OFFERS: Final = """
    SELECT coalesce(department, '') AS department, count(*) FILTER (WHERE kind = 'job') AS jobs,
        count(*) FILTER (WHERE kind = 'training') AS trainings FROM offer WHERE status = 'open' GROUP BY 1 ORDER BY count(*) DESC, 1
"""
_HELD: Final = """
    SELECT * FROM (SELECT count(*) FILTER (WHERE d.starts_at >= :since) AS dialogues, count(*) AS dialogues_ever,
            coalesce(sum(p.present) FILTER (WHERE d.starts_at >= :since), 0)::int AS participants
        FROM dialogue d LEFT JOIN (SELECT session_id, count(*) AS present FROM enrolment WHERE state = 'present' GROUP BY 1) p
            ON p.session_id = d.session_id
        WHERE d.state IN ('on_air', 'closed', 'answered', 'archived') AND d.starts_at < :until) d,
    (SELECT count(*) FILTER (WHERE published_at >= :since AND published_at < :until) AS asked,
            count(*) FILTER (WHERE state = 'answered' AND ended_at >= :since AND ended_at < :until) AS answered,
            count(*) FILTER (WHERE state = 'answered') AS answered_ever,
            count(*) FILTER (WHERE state = 'published' AND due_at <= :now) AS late FROM question) q
"""
_OPENED: Final = "SELECT count(DISTINCT offer_id) FROM offer_change WHERE change IN ('created', 'reopened') AND at >= :since AND at < :until"


def press(region: Region, week: Week, now: dt.datetime) -> PressFacts:
    """Figures to quote, as of now."""
    values = {"since": week.since, "until": week.today}
    with region.begin() as connection:
        departments = [Counted(*row) for row in connection.execute(text(_OFFERS))]
        return PressFacts(
            now,
            sum(each.jobs for each in departments),
            sum(each.trainings for each in departments),
            connection.execute(text(_OPENED), values).scalar_one(),
            tuple(departments),
            connection.scalar(text("SELECT max(finished_at) FROM run WHERE source IS NOT NULL")),
            progress.figures(region),
            _held(connection, {**values, "now": now}),
        )


def direction(
    region: Region, levels: Rules, week: Week, before: Sequence[Edition], now: dt.datetime
) -> DirectionFacts:
    """Targets, service levels and what is late, as of now."""
    reached = figures(region)
    with region.begin() as connection:
        held = _held(connection, {"since": week.since, "until": week.today, "now": now})
    return DirectionFacts(
        now,
        (
            Reached("firms", TARGET, reached["firms"], _had(before, "firms")),
            Reached("jobs", JOBS, reached["jobs"], _had(before, "jobs")),
            Reached("trainings", TRAININGS, reached["trainings"], _had(before, "trainings")),
        ),
        tuple(service_levels.service_levels(region, levels, now)),
        held,
    )


def figures(region: Region) -> dict[str, int]:
    """What is reached of each target: what an edition keeps for the weeks that follow."""
    with region.begin() as connection:
        jobs, trainings = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE kind = 'job'), count(*) FILTER (WHERE kind = 'training') FROM offer WHERE status = 'open'"
            )
        ).one()
    return {"firms": progress.figures(region).whole.present, "jobs": jobs, "trainings": trainings}


def _had(before: Sequence[Edition], name: str) -> tuple[int, ...]:
    return tuple(each.figures[name] for each in before if name in each.figures)


def _held(connection: Connection, values: dict[str, Any]) -> Held:
    return Held(*connection.execute(text(_HELD), values).one())
