"""Sessions of the programme as events of a calendar that is nobody's: one to look at, all of them to subscribe to.

Belongs here: a session in iCalendar (RFC 5545). Does not: a person's place in one (invitations.py), a training's session, which is
days without hours (portal/calendars.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from icalendar import Event

from core.calendar_files import calendar_file, local, paris
from core.days import PARIS


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A session as a calendar has it. ``uid`` is its own for ever; ``sequence`` grows when it is held at another time or place.

    ``where`` is all that a calendar has room for: an address, or a link. ``stamp`` is when any of it last changed. Instants
    have a zone; ``zone`` is that of the clocks where it is held.
    """

    uid: str
    sequence: int
    stamp: dt.datetime
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    zone: str
    where: str
    description: str
    url: str
    cancelled: bool = False


def meetings_calendar(meetings: Sequence[Meeting], name: str = "") -> bytes:
    """Sessions as a calendar; with a ``name`` it is one to subscribe to.

    The same sessions are the same bytes: nothing in it is of the moment at which it is made.
    """
    zones = [paris()] if any(meeting.zone == PARIS.key for meeting in meetings) else []
    return calendar_file("PUBLISH", *zones, *map(meeting_event, meetings), name=name)


def meeting_event(meeting: Meeting) -> Event:
    """A session as an event, by the clocks of its zone."""
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.stamp.astimezone(dt.UTC).replace(microsecond=0))
    event.add("status", "CANCELLED" if meeting.cancelled else "CONFIRMED")
    event.add("summary", meeting.title)
    event.add("dtstart", local(meeting.starts_at, meeting.zone))
    event.add("dtend", local(meeting.ends_at, meeting.zone))
    event.add("description", "\n".join(line for line in (meeting.description, meeting.url) if line))
    event.add("url", meeting.url)
    if meeting.where:
        event.add("location", meeting.where)
    return event
