"""What a season asks for that could be given up, one by one.

Belongs here: the requirements of a problem, and the problem without one. Does not: their words (wording.py), or which of them contradict
each other (conflicts.py). That nobody and no place is taken twice, that nothing is without a moderator, and that Sundays are free, is
never given up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import replace

from core.seasons.checking import broken
from core.seasons.choices import choices
from core.seasons.problem import Problem, Rules
from core.seasons.proposal import Kind

Role = Literal["officials", "moderators", "venues"]
ROLES: Final[tuple[Role, ...]] = ("officials", "moderators", "venues")

KINDS: Final[tuple[Kind, ...]] = (
    "dialogue", "territory", "limit", "gap", "day", "notice", "school_holidays", "public_holidays", "locked", "busy",
)  # fmt: skip
"""In this order they are tried to be done without: what comes late is what is told. Calendars come after what brings people in."""

_RULES: Final[Mapping[Kind, Callable[[Problem], Rules]]] = MappingProxyType(
    {
        "gap": lambda problem: replace(problem.rules, gap_days=0),
        "day": lambda problem: replace(problem.rules, most_a_day=len(problem.wanted)),
        "notice": lambda problem: replace(problem.rules, notice_days=0),
        "school_holidays": lambda problem: replace(problem.rules, school_holidays=frozenset()),
        "public_holidays": lambda problem: replace(problem.rules, public_holidays=frozenset()),
    }
)


class Need(msgspec.Struct, frozen=True):
    """One requirement: a dialogue's by key, a person's or place's by number, or one of the season's rules."""

    kind: Kind
    key: str = ""
    role: Role = "officials"
    number: int = 0


def of(kind: Kind, problem: Problem) -> list[Need]:
    """The requirements of one kind that the dialogues of a problem have to keep to."""
    match kind:
        case "dialogue":
            return [Need(kind, each.key) for each in problem.wanted]
        case "locked":
            return [Need(kind, each.key) for each in problem.wanted if each.locked is not None]
        case "limit":
            limited = (each for each in problem.officials if {each.most_a_season, each.most_a_week} != {None})
            return [Need(kind, role="officials", number=each.id) for each in limited]
        case "territory":
            return [
                Need(kind, role=role, number=each.id)
                for role in ROLES[:2]
                for each in getattr(problem, role)
                if each.departments
            ]
        case "busy":
            several = choices(problem).values()
            return [
                Need(kind, role=role, number=number)
                for role in ROLES
                for number in sorted(
                    {each.id for choice in several for each in getattr(choice, role) if each.busy}
                )
            ]
        case _:
            return [Need(kind)]


def without(problem: Problem, needs: Iterable[Need]) -> Problem:
    """The problem without some of its requirements."""
    for need in needs:
        problem = _without(problem, need)
    return problem


def eases(problem: Problem, need: Need) -> bool:
    """Whether without it all can be that can be with it.

    A lock also lets its dialogue be where no rule would: there, without it, the dialogue is held to more.
    """
    if need.kind != "locked":
        return True
    (wanted,) = (each for each in problem.wanted if each.key == need.key)
    assert wanted.locked is not None
    alone = replace(problem, wanted=(wanted,))
    calendar = {need.key: wanted.locked}
    return broken(without(alone, [need]), calendar) == broken(alone, calendar)


def _without(problem: Problem, need: Need) -> Problem:
    match need.kind:
        case "dialogue":
            return replace(problem, wanted=tuple(each for each in problem.wanted if each.key != need.key))
        case "locked":
            unlocked = (
                replace(each, locked=None) if each.key == need.key else each for each in problem.wanted
            )
            return replace(problem, wanted=tuple(unlocked))
        case "busy":
            return _changed(problem, need, busy=())
        case "territory":
            return _changed(problem, need, departments=frozenset())
        case "limit":
            return _changed(problem, need, most_a_season=None, most_a_week=None)
        case _:
            return replace(problem, rules=_RULES[need.kind](problem))


def _changed(problem: Problem, need: Need, **changes: Any) -> Problem:
    several = tuple(
        replace(each, **changes) if each.id == need.number else each for each in getattr(problem, need.role)
    )
    return replace(problem, **{need.role: several})
