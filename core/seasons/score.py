"""What a calendar costs, counted in plain numbers.

Belongs here: each part of the score. Does not: the same as a solver sees it (wishes.py); a test holds the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

from core.seasons.choices import Choice, choices
from core.seasons.problem import Placement, Problem, Rules, Wanted
from core.seasons.proposal import Score
from core.seasons.starts import is_preferred, openings, week_of

_What = TypeVar("_What")


def score(problem: Problem, calendar: Mapping[str, Placement]) -> Score:
    """The score of a calendar in which every wanted dialogue is."""
    rules, placements = problem.rules, list(calendar.values())
    return Score(
        moved=sum(is_moved(each, calendar[each.key]) for each in problem.wanted),
        rescheduled=sum(
            each.previous is not None and each.previous.starts != calendar[each.key].starts
            for each in problem.wanted
        ),
        departments=spread(rules.departments, by_department(problem, calendar)),
        officials=spread(
            asked_officials(choices(problem).values()), Counter(each.official for each in placements)
        ),
        weeks=spread(open_weeks(rules), Counter(week_of(each.starts, rules) for each in placements)),
        off_hours=sum(not is_preferred(each.starts, rules) for each in placements),
    )


def is_moved(wanted: Wanted, placement: Placement) -> bool:
    """Whether a dialogue is not as it was."""
    return wanted.previous is not None and wanted.previous != placement


def by_department(problem: Problem, calendar: Mapping[str, Placement]) -> Counter[str]:
    """How many dialogues each department has; a written one counts where it was wanted."""
    where = {venue.id: venue.department for venue in problem.venues}
    found: Counter[str] = Counter()
    for each in problem.wanted:
        venue = calendar[each.key].venue
        department = each.department if venue is None else where[venue]
        if department is not None:
            found[department] += 1
    return found


def asked_officials(several: Iterable[Choice]) -> frozenset[int]:
    """Those who could be asked for a dialogue at least: a season is fair between them."""
    return frozenset(official.id for choice in several for official in choice.officials)


def open_weeks(rules: Rules) -> frozenset[tuple[int, int]]:
    """The weeks in which dialogues can begin: a season is spread over them."""
    return frozenset(week_of(start, rules) for start in openings(rules))


def spread(among: Iterable[_What], counted: Mapping[_What, int]) -> int:
    """Between who or what has most and least."""
    numbers = [counted.get(each, 0) for each in among]
    return max(numbers, default=0) - min(numbers, default=0)
