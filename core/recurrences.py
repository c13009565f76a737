"""Repeating events: the instances of one within a span of time (RFC 5545, 3.8.5).

Belongs here: what rules, extra dates and exceptions come to, as instants. Does not: the arithmetic of a rule (recurrence_rules.py),
reading an event (calendar_events.py) or what somebody is busy with (busy.py).

Instances are reckoned by the clocks of the event's own zone, so that a meeting at 10 stays at 10 when the clocks change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from icalendar import Event

from core.calendar_events import Hours, When, hours, written
from core.recurrence_rules import days, rule_of
from schemas.errors import Rejected

MOST_RULES: Final = 4  # of one event, which should have one (RFC 5545, 3.8.5.3)
_ANY_ZONE: Final = dt.timedelta(days=1)  # that clocks are apart from UTC, at most
_HOURS: Final = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})


def instances(
    event: Event, replaced: frozenset[dt.datetime], first: dt.datetime, last: dt.datetime
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Start and end (UTC) of each instance that overlaps with [first, last), without those that others replace.

    ``replaced``: starts (UTC) of the instances for which the calendar has an event of their own.

    Raises:
        Rejected: it does not say when it is, or repeats in a way that is not read.

    """
    held = hours(event)
    earliest, latest = (
        first.replace(tzinfo=None) - held.length - _ANY_ZONE,
        last.replace(tzinfo=None) + _ANY_ZONE,
    )
    for wall in sorted(wall for wall in _starts(event, held, earliest, latest) if earliest <= wall <= latest):
        starts, ends = held.beginning(wall)
        if starts not in replaced and starts < last and ends > first:
            yield starts, ends


def _starts(event: Event, held: Hours, first: dt.datetime, last: dt.datetime) -> set[dt.datetime]:
    """When instances begin, by the clocks of the event's zone; all from ``first`` to ``last``."""
    start = held.start
    starts = {start.wall}
    rules = _every(event, "RRULE")
    if len(rules) > MOST_RULES:
        raise Rejected(f"it has {len(rules)} RRULE")
    for parts in rules:
        starts.update(_ruled(parts, start, first, last))
    starts.update(each.wall for each in _dates(event, "RDATE", start))
    out = list(_dates(event, "EXDATE", start))
    days_out = {each.wall.date() for each in out if each.day}
    return {wall for wall in starts - {each.wall for each in out} if wall.date() not in days_out}


def _ruled(parts: Any, start: When, first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    for part, own in (
        ("BYHOUR", start.wall.hour),
        ("BYMINUTE", start.wall.minute),
        ("BYSECOND", start.wall.second),
    ):
        if parts.get(part, [own]) != [own]:
            raise Rejected("its RRULE repeats within a day, which is not read")
    rule = rule_of({name: values for name, values in parts.items() if name not in _HOURS}, start.wall.date())
    end = min((_until(until, start) for until in parts.get("UNTIL", [])), default=last)
    for day in days(rule, first.date(), min(end, last).date()):
        wall = dt.datetime.combine(day, start.wall.time())
        if wall <= end:
            yield wall


def _until(value: object, start: When) -> dt.datetime:
    """Until when a rule says that it goes on, by the clocks of the event; of a day, until its end."""
    until = written(value, None)
    if until.day:
        return until.wall + dt.timedelta(days=1, seconds=-1)
    return _by(start.zone, until.instant) if until.zone is dt.UTC else until.wall


def _dates(event: Event, name: str, start: When) -> Iterator[When]:
    """The times of a list, by the clocks of the event. Of a period, its start."""
    for values in _every(event, name):
        for value in values.dts:
            moment = value.dt[0] if isinstance(value.dt, tuple) else value.dt
            each = written(moment, values.params.get("TZID"))
            if each.day or start.day or each.zone == start.zone:
                yield each
            else:
                yield When(_by(start.zone, each.instant), start.zone)


def _by(zone: dt.tzinfo, moment: dt.datetime) -> dt.datetime:
    """What the clocks of a zone show; at the ends of all years (UNTIL=99991231T235959Z) what those of UTC do."""
    try:
        return moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        return moment.replace(tzinfo=None)


def _every(event: Event, name: str) -> list[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]
