"""The whole programme's week: what the press office and the direction are told.

Belongs here: counting dialogues, questions and offers; targets with what earlier weeks had. Does not: firms (region/firms/progress.py),
service levels (region/alerting/service_levels.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, text

from connectors.region.alerting import service_levels
from connectors.region.database import Region
from connectors.region.digests.editions import Edition
from connectors.region.firms import progress
from core.dialogues import HELD
from core.digests.facts import Counted, DirectionFacts, Held, PressFacts, Reached, Target
from core.digests.weeks import Week
from core.partnership import JOBS, TRAININGS
from core.progress import TARGET
from core.service_levels import Rules

_OFFERS: Final = """
    SELECT coalesce(department, '') AS department, count(*) FILTER (WHERE kind = 'job') AS jobs,
        count(*) FILTER (WHERE kind = 'training') AS trainings FROM offer WHERE status = 'open' GROUP BY 1 ORDER BY count(*) DESC, 1
"""
_DIALOGUES: Final = """
    SELECT * FROM (SELECT count(*) FILTER (WHERE d.starts_at >= :since) AS dialogues, count(*) AS dialogues_ever,
            coalesce(sum(p.present) FILTER (WHERE d.starts_at >= :since), 0)::int AS participants
        FROM dialogue d LEFT JOIN (SELECT session_id, count(*) AS present FROM enrolment WHERE state = 'present' GROUP BY 1) p
            ON p.session_id = d.session_id
        WHERE d.state = ANY(:held) AND d.starts_at < :until) d,
    (SELECT count(*) FILTER (WHERE published_at >= :since AND published_at < :until) AS asked,
            count(*) FILTER (WHERE state = 'answered' AND ended_at >= :since AND ended_at < :until) AS answered,
            count(*) FILTER (WHERE state = 'answered') AS answered_ever,
            count(*) FILTER (WHERE state = 'published' AND due_at <= :now) AS late FROM question) q
"""
_OPENED: Final = "SELECT count(DISTINCT offer_id) FROM offer_change WHERE change IN ('created', 'reopened') AND at >= :since AND at < :until"
_TARGETS: Final[Mapping[Target, int]] = {"firms": TARGET, "jobs": JOBS, "trainings": TRAININGS}


def press(region: Region, week: Week, now: dt.datetime) -> PressFacts:
    """Figures to quote, as of now."""
    with region.begin() as connection:
        departments = _departments(connection)
        return PressFacts(
            now,
            sum(each.jobs for each in departments),
            sum(each.trainings for each in departments),
            connection.execute(text(_OPENED), {"since": week.since, "until": week.today}).scalar_one(),
            departments,
            connection.scalar(text(service_levels.SYNCED)),
            progress.figures(region),
            _held(connection, week, now),
        )


def direction(
    region: Region, levels: Rules, week: Week, before: Sequence[Edition], now: dt.datetime
) -> DirectionFacts:
    """Targets, service levels and what is late, as of now."""
    reached = figures(region)
    targets = (
        Reached(
            name, target, reached[name], tuple(each.figures[name] for each in before if name in each.figures)
        )
        for name, target in _TARGETS.items()
    )
    with region.begin() as connection:
        held = _held(connection, week, now)
    return DirectionFacts(
        now, tuple(targets), tuple(service_levels.service_levels(region, levels, now)), held
    )


def figures(region: Region) -> dict[str, int]:
    """What is reached of each target: what an edition keeps for the weeks that follow."""
    with region.begin() as connection:
        departments = _departments(connection)
    return {
        "firms": progress.figures(region).whole.present,
        "jobs": sum(each.jobs for each in departments),
        "trainings": sum(each.trainings for each in departments),
    }


def _departments(connection: Connection) -> tuple[Counted, ...]:
    return tuple(Counted(*row) for row in connection.execute(text(_OFFERS)))


def _held(connection: Connection, week: Week, now: dt.datetime) -> Held:
    values = {"since": week.since, "until": week.today, "now": now, "held": list(HELD)}
    return Held(*connection.execute(text(_DIALOGUES), values).one())
