"""What a role's digest tells one reader now: whoever writes it and whoever previews it read the same.

Belongs here: from a role to its facts. Does not: a statement (connectors/region/digests), or words (connectors/mail/digests.py).
"""

from __future__ import annotations

import datetime as dt

from connectors.region.cohorts import coaches
from connectors.region.database import Region
from connectors.region.digests import accompanied, editions, programme, readers, refused, territory
from core.digests.facts import Facts
from core.digests.rules import Reader, Rules
from core.digests.weeks import Week
from core.service_levels import Rules as Levels
from schemas.letters import Role


def readers_of(region: Region, rules: Rules, role: Role) -> list[Reader]:
    """Whoever is to have a role's digest and wants it, by name."""
    with region.begin() as connection:
        return readers.wanting(connection, role, rules[role])


def facts_for(
    region: Region, levels: Levels, role: Role, reader: str, week: Week, now: dt.datetime
) -> Facts | None:
    """What the digest of ``week`` tells at ``now``; None when its reader is no official, or no coach, any more."""
    match role:
        case "officials":
            official = territory.official(region, int(reader))
            return None if official is None else territory.facts(region, official, week, now)
        case "coaches":
            coach = coaches.get(region, int(reader))
            return None if coach is None or coach.ended_at else accompanied.facts(region, coach.id, week, now)
        case "contractor":
            return refused.facts(region, week, editions.earlier(region, role, week.name))
        case "press":
            return programme.press(region, week, now)
        case "direction":
            return programme.direction(region, levels, week, editions.earlier(region, role, week.name), now)


def figures_of(region: Region, role: Role) -> dict[str, int]:
    """What an edition keeps for the weeks that follow, by name; nothing for roles that compare nothing."""
    match role:
        case "contractor":
            return refused.causes(region)
        case "direction":
            return programme.figures(region)
        case _:
            return {}
