"""Quiet hours: when nobody is written to.

Belongs here: which instants are quiet, and the nearest that are not. Does not: which messages keep to it, and which way they move
(core/reminders.py).

Quiet are, in Paris, from 20:00 to 08:00, Sundays, and the public holidays of the whole of France (Code du travail, art. L3133-1; the
two of Alsace and Moselle are not in our Region). The holidays package knows them until 2100.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Final

from holidays import country_holidays

from core.days import PARIS
from core.wall import instant, wall_of

OPENS: Final = dt.time(8)
CLOSES: Final = dt.time(20)
LAST: Final = dt.time(19)
"""Nothing is moved back to a later time than this: an hour is left, so that a slow relay ends before quiet hours begin."""

LONGEST: Final = dt.timedelta(hours=61)
"""The longest that it is ever quiet without a break: Saturday evening to Tuesday morning, when 1 November is a Monday and the clocks
go back in between."""

_DAY: Final = dt.timedelta(days=1)
_SUNDAY: Final = 6


def is_quiet(at: dt.datetime) -> bool:
    """Whether nobody is written to at ``at`` (with a zone)."""
    wall = wall_of(at, PARIS.key)
    return not OPENS <= wall.time() < CLOSES or _is_free(wall.date())


def next_allowed(at: dt.datetime) -> dt.datetime:
    """The first instant (UTC), from ``at`` on, that is not quiet."""
    if not is_quiet(at):
        return at.astimezone(dt.UTC)
    wall = wall_of(at, PARIS.key)
    day = wall.date() if wall.time() < OPENS else wall.date() + _DAY
    while _is_free(day):
        day += _DAY
    return _on(day, OPENS)


def last_allowed(at: dt.datetime) -> dt.datetime:
    """The last instant (UTC), up to ``at``, that is not quiet and leaves an hour before it is: 19:00 at the latest."""
    wall = wall_of(at, PARIS.key)
    day = wall.date() if wall.time() >= OPENS else wall.date() - _DAY
    while _is_free(day):
        day -= _DAY
    return min(at.astimezone(dt.UTC), _on(day, LAST))


def _on(day: dt.date, time: dt.time) -> dt.datetime:
    return instant(dt.datetime.combine(day, time), PARIS.key)


def _is_free(day: dt.date) -> bool:
    return day.weekday() == _SUNDAY or day in public_holidays(day.year)


@cache
def public_holidays(year: int) -> frozenset[dt.date]:
    """The public holidays of the whole of France in a year."""
    return frozenset(country_holidays("FR", years=year))
