"""Rules of repeating events: on which days one falls (RFC 5545, 3.3.10).

Belongs here: the arithmetic of days, weeks, months and years. Does not: hours, exceptions and extra dates (recurrences.py).

Only the days that are asked for are reckoned, so no rule takes longer than the years between its first day and the last one asked
for, whatever it says: dateutil, asked for a 30 February, goes on to the year 9999.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from schemas.errors import Rejected

MOST_DAYS: Final = 366 * 80  # between a rule's first day and the last that is asked for
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS: Final = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYDAY", "BYSETPOS"}
)
_BYDAY: Final = re.compile(rf"([+-]?\d+)?({'|'.join(WEEKDAYS)})")
_DAY: Final = dt.timedelta(days=1)
Span = tuple[dt.date, int]  # its first day, how many days


class Ordinal(NamedTuple):
    """A weekday, the ``nth`` of its month or year (from the end when negative); 0: any."""

    nth: int
    weekday: int


class Rule(NamedTuple):
    """A rule's parts. Without a number of ``times`` it goes on until whoever asks has enough."""

    pace: str
    start: dt.date
    interval: int
    times: int | None
    week_start: int
    months: Sequence[int]
    month_days: Sequence[int]
    year_days: Sequence[int]
    weekdays: Sequence[Ordinal]
    positions: Sequence[int]


def rule_of(parts: Mapping[str, Sequence[Any]], start: dt.date) -> Rule:
    """A rule from its parts by name, each with its values; ``start`` is the event's first day.

    Raises:
        Rejected: it says what cannot be, or what is not read; in which word, the message tells.

    """
    if unread := sorted(set(parts) - _PARTS):
        raise Rejected(f"its RRULE has {unread[0][:20]}, which is not read")
    pace = str(next(iter(parts.get("FREQ", ())), ""))
    if pace not in _PERIODS:
        raise Rejected("its RRULE repeats within a day, which is not read")
    interval = next(iter(_numbers(parts, "INTERVAL")), 1)
    count = next(iter(_numbers(parts, "COUNT")), None)
    if interval < 1 or (count is not None and count < 1):
        raise Rejected("its RRULE repeats after no time at all, or not once")
    return Rule(
        pace,
        start,
        interval,
        count,
        WEEKDAYS.index(str(next(iter(parts.get("WKST", ())), "MO"))),
        _numbers(parts, "BYMONTH"),
        _numbers(parts, "BYMONTHDAY"),
        _numbers(parts, "BYYEARDAY"),
        [_ordinal(str(value)) for value in parts.get("BYDAY", ())],
        _numbers(parts, "BYSETPOS"),
    )


def days(rule: Rule, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The days on which a rule falls, from ``first`` to ``last`` and perhaps some before.

    Raises:
        Rejected: it began so long before ``last`` that it is not read.

    """
    if (last - rule.start).days > MOST_DAYS:
        raise Rejected("it has repeated for longer than is read")
    # What is counted is counted from the beginning; else all periods before ``first`` are skipped.
    since = rule.start if rule.times is not None else max(first, rule.start)
    yield from islice(_falling(rule, since, last), rule.times)


def _falling(rule: Rule, since: dt.date, last: dt.date) -> Iterator[dt.date]:
    for begins, length in _PERIODS[rule.pace](rule, since, last):
        falling = [day for day in (begins + _DAY * n for n in range(length)) if _falls(rule, day)]
        for day in _chosen(falling, rule.positions):
            if rule.start <= day <= last:
                yield day


def _chosen(falling: list[dt.date], positions: Sequence[int]) -> list[dt.date]:
    if not positions:
        return falling
    places = {place if place > 0 else len(falling) + 1 + place for place in positions}
    return [day for place, day in enumerate(falling, 1) if place in places]


def _falls(rule: Rule, day: dt.date) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if not (rule.month_days or rule.year_days or rule.weekdays):
        return _like_the_first(rule, day)
    return (
        (not rule.month_days or _at(rule.month_days, day.day, _month(day)))
        and (not rule.year_days or _at(rule.year_days, _yearday(day), _year(day)))
        and (not rule.weekdays or any(_is(rule, each, day) for each in rule.weekdays))
    )


def _like_the_first(rule: Rule, day: dt.date) -> bool:
    """Whether a day is one of its period that a rule means which says no more than its period."""
    if rule.pace == "WEEKLY":
        return day.weekday() == rule.start.weekday()
    same_month = rule.pace != "YEARLY" or bool(rule.months) or day.month == rule.start.month
    return rule.pace == "DAILY" or (day.day == rule.start.day and same_month)


def _is(rule: Rule, which: Ordinal, day: dt.date) -> bool:
    if day.weekday() != which.weekday:
        return False
    if not which.nth or rule.pace in {"DAILY", "WEEKLY"}:
        return True
    of_year = rule.pace == "YEARLY" and not rule.months
    number, length = (_yearday(day), _year(day)) if of_year else (day.day, _month(day))
    return which.nth in {(number - 1) // 7 + 1, -((length - number) // 7 + 1)}


def _at(wanted: Sequence[int], number: int, length: int) -> bool:
    return number in wanted or number - length - 1 in wanted


def _month(day: dt.date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _year(day: dt.date) -> int:
    return 365 + calendar.isleap(day.year)


def _yearday(day: dt.date) -> int:
    return day.timetuple().tm_yday


def _daily(rule: Rule, since: dt.date, last: dt.date) -> Iterator[Span]:
    skipped = (since - rule.start).days // rule.interval * rule.interval
    for number in range(skipped, (last - rule.start).days + 1, rule.interval):
        yield rule.start + _DAY * number, 1


def _weekly(rule: Rule, since: dt.date, last: dt.date) -> Iterator[Span]:
    week = rule.start - _DAY * ((rule.start.weekday() - rule.week_start) % 7)
    step = 7 * rule.interval
    for number in range((since - week).days // step * step, (last - week).days + 1, step):
        yield week + _DAY * number, 7


def _monthly(rule: Rule, since: dt.date, last: dt.date) -> Iterator[Span]:
    begins = rule.start.year * 12 + rule.start.month - 1
    skipped = (since.year * 12 + since.month - 1 - begins) // rule.interval * rule.interval
    for number in range(begins + skipped, last.year * 12 + last.month, rule.interval):
        month = dt.date(number // 12, number % 12 + 1, 1)
        yield month, _month(month)


def _yearly(rule: Rule, since: dt.date, last: dt.date) -> Iterator[Span]:
    skipped = (since.year - rule.start.year) // rule.interval * rule.interval
    for year in range(rule.start.year + skipped, last.year + 1, rule.interval):
        first = dt.date(year, 1, 1)
        yield first, _year(first)


_PERIODS: Final[Mapping[str, Callable[[Rule, dt.date, dt.date], Iterator[Span]]]] = {
    "DAILY": _daily,
    "WEEKLY": _weekly,
    "MONTHLY": _monthly,
    "YEARLY": _yearly,
}


def _numbers(parts: Mapping[str, Sequence[Any]], name: str) -> list[int]:
    try:
        return [int(value) for value in parts.get(name, ())]
    except (ValueError, TypeError):
        raise Rejected(f"its RRULE has a {name} that is no number") from None


def _ordinal(value: str) -> Ordinal:
    found = _BYDAY.fullmatch(value.upper())
    if not found:
        raise Rejected("its RRULE has a BYDAY that is no weekday")
    return Ordinal(int(found[1] or 0), WEEKDAYS.index(found[2]))
