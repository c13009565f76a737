"""The order of planning: is it possible, how few must move, what is best then.

Belongs here: what the solver is asked first and last, and reading its answers. Does not: rules (model.py), wishes (wishes.py), why a
season is not possible (conflicts.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from ortools.sat.python import cp_model

from core.seasons import conflicts, wishes
from core.seasons.model import Model, Value
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
    best, calendar = _best(model, calendar, effort)
    return _proposal(problem, calendar, fewest=fewest == "best", best=fewest == best == "best")


def _fewest(model: Model, effort: float) -> tuple[Verdict, dict[str, Placement]]:
    """A calendar in which as many stay as can; the model then keeps to that number."""
    stay = wishes.staying(model)
    staying = cp_model.LinearExpr.sum(stay)
    model.cp.maximize(staying)
    stays = [(lit, True) for lit in stay]
    _, calendar = _ask(model, [*_guess(model), *stays], effort, linear=0, quick=True)
    verdict: Verdict = "found"
    if not calendar or _kept(model, calendar) < len(stay):
        near = _literals(model, calendar) if calendar else _guess(model)
        verdict, better = _ask(model, [*near, *stays], effort, linear=2)
        calendar = (
            max(better, calendar, key=lambda each: _kept(model, each))
            if better and calendar
            else better or calendar
        )
    if calendar:
        kept = _kept(model, calendar)
        model.cp.add(staying >= kept)
        verdict = "best" if verdict == "best" or kept == len(stay) else "found"
    return verdict, calendar


def _kept(model: Model, calendar: Mapping[str, Placement]) -> int:
    """How many are as they were."""
    return sum(calendar[each.key] == each.previous for each in model.problem.wanted)


def _best(
    model: Model, calendar: dict[str, Placement], effort: float
) -> tuple[Verdict, dict[str, Placement]]:
    """The cheapest calendar: with the starts as they are, with who and where as they are, then altogether.

    The parts take off most of the cost in little time; the whole alone would take long to come as far.
    """
    model.cp.minimize(wishes.cost(model))
    for part in ("when", "who", "when"):
        held = list(_literals(model, calendar, part))
        _, better = _ask(model, _literals(model, calendar), effort, held=held, quick=True)
        calendar = _cheaper(model, calendar, better)
    verdict, better = _ask(model, _literals(model, calendar), effort)
    return verdict, _cheaper(model, calendar, better)


def _cheaper(
    model: Model, calendar: dict[str, Placement], other: dict[str, Placement]
) -> dict[str, Placement]:
    """The cheaper of two: a search that ends early may not have come back to where it began."""
    weights = model.rules.weights
    return min(
        filter(None, (calendar, other)),
        key=lambda each: score(model.problem, each).cost(weights),
        default=calendar,
    )


def _ask(
    model: Model,
    hints: Iterable[Value],
    effort: float,
    *,
    linear: int = 1,
    quick: bool = False,
    held: Iterable[Value] = (),
) -> tuple[Verdict, dict[str, Placement]]:
    """The best calendar that is found near ``hints``, with what is ``held`` as it is; an empty one when none is."""
    cp = model.cp.clone()
    for lit, value in hints:
        cp.add_hint(lit, value)
    for lit, value in held:
        cp.add_bool_and(lit if value else lit.negated())
    verdict, solver = solve(cp, effort, linear=linear, quick=quick)
    return verdict, model.calendar(solver) if verdict in {"best", "found"} else {}


def _literals(model: Model, calendar: Mapping[str, Placement], part: str | None = None) -> Iterator[Value]:
    for key, placement in calendar.items():
        dialogue = model.dialogues[key]
        if part != "who":
            yield from dialogue.when(placement)
        if part != "when":
            yield from dialogue.who(placement)


def _guess(model: Model) -> Iterator[Value]:
    """Where the search begins: as it was, else spread over the preferred starts, with who and where is asked least.

    It breaks rules. All the same a calendar is found ten times as fast from here as from nothing.
    """
    asked: Counter[tuple[str, int | str]] = Counter()
    for number, each in enumerate(model.dialogues.values()):
        choice = each.choice
        good = [start for start in choice.starts if is_preferred(start, model.rules)] or choice.starts
        official = min(choice.officials, key=lambda who: asked["official", who.id])
        venue = min(choice.venues, key=lambda place: asked["department", place.department], default=None)
        turn = Placement(
            starts=good[number * len(good) // len(model.dialogues)],
            official=official.id,
            moderator=choice.moderators[number % len(choice.moderators)].id,
            venue=None if venue is None else venue.id,
        )
        where = choice.wanted.department if venue is None else venue.department
        asked.update([("official", official.id), ("department", where or "")])
        guess = choice.wanted.previous or turn
        yield from each.when(guess)
        yield from each.who(guess)


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
