"""When somebody is busy, from their calendar.

Belongs here: which events take somebody's time, each as the span that it takes. Does not: asking for the calendar
(connectors/caldav/busy.py), repeating ones (recurrences.py), planning around it.

Busy is whatever is not said to be free: tentative appointments too, whole days by the clocks of Paris. What is cancelled or
transparent is not.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import msgspec
from icalendar import Event

from core.calendar_events import Fault, events, hours, is_cancelled, marker_in, when
from core.recurrences import instances
from schemas.errors import Rejected


class Busy(msgspec.Struct, frozen=True, order=True):
    """A span (UTC) that somebody's calendar keeps. ``marker`` is that of an event of ours, empty on any other.

    ``etag`` is the version of the object that says so, where a server keeps it.
    """

    starts: dt.datetime
    ends: dt.datetime
    uid: str
    marker: str = ""
    etag: str = ""


class Availability(msgspec.Struct, frozen=True):
    """When somebody is busy, in order, and what of their calendar could not be read."""

    busy: tuple[Busy, ...]
    faults: tuple[Fault, ...] = ()


def busy_in(content: bytes, first: dt.datetime, last: dt.datetime, etag: str = "") -> Availability:
    """When a calendar file keeps somebody busy within [first, last); spans may begin before and end after.

    Raises:
        Rejected: it is no calendar; the message says what to do.

    """
    read, faults = events(content)
    found: set[Busy] = set()
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in read:
        groups[str(event.get("UID", ""))].append(event)
    for uid, group in groups.items():
        replaced = _replaced(group)
        for event in group:
            try:
                spans = list(_spans(event, replaced, first, last))
            except Rejected as error:
                faults.append(Fault(uid or "an event without UID", str(error)))
            else:
                marker = marker_in(event)
                found.update(Busy(starts, ends, uid, marker, etag) for starts, ends in spans)
    return Availability(tuple(sorted(found)), tuple(faults))


def is_ours(span: Busy, publisher: str) -> bool:
    """Whether a span is a dialogue of ours, not something beside it.

    Our events have a marker; an invitation that somebody took in from a letter has our name for it only. ``publisher`` is the
    portal's address.
    """
    return bool(span.marker) or span.uid.endswith(f"@{urlsplit(publisher).hostname}")


def together(parts: Sequence[Availability]) -> Availability:
    """Several calendars, or parts of one, as one."""
    return Availability(
        tuple(sorted({span for part in parts for span in part.busy})),
        tuple(fault for part in parts for fault in part.faults),
    )


def _replaced(group: list[Event]) -> frozenset[dt.datetime]:
    """Starts of the instances that have an event of their own. What is wrong with such an event is told when it is read."""
    found = set()
    for event in group:
        try:
            if (of := when(event, "RECURRENCE-ID")) is not None:
                found.add(of.instant)
        except Rejected:
            continue
    return frozenset(found)


def _spans(
    event: Event, replaced: frozenset[dt.datetime], first: dt.datetime, last: dt.datetime
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The spans of an event that take somebody's time."""
    single = when(event, "RECURRENCE-ID")
    if is_cancelled(event) or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        hours(event)  # what cannot be read is told all the same
        return
    if single is not None:
        if event["RECURRENCE-ID"].params.get("RANGE"):
            raise Rejected("it moves itself and all that follow (RANGE), which is not read")
        replaced = frozenset()
    yield from (span for span in instances(event, replaced, first, last) if span[0] < span[1])
