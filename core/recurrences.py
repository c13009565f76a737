"""Repeating events: the instances of one within a span of time (RFC 5545, 3.8.5).

Belongs here: rules, extra dates and exceptions as instants. Does not: reading an event (calendar_events.py) or what somebody is busy
with (busy.py).

Instances are reckoned by the clocks of the event's own zone, so that a meeting at 10 stays at 10 when the clocks change.
dateutil does the arithmetic of rules; what could keep it busy for ever is refused before it begins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from dateutil.rrule import rrulestr
from icalendar import Event

from core.calendar_events import Hours, When, hours, written
from schemas.errors import Rejected

MOST_DAYS: Final = 366 * 80  # between an event's first day and the end of what is asked for
_ANY_ZONE: Final = dt.timedelta(days=1)  # that clocks are apart from UTC, at most
_PACES: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_WITHIN_A_DAY: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")


def instances(
    event: Event, replaced: frozenset[dt.datetime], first: dt.datetime, last: dt.datetime
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Start and end (UTC) of each instance that overlaps with [first, last), without those that others replace.

    ``replaced``: starts (UTC) of the instances for which the calendar has an event of their own.

    Raises:
        Rejected: it does not say when it is, or repeats in a way that is not read.

    """
    held = hours(event)
    earliest = first.replace(tzinfo=None) - held.length - _ANY_ZONE
    for wall in sorted(wall for wall in _starts(event, held, last) if wall >= earliest):
        starts, ends = held.beginning(wall)
        if starts not in replaced and starts < last and ends > first:
            yield starts, ends


def _starts(event: Event, held: Hours, last: dt.datetime) -> set[dt.datetime]:
    start = held.start
    starts = {start.wall}
    for rule in _every(event, "RRULE"):
        starts.update(_ruled(rule, start, last))
    starts.update(each.wall for each in _dates(event, "RDATE", start))
    for out in _dates(event, "EXDATE", start):
        if out.day and not start.day:  # a whole day is left out
            starts = {wall for wall in starts if wall.date() != out.wall.date()}
        starts.discard(out.wall)
    return starts


def _ruled(rule: Any, start: When, last: dt.datetime) -> Iterator[dt.datetime]:
    """What a rule says, by the clocks of the event's zone, until ``last``."""
    pace = "".join(rule.get("FREQ", []))
    if pace not in _PACES or any(len(rule.get(part, [])) > 1 for part in _WITHIN_A_DAY):
        raise Rejected("it repeats within a day, which is not read")
    if any(interval < 1 for interval in rule.get("INTERVAL", [])):
        raise Rejected("it repeats after no time at all")
    end = last.astimezone(start.zone).replace(tzinfo=None)
    for until in rule.get("UNTIL", []):
        end = min(end, _until(until, start))
    if (end - start.wall).days > MOST_DAYS:
        raise Rejected("it has repeated for longer than is read")
    parts = {name: value for name, value in rule.items() if name not in {"COUNT", "UNTIL"}}
    text = f"{type(rule)(parts).to_ical().decode()};UNTIL={end:%Y%m%dT%H%M%S}"
    try:
        found = rrulestr(text, dtstart=start.wall)
        yield from islice(found, *rule.get("COUNT", [None])[:1])
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise Rejected(f"its RRULE cannot be read: {error}") from None


def _until(value: object, start: When) -> dt.datetime:
    """Until when a rule says that it goes on, by the clocks of the event; of a day, until its end."""
    until = written(value, None)
    if until.day:
        return until.wall + dt.timedelta(days=1, seconds=-1)
    if until.zone is dt.UTC:
        return until.instant.astimezone(start.zone).replace(tzinfo=None)
    return until.wall


def _dates(event: Event, name: str, start: When) -> Iterator[When]:
    """The times of a list, by the clocks of the event. Of a period, its start."""
    for values in _every(event, name):
        for value in values.dts:
            moment = value.dt[0] if isinstance(value.dt, tuple) else value.dt
            each = written(moment, values.params.get("TZID"))
            if each.day or start.day or each.zone == start.zone:
                yield each
            else:
                yield When(each.instant.astimezone(start.zone).replace(tzinfo=None), start.zone)


def _every(event: Event, name: str) -> list[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]
