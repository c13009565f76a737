"""When dialogues may begin.

Belongs here: the starts that a season's rules leave, and why a day has none. Does not: who is free then (choices.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from core.seasons.problem import Busy, Rules, Wanted
from core.wall import instant, wall_of

_DAY: Final = dt.timedelta(days=1)
_SUNDAY: Final = 6


def day_of(start: dt.datetime, rules: Rules) -> dt.date:
    """The day of a start, where people live."""
    return wall_of(start, rules.zone).date()


def week_of(start: dt.datetime, rules: Rules) -> tuple[int, int]:
    """The ISO year and week of a start."""
    return day_of(start, rules).isocalendar()[:2]


def is_closed(day: dt.date, rules: Rules) -> bool:
    """Whether no dialogue is held on a day."""
    return day.weekday() == _SUNDAY or day in rules.public_holidays or day in rules.school_holidays


def openings(rules: Rules) -> list[dt.datetime]:
    """Every start at a slot of the season, with enough notice."""
    first = max(rules.first, rules.today + rules.notice_days * _DAY)
    days = (first + number * _DAY for number in range((rules.last - first).days + 1))
    return sorted(
        {
            instant(dt.datetime.combine(day, slot.time), rules.zone)
            for day in days
            if not is_closed(day, rules)
            for slot in rules.slots
            if slot.weekday == day.weekday()
        }
    )


def starts_of(wanted: Wanted, rules: Rules, opening: Sequence[dt.datetime]) -> tuple[dt.datetime, ...]:
    """The starts that one dialogue may have: its lock's, or the season's and the one that it had before."""
    if wanted.locked is not None:
        start = wanted.locked.starts
        return () if is_closed(day_of(start, rules), rules) else (start,)
    if wanted.previous is None or not may_stay(wanted.previous.starts, rules):
        return tuple(opening)
    return tuple(sorted({*opening, wanted.previous.starts}))


def may_stay(start: dt.datetime, rules: Rules) -> bool:
    """Whether a start that was proposed before may be kept: it is still to come, and in the season."""
    day = day_of(start, rules)
    return max(rules.first, rules.today) <= day <= rules.last and not is_closed(day, rules)


def is_preferred(start: dt.datetime, rules: Rules) -> bool:
    """Whether a start is at a preferred slot."""
    wall = wall_of(start, rules.zone)
    return any(
        slot.preferred and (slot.weekday, slot.time) == (wall.weekday(), wall.time()) for slot in rules.slots
    )


def end_of(start: dt.datetime, minutes: int) -> dt.datetime:
    """When a dialogue is over."""
    return start + dt.timedelta(minutes=minutes)


def is_free(busy: Sequence[Busy], start: dt.datetime, minutes: int) -> bool:
    """Whether none of the busy times touches a dialogue."""
    end = end_of(start, minutes)
    return all(each.ends <= start or end <= each.starts for each in busy)
