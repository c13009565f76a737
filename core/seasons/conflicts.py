"""Why a season cannot be planned.

Belongs here: causes that stand alone, and the smallest set of requirements that contradict each other. Does not: their words
(wording.py).

Smallest means that without any one of them the others can be had; there may be other such sets, and when one is mended the next is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.seasons import needs
from core.seasons.choices import Choice, choices
from core.seasons.model import Model
from core.seasons.needs import Need
from core.seasons.problem import Moderator, Official, Problem, Venue
from core.seasons.proposal import Conflict, Kind, Requirement
from core.seasons.solving import Verdict, solve
from core.seasons.starts import day_of, is_free
from core.seasons.wording import busy, given, named, told


def alone(problem: Problem) -> tuple[Conflict, ...]:
    """Every cause that is enough by itself: nobody to ask, nowhere to go, or one who is never free."""
    if problem.wanted and not problem.moderators:
        whole = Requirement(
            kind="moderators", who="", what="There is no moderator: without one nothing can be planned"
        )
        return (Conflict(requirements=(whole,)),)
    several = choices(problem).values()
    found = [cause for choice in several for cause in _alone(choice, problem)]
    if not found:  # a solver would take long to find what counting tells
        themes = sorted({choice.wanted.theme for choice in several})
        found = [*_too_few_days(list(several), problem), *_too_few_officials(list(several), "")] or [
            cause
            for theme in themes
            for cause in _too_few_officials([each for each in several if each.wanted.theme == theme], theme)
        ]
    return tuple(Conflict(requirements=(each,)) for each in found)


def _too_few_days(several: Sequence[Choice], problem: Problem) -> Iterator[Requirement]:
    days = {day_of(start, problem.rules) for choice in several for start in choice.starts}
    most = len(days) * problem.rules.most_a_day
    if most < len(several):
        what = (
            f"{len(days)} days are open, which hold at most {most} dialogues, and {len(several)} are wanted"
        )
        yield Requirement(kind="day", who="", what=what)


def _too_few_officials(several: Sequence[Choice], theme: str) -> Iterator[Requirement]:
    officials = {each.id: each.most_a_season for choice in several for each in choice.officials}
    limits = [most for most in officials.values() if most is not None]
    if len(limits) == len(officials) and sum(limits) < len(several):
        about = f' for "{theme}"' if theme else ""
        what = f"the officials who can be asked{about} take at most {sum(limits)} dialogues in the season, and {len(several)} are wanted"
        yield Requirement(kind="limit", who=theme, what=what)


def _alone(choice: Choice, problem: Problem) -> Iterator[Requirement]:
    """What is wrong with one dialogue, whatever the others are."""
    who = named(choice.wanted, problem)
    if not choice.starts:
        yield Requirement(kind="slots", who=choice.wanted.key, what=f"{who}: {_no_start(choice, problem)}")
        return
    several: list[tuple[Kind, Sequence[Official] | Sequence[Moderator] | Sequence[Venue], str]] = [
        ("officials", choice.officials, "no official who answers for it goes there"),
        ("moderators", choice.moderators, "no moderator goes there"),
    ]
    if choice.wanted.form == "live":
        several.append(("venues", choice.venues, "there is no venue"))
    for kind, people, nobody in several:
        minutes = choice.wanted.minutes
        if not people:
            yield Requirement(kind=kind, who=choice.wanted.key, what=f"{who}: {nobody}")
        elif not any(is_free(each.busy, start, minutes) for each in people for start in choice.starts):
            never = "; ".join(busy(each, choice.starts, minutes, problem.rules) for each in people)
            yield Requirement(kind=kind, who=choice.wanted.key, what=f"{who}: {never}")


def _no_start(choice: Choice, problem: Problem) -> str:
    rules = problem.rules
    if choice.wanted.locked is not None:
        return "it is locked on a Sunday or a holiday"
    return (
        f"no slot is left from {rules.first} to {rules.last}, with {rules.notice_days} days of notice from {rules.today} "
        "and without Sundays and holidays"
    )


def smallest(problem: Problem, effort: float) -> Conflict:
    """The smallest conflict of a problem that has no calendar."""
    search = _Search(_few(problem, effort), effort)
    search.run()
    return Conflict(
        requirements=tuple(told(need, search.problem) for need in search.kept),
        given=given(search.problem),
        smallest=search.proven,
    )


class _Search:
    """A problem without a calendar, that asks for less and less.

    What is once found to matter goes on to do so when less is asked for. So each requirement is tried once, many at a time. A lock
    that lets its dialogue be where no rule would stays, for without it more is asked: it is told when the others could be without it.
    """

    def __init__(self, problem: Problem, effort: float) -> None:
        self.problem = problem
        self.kept: list[Need] = []
        self.proven = True
        self._effort = self._left = effort

    def run(self) -> None:
        """Try every requirement."""
        for kind in needs.KINDS:
            several = needs.of(kind, self.problem)
            easing = [each for each in several if needs.eases(self.problem, each)]
            self.without_any(easing)
            for each in several:
                if each not in easing:
                    self._keep(each, self._verdict(needs.without(self.problem, [each])))

    def without_any(self, several: Sequence[Need]) -> None:
        """Do without as many of these as can be: all, else each half by itself."""
        if not several:
            return
        freed = needs.without(self.problem, several)
        verdict = self._verdict(freed)
        if verdict == "impossible":
            self.problem = freed
        elif len(several) == 1:
            self._keep(several[0], verdict)
        else:
            half = len(several) // 2
            self.without_any(several[:half])
            self.without_any(several[half:])

    def _keep(self, need: Need, without_it: Verdict) -> None:
        if without_it != "impossible":
            self.kept.append(need)
            self.proven = self.proven and without_it != "open"

    def _verdict(self, problem: Problem) -> Verdict:
        """A model takes some work to build, also where the solver has none: at most so many are."""
        if self._left <= 0:
            return "open"
        model = Model(problem)
        for each in model.dialogues.values():
            model.cp.add_bool_and(each.here)
        verdict, solver = solve(model.cp, self._effort, linear=2)
        self._left -= solver.deterministic_time + len(problem.wanted) / 100
        return verdict


def _few(problem: Problem, effort: float) -> Problem:
    """The problem with only those dialogues of which the solver says that they cannot all be."""
    model = Model(problem)
    here = {each.here.index: key for key, each in model.dialogues.items()}
    model.cp.add_assumptions(each.here for each in model.dialogues.values())
    verdict, solver = solve(model.cp, effort, linear=2)
    if verdict != "impossible":
        return problem
    few = {here[index] for index in solver.sufficient_assumptions_for_infeasibility()}
    return needs.without(problem, [each for each in needs.of("dialogue", problem) if each.key not in few])
