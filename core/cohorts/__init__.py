"""Cohorts: balanced groups of firms that go through the programme together, proposed and explained.

`propose` is what others call; a person approves what it proposes. In the order of its work:

    people        who is to be brought together, and how much each wish weighs
    closeness     who may sit with whom, and how well two fit
    seating       who sits where while a proposal is made, and what that costs
    building      groups of those who have no place yet
    bettering     one member to another group, or two in each other's place
    renewing      neighbouring groups closed and built anew
    forming       the order of the search
    leaving_out   why somebody has no cohort
    reasons       why members are together, and what each part of the cost is
    proposal      the value that a person reads

What always holds, but for members whom a person locked in: each candidate is in one cohort or left over with a reason; a cohort has
``minimum`` to ``maximum`` members of one level, all of departments where its coach works and free at its slot; no two live farther
than ``reach`` apart (or, a place not being known, in two departments), and no two are of one class of NAF in one commune; a coach has
no more cohorts than they take, and one at a slot. The same values in any order give the same proposal.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.cohorts.forming import form
from core.cohorts.people import Candidate, Coach, Options, Standing, Weights
from core.cohorts.proposal import Cohort, LeftOver, Member, Proposal, Score
from core.cohorts.reasons import tell

__all__ = [
    "Candidate", "Coach", "Cohort", "LeftOver", "Member", "Options", "Proposal", "Score", "Standing", "Weights", "propose",
]  # fmt: skip

DEFAULT = Options()


def propose(
    candidates: Sequence[Candidate],
    coaches: Sequence[Coach],
    standing: Sequence[Standing] = (),
    options: Options = DEFAULT,
) -> Proposal:
    """Cohorts of these candidates, with these coaches; ``standing`` cohorts are kept as ``options`` say.

    8,000 candidates take half a minute and 40 MB (docs/adr/0017).

    Raises:
        Rejected: the values contradict each other; the message has every reason.

    """
    return tell(form(candidates, coaches, standing, options))
