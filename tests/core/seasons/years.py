"""A season as large as they come: drawn from a seed, with 60 dialogues, 25 officials and all departments."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Final

from msgspec.structs import replace

from core.seasons import (
    Busy,
    Moderator,
    Official,
    Problem,
    Proposal,
    Rules,
    Slot,
    Venue,
    Wanted,
)
from core.wall import instant
from schemas.reference_tables import departments

FIRST, LAST = dt.date(2027, 9, 20), dt.date(2027, 11, 27)
THEMES: Final = ("transport", "lycées", "emploi", "formation", "agriculture", "santé", "culture", "sport")
SLOTS: Final = tuple(
    Slot(weekday, time, preferred=weekday in {1, 2, 3})
    for weekday in range(5)
    for time in (dt.time(18, 30), dt.time(20))
)
RULES: Final = Rules(
    first=FIRST,
    last=LAST,
    today=dt.date(2027, 9, 1),
    slots=(*SLOTS, Slot(5, dt.time(10), preferred=False), Slot(5, dt.time(14, 30), preferred=False)),
    public_holidays=frozenset({dt.date(2027, 11, 1), dt.date(2027, 11, 11)}),
    school_holidays=frozenset(dt.date(2027, 10, 23) + dt.timedelta(days=number) for number in range(16)),
)


def season(dialogues: int = 60, officials: int = 25, seed: int = 1, moderators: int = 8) -> Problem:
    random = Random(seed)
    codes = list(departments())
    return Problem(
        wanted=tuple(_wanted(number, random, codes, officials) for number in range(dialogues)),
        officials=tuple(_official(number, random, codes) for number in range(officials)),
        moderators=tuple(
            Moderator(
                id=number,
                name=f"Moderator {number}",
                departments=frozenset() if number < 2 else frozenset(random.sample(codes, 6)),
                busy=_busy(random, 12),
            )
            for number in range(moderators)
        ),
        venues=tuple(
            Venue(
                id=number,
                name=f"Venue {number}",
                department=codes[number % 12],
                kind="studio" if number % 5 == 0 else "room",
                busy=_busy(random, 8),
            )
            for number in range(18)
        ),
        rules=RULES,
    )


def standing(problem: Problem, proposal: Proposal) -> Problem:
    """The same season, planned again."""
    was = {each.key: each.placement for each in proposal.placed}
    return replace(problem, wanted=tuple(replace(each, previous=was[each.key]) for each in problem.wanted))


def ill(problem: Problem, number: int) -> Problem:
    """The same season, of which an official is away for the days when they have a dialogue."""
    days = [
        each.previous.starts for each in problem.wanted if each.previous and each.previous.official == number
    ]
    away = tuple(Busy(day - dt.timedelta(hours=4), day + dt.timedelta(hours=6)) for day in days)
    return replace(
        problem,
        officials=tuple(
            replace(each, busy=each.busy + away) if each.id == number else each for each in problem.officials
        ),
    )


def _wanted(number: int, random: Random, codes: list[str], officials: int) -> Wanted:
    return Wanted(
        key=f"D-{number:02}",
        theme=THEMES[number % len(THEMES)],
        form="written" if number % 4 == 3 else "live",
        minutes=random.choice((60, 75, 90)),
        department=None if number % 5 == 0 else codes[number % 12],
        official=random.randrange(0, officials - 1, 3) + 1 if number % 10 == 2 else None,
    )


def _official(number: int, random: Random, codes: list[str]) -> Official:
    return Official(
        id=number,
        name=f"Official {number}",
        themes=frozenset({THEMES[number % len(THEMES)], *random.sample(THEMES, 2)}),
        departments=frozenset() if number % 3 else frozenset(random.sample(codes, 8)),
        busy=_busy(random, 20),
        most_a_season=4,
        most_a_week=2,
    )


def _busy(random: Random, evenings: int) -> tuple[Busy, ...]:
    days = sorted(random.sample(range((LAST - FIRST).days + 1), evenings))
    starts = (
        instant(dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(17)), "Europe/Paris")
        for day in days
    )
    return tuple(Busy(start, start + dt.timedelta(hours=random.choice((2, 6)))) for start in starts)
