"""A season of dialogues, planned: who meets residents when and where, and who moderates.

`propose` is what others call.
"""

from __future__ import annotations

from core.seasons.problem import (
    Busy,
    Moderator,
    Official,
    Placement,
    Problem,
    Rules,
    Slot,
    Venue,
    Wanted,
    Weights,
)
from core.seasons.proposal import Conflict, Impossible, Placed, Proposal, Requirement, Score

__all__ = [
    "Busy", "Conflict", "Impossible", "Moderator", "Official", "Placed", "Placement", "Problem", "Proposal", "Requirement", "Rules",
    "Score", "Slot", "Venue", "Wanted", "Weights", "propose",
]  # fmt: skip


def propose(problem: Problem, effort: float = 10.0) -> Proposal | Impossible:
    """TODO."""
    from core.seasons.planning import plan

    return plan(problem, effort)
