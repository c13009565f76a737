"""Who may take a dialogue, and where it may be, before anybody's calendar is looked at.

Belongs here: themes, territories and forms. Does not: when (starts.py), or who clashes with whom (model.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from core.seasons.problem import Moderator, Official, Problem, Venue, Wanted
from core.seasons.starts import openings, starts_of

_Who = TypeVar("_Who", Official, Moderator, Venue)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What one dialogue may be: its starts, and the people and places, by number. A written one has no venues."""

    wanted: Wanted
    starts: tuple[dt.datetime, ...]
    officials: tuple[Official, ...]
    moderators: tuple[Moderator, ...]
    venues: tuple[Venue, ...]

    @property
    def departments(self) -> tuple[str, ...]:
        """The departments it may be in; none when nobody says where a written one is."""
        if self.wanted.form == "live":
            return tuple(sorted({venue.department for venue in self.venues}))
        return () if self.wanted.department is None else (self.wanted.department,)


def choices(problem: Problem) -> dict[str, Choice]:
    """What each dialogue may be, by key."""
    opening = openings(problem.rules)
    return {
        wanted.key: Choice(
            wanted=wanted,
            starts=starts_of(wanted, problem.rules, opening),
            officials=_officials(wanted, problem),
            moderators=_moderators(wanted, problem),
            venues=_venues(wanted, problem),
        )
        for wanted in problem.wanted
    }


def goes_to(territory: frozenset[str], department: str | None) -> bool:
    """Whether somebody of a territory can be there; an empty one is everywhere, and None is nowhere in particular."""
    return not territory or department is None or department in territory


def _officials(wanted: Wanted, problem: Problem) -> tuple[Official, ...]:
    if wanted.locked is not None:
        return _of(wanted.locked.official, problem.officials)
    able = (
        (each for each in problem.officials if wanted.theme in each.themes)
        if wanted.official is None
        else _of(wanted.official, problem.officials)
    )
    return tuple(each for each in able if goes_to(each.departments, wanted.department))


def _moderators(wanted: Wanted, problem: Problem) -> tuple[Moderator, ...]:
    if wanted.locked is not None:
        return _of(wanted.locked.moderator, problem.moderators)
    where = wanted.department if wanted.form == "live" else None
    return tuple(each for each in problem.moderators if goes_to(each.departments, where))


def _venues(wanted: Wanted, problem: Problem) -> tuple[Venue, ...]:
    if wanted.form == "written":
        return ()
    if wanted.locked is not None:
        return _of(wanted.locked.venue, problem.venues)
    return tuple(each for each in problem.venues if wanted.department in {None, each.department})


def _of(number: int | None, several: Iterable[_Who]) -> tuple[_Who, ...]:
    return tuple(each for each in several if each.id == number)
