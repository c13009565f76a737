"""Seasons: planning one, so that somebody can decide.

Belongs here: the step from what is wanted to a proposal that is kept. Does not: the planning (core/seasons), or deciding
(connectors/region/dialogues/seasons.py).
"""

from __future__ import annotations

from connectors import clock
from connectors.region.database import safe_region
from connectors.region.dialogues import season_problem, seasons
from connectors.region.dialogues.seasons import Season
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core import seasons as planning
from schemas.errors import Refused


def propose(season: Season, by: str, effort: float) -> Season:
    """Plan a season, and keep the proposal with what explains it. ``by``: the run that asks, or who typed the command.

    Raises:
        Refused: it has no dialogue, or no calendar keeps the rules; the message says which cannot all be kept.

    """
    region, now = safe_region(), clock.now()
    problem = season_problem.problem(region, season, dialogue_hub(settings()).rules.season, now)
    found = planning.propose(problem, effort)
    if isinstance(found, planning.Impossible):
        told = "\n\n".join(each.told() for each in found.conflicts)
        raise Refused(f"No calendar of season « {season.name} » keeps the rules. {told}")
    explanation = f"{planning.markdown(problem, found)}\n{planning.explained(problem, found)}"
    return seasons.propose(region, season, found, explanation, by, now)
