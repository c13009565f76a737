"""Events of somebody's calendar as we read them: when they are, what they show, and whether they are ours.

Belongs here: a calendar file (RFC 5545) taken apart so that a bad event spoils no other, the hours of one, its digest. Does not: which
instances a repeating one has (recurrences.py), when somebody is busy (busy.py), where the file comes from (connectors/caldav).

Only the properties that say something here are looked at; alarms, and whatever else stands in an event, can be as broken as they like.
A file's own time zones are not evaluated (a rule of theirs can take for ever): a zone is one of the IANA's, by its name or Windows'.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from icalendar import Event
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from core.days import PARIS
from core.html import printable
from schemas.documents import visible
from schemas.errors import Rejected

MARKER: Final = "X-BOOSTEZ-MARKER"
MOST: Final = 20_000  # events of one file
LONGEST: Final = dt.timedelta(days=3653)  # of one event
SHOWN: Final = 100  # characters of a name or value in a fault
_READ: Final = (
    "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "TRANSP", "SUMMARY",
    "DESCRIPTION", "LOCATION", "URL", "ATTENDEE", MARKER,
)  # fmt: skip
_KEPT: Final = re.compile(rf"(?:{'|'.join(_READ)})(?![\w-])", re.IGNORECASE)
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_MARKER: Final = re.compile(r"[0-9a-z]+\.[0-9a-z]+-[0-9a-f]{1,16}")
_LINKED: Final = re.compile(rf"[?&]e=({_MARKER.pattern})\Z")


class Fault(msgspec.Struct, frozen=True):
    """An event that could not be read: ``what`` it is called, and ``why``."""

    what: str
    why: str


class When(NamedTuple):
    """A time as it was written: what the clocks of a zone show (no zone of its own). Of a whole ``day``, Paris's midnight."""

    wall: dt.datetime
    zone: dt.tzinfo
    day: bool = False

    @property
    def instant(self) -> dt.datetime:
        """In UTC. A time that clocks show twice is the first, one that they skip is later (RFC 5545, 3.3.5).

        Raises:
            Rejected: it is outside of the years that can be reckoned with.

        """
        try:
            return self.wall.replace(tzinfo=self.zone, fold=0).astimezone(dt.UTC)
        except OverflowError:
            raise Rejected(f"the year {self.wall.year} cannot be reckoned with") from None


class Hours(NamedTuple):
    """When an event begins and how long it lasts: whole days by the calendar, else so much time as passes."""

    start: When
    length: dt.timedelta

    def beginning(self, wall: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
        """Start and end (UTC) of the instance that begins at ``wall``, by the same clocks."""
        start = self.start._replace(wall=wall)
        try:
            end = start._replace(wall=wall + self.length) if start.day else None
            return start.instant, end.instant if end else start.instant + self.length
        except OverflowError:
            raise Rejected("it ends after all the years that can be reckoned with") from None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What an event shows whoever looks at it; instants in UTC. ``marker`` is empty when it is none of ours.

    ``declined``: whoever is invited says that they will not come.
    """

    uid: str
    marker: str
    starts: dt.datetime
    ends: dt.datetime
    title: str
    where: str
    description: str
    url: str
    repeats: bool
    cancelled: bool
    declined: bool


def events(content: bytes) -> tuple[list[Event], list[Fault]]:
    """The events of a calendar file, and those that cannot be read.

    Raises:
        Rejected: it is no calendar, or has too many events; the message says what to do.

    """
    text = content.decode("utf-8-sig", errors="replace").lstrip()
    if not text[:15].upper() == "BEGIN:VCALENDAR":
        raise Rejected(
            "This is no calendar: a file is wanted that begins with BEGIN:VCALENDAR. Copy the address of the calendar in iCal "
            "format (.ics) from its sharing settings, not that of its web page."
        )
    read: list[Event] = []
    faults: list[Fault] = []
    for number, block in enumerate(_blocks(text), 1):
        if number > MOST:
            raise Rejected(
                f"This calendar has more than {MOST:,} events: share one that holds appointments of this year."
            )
        try:
            read.append(_event(block))
        except Rejected as error:
            faults.append(Fault(_called(block.lines, number), str(error)))
    return read, faults


class _Block(NamedTuple):
    lines: list[str]
    whole: bool


def _blocks(text: str) -> Iterator[_Block]:
    """What stands in each VEVENT itself, of the lines that are read."""
    lines: list[str] | None = None
    nested = 0
    for line in _FOLD.sub("", text).split("\n"):
        word = line[:20].strip().upper()
        if word in {"BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR"}:
            if lines is not None:
                yield _Block(lines, word == "END:VEVENT")
            lines, nested = ([], 0) if word == "BEGIN:VEVENT" else (None, 0)
        elif lines is None:
            continue
        elif word.startswith(("BEGIN:", "END:")):
            nested += 1 if word.startswith("BEGIN:") else -1
        elif not nested and _KEPT.match(line):
            lines.append(line.rstrip("\r"))
    if lines is not None:
        yield _Block(lines, whole=False)


def _event(block: _Block) -> Event:
    if not block.whole:
        raise Rejected("it has no end: the file was cut, or its lines are mixed up")
    try:
        event = Event.from_ical("\r\n".join(["BEGIN:VEVENT", *block.lines, "END:VEVENT", ""]))
    except (ValueError, TypeError, LookupError) as error:
        raise Rejected(f"it cannot be read: {_said(error)}") from None
    if not isinstance(event, Event):
        raise Rejected("it is no event")
    if event.errors:
        name, why = event.errors[0]
        raise Rejected(f"its {name} cannot be read: {_said(why)}")
    return event


def _called(lines: list[str], number: int) -> str:
    named = next((line.partition(":")[2] for line in lines if line[:4].upper() in {"UID:", "UID;"}), "")
    return _said(named) or f"event {number}"


def _said(what: object) -> str:
    return visible(" ".join(str(what).split()))[:SHOWN]


def hours(event: Event) -> Hours:
    """When an event is.

    Raises:
        Rejected: it does not say so, or what cannot be.

    """
    start = when(event, "DTSTART")
    if start is None:
        raise Rejected("it has no DTSTART")
    end, lasts = when(event, "DTEND"), only(event, "DURATION")
    length: object
    if end is not None:
        length = end.wall - start.wall if start.day else end.instant - start.instant
    elif lasts is not None:
        length = lasts.dt
    else:
        length = dt.timedelta(days=1) if start.day else dt.timedelta(0)
    if not isinstance(length, dt.timedelta) or not dt.timedelta(0) <= length <= LONGEST:
        raise Rejected("it ends before it begins, or after ten years")
    return Hours(start, length)


def only(event: Event, name: str) -> Any:
    """The one value of a property, None when there is none.

    Raises:
        Rejected: there are several.

    """
    value = event.get(name)
    if isinstance(value, list):
        raise Rejected(f"it has several {name}")
    return value


def when(event: Event, name: str) -> When | None:
    """The time that a property says, None when it is not there.

    Raises:
        Rejected: it says no time, or one in a zone that nobody knows.

    """
    value = only(event, name)
    return None if value is None else written(value.dt, value.params.get("TZID"))


def written(value: object, tzid: object) -> When:
    """A value as a time: one without a zone is meant in Paris, a day begins at Paris's midnight.

    Raises:
        Rejected: it is no time, or in a zone that nobody knows.

    """
    if isinstance(value, dt.datetime):
        if tzid is not None:
            return When(value.replace(tzinfo=None), _zone(str(tzid)))
        return When(value.replace(tzinfo=None), dt.UTC if value.tzinfo else PARIS)
    if isinstance(value, dt.date):
        return When(dt.datetime.combine(value, dt.time.min), PARIS, day=True)
    raise Rejected("what should be a time is none")


@lru_cache(256)
def _zone(tzid: str) -> ZoneInfo:
    """A zone by any of its names: some programs put a prefix of their own before the IANA's."""
    name = WINDOWS_TO_OLSON.get(tzid, tzid).strip("/")
    for start in range(name.count("/") + 1):
        try:
            return ZoneInfo("/".join(name.split("/")[start:]))
        except (LookupError, ValueError, OSError):
            continue
    raise Rejected(f"its time zone {_said(tzid)!r} is none of the IANA's list, such as Europe/Paris")


def marker_in(event: Event) -> str:
    """The marker that we gave an event, from its own property or its link; empty when it has none."""
    own = str(event.get(MARKER, ""))
    if _MARKER.fullmatch(own):
        return own
    link = _LINKED.search(str(event.get("URL", "")))
    return link[1] if link else ""


def shown(event: Event) -> Shown:
    """What a single event shows.

    Raises:
        Rejected: it does not say when it is.

    """
    held = hours(event)
    starts, ends = held.beginning(held.start.wall)
    attendees = event.get("ATTENDEE", [])
    answers = [
        str(each.params.get("PARTSTAT", ""))
        for each in (attendees if isinstance(attendees, list) else [attendees])
    ]
    return Shown(
        uid=_text(event, "UID"),
        marker=marker_in(event),
        starts=starts,
        ends=ends,
        title=_text(event, "SUMMARY"),
        where=_text(event, "LOCATION"),
        description=_text(event, "DESCRIPTION"),
        url=_text(event, "URL"),
        repeats="RRULE" in event or "RDATE" in event,
        cancelled=is_cancelled(event),
        declined="DECLINED" in (answer.upper() for answer in answers),
    )


def is_cancelled(event: Event) -> bool:
    """Whether it is struck out."""
    return _text(event, "STATUS").upper() == "CANCELLED"


def _text(event: Event, name: str) -> str:
    return printable(str(event.get(name, ""))).strip()


def digest(seen: Shown) -> str:
    """What tells what one event shows from what another does: who changed it, or answered, does not count."""
    said = msgspec.structs.replace(seen, declined=False)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]
