"""A season of dialogues: who meets residents when and where, and who moderates; proposed, and explained.

`propose` is what others call; a person approves what it proposes. In the order of its work:

    problem       who and what there is, what is wanted, and the rules
    travel        minutes from department to department
    starts        when dialogues may begin
    choices       who may take a dialogue, and where it may be
    model         the rules, as the solver sees them
    wishes        what makes one calendar better than another, as the solver sees it
    solving       how the solver is run
    needs         what could be given up, one by one
    wording       the same in words
    conflicts     why a season cannot be planned
    score         what a calendar costs, in plain numbers
    planning      the order of all this
    proposal      the values that come out
    checking      every rule that a calendar breaks, read anew
    table         a calendar as a person reads it

What always holds: every dialogue has a moderator and, live, a venue; nobody and no place is taken twice or when busy; between two live
dialogues one can drive there; nobody has more than two a day; nothing is on a Sunday or a holiday; what is locked stays exactly. Of those
that had a place as few as can be are moved; only then wishes are weighed. The same values in any order give the same proposal.
"""

from __future__ import annotations

from typing import Final

from core.seasons.checking import broken
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
from core.seasons.table import explained, markdown

__all__ = [
    "Busy", "Conflict", "Impossible", "Moderator", "Official", "Placed", "Placement", "Problem", "Proposal", "Requirement", "Rules",
    "Score", "Slot", "Venue", "Wanted", "Weights", "broken", "explained", "markdown", "propose",
]  # fmt: skip

EFFORT: Final = 2.0


def propose(problem: Problem, effort: float = EFFORT) -> Proposal | Impossible:
    """A calendar for a season, or why there is none.

    ``effort`` is the most that the solver works on one question, in a count of its own: the same on any machine. There are two
    questions, and where there is no calendar some more. 60 dialogues take some ten seconds of a processor (docs/adr/0022).

    Raises:
        Rejected: the values contradict each other; the message has every reason.
        Refused: within the effort there is neither a calendar nor a proof that there is none.

    """
    from core.seasons.planning import plan  # noqa: PLC0415 - the solver takes half a second to import: only who plans pays for it

    return plan(problem, effort)
