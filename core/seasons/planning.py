"""The order of planning: is it possible, how few must move, what is best then.

Belongs here: what the solver is asked first and last, and reading its answers. Does not: rules (model.py), wishes (wishes.py), why a
season is not possible (conflicts.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ortools.sat.python import cp_model

from core.seasons import conflicts, wishes
from core.seasons.model import Literal, Model
from core.seasons.problem import Placement, Problem, check, in_order
from core.seasons.proposal import Impossible, Placed, Proposal
from core.seasons.score import is_moved, score
from core.seasons.solving import Verdict, solve
from core.seasons.starts import is_preferred
from schemas.errors import Refused


def plan(problem: Problem, effort: float) -> Proposal | Impossible:
    """A calendar for a season, or why there is none.

    Raises:
        Rejected: the values contradict each other.
        Refused: within the effort there is neither a calendar nor a proof that there is none.

    """
    check(problem)
    problem = in_order(problem)
    if alone := conflicts.alone(problem):
        return Impossible(conflicts=alone)
    model = Model(problem)
    for each in model.dialogues.values():
        model.cp.add_bool_and(each.here)
    fewest, calendar = _fewest(model, effort)
    if fewest == "impossible":
        return Impossible(conflicts=(conflicts.smallest(problem, effort),))
    if fewest == "open":
        raise Refused(
            f"neither a calendar nor a proof that there is none was found with an effort of {effort:g}: "
            "plan with more, or lock a part of the season"
        )
    best, better = _ask(model, wishes.cost(model), _literals(model, calendar), effort)
    return _proposal(problem, better or calendar, fewest=fewest == "best", best=fewest == best == "best")


def _fewest(model: Model, effort: float) -> tuple[Verdict, Mapping[str, Placement]]:
    """A calendar in which as many stay as can; the model then keeps to that number."""
    stay = wishes.staying(model)
    staying = cp_model.LinearExpr.sum(stay)
    stays = [(lit, True) for lit in stay]
    verdict, calendar = _ask(model, -staying, [*_guess(model), *stays], effort, linear=0)
    if verdict not in {"best", "impossible"}:
        near = _literals(model, calendar) if calendar else _guess(model)
        verdict, calendar = _ask(model, -staying, [*near, *stays], effort, linear=2)
    if calendar:
        kept = sum(calendar[each.key] == each.previous for each in model.problem.wanted)
        model.cp.add(staying >= kept)
    return verdict, calendar


def _ask(
    model: Model,
    cost: cp_model.LinearExprT,
    hints: Iterable[tuple[Literal, bool]],
    effort: float,
    *,
    linear: int = 1,
) -> tuple[Verdict, dict[str, Placement]]:
    """The cheapest calendar that is found; an empty one when none is."""
    model.cp.minimize(cost)
    model.cp.clear_hints()  # type: ignore[no-untyped-call]
    for lit, value in hints:
        model.cp.add_hint(lit, value)
    verdict, solver = solve(model.cp, effort, linear=linear)
    return verdict, model.calendar(solver) if verdict in {"best", "found"} else {}


def _literals(model: Model, calendar: Mapping[str, Placement]) -> Iterator[tuple[Literal, bool]]:
    for key, placement in calendar.items():
        yield from model.dialogues[key].values(placement)


def _guess(model: Model) -> Iterator[tuple[Literal, bool]]:
    """Where the search begins: as it was, else spread over the preferred starts, with everybody in turn.

    It breaks rules. All the same a calendar is found ten times as fast from here as from nothing.
    """
    for number, each in enumerate(model.dialogues.values()):
        choice, rules = each.choice, model.rules
        good = [start for start in choice.starts if is_preferred(start, rules)] or choice.starts
        turn = Placement(
            starts=good[number * len(good) // len(model.dialogues)],
            official=choice.officials[number % len(choice.officials)].id,
            moderator=choice.moderators[number % len(choice.moderators)].id,
            venue=choice.venues[number % len(choice.venues)].id if choice.venues else None,
        )
        yield from each.values(choice.wanted.previous or turn)


def _proposal(problem: Problem, calendar: Mapping[str, Placement], *, fewest: bool, best: bool) -> Proposal:
    placed = (
        Placed(each.key, calendar[each.key], is_moved(each, calendar[each.key])) for each in problem.wanted
    )
    return Proposal(
        placed=tuple(sorted(placed, key=lambda each: (each.placement.starts, each.key))),
        score=score(problem, calendar),
        fewest=fewest,
        best=best,
    )
