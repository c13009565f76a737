"""Sessions of the programme as a calendar's events (RFC 5545), for the portal to publish and letters to invite with.

Belongs here: a session in iCalendar, which is the same event wherever it is told. Does not: which sessions are told to whom
(portal, connectors/mail), or a training's sessions, which are days without hours (portal/calendars.py).

Hours are told in UTC: a session happens once, so its reader's calendar needs to know no zone, and no table of zones can be wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, Literal

import msgspec
from icalendar import Calendar, Event, vDuration

Method = Literal["PUBLISH", "REQUEST", "CANCEL"]
PRODUCT: Final = "-//Région Auvergne-Rhône-Alpes//Boostez votre Région//FR"
REFRESHED: Final = dt.timedelta(hours=1)  # after so long a subscriber may look again


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A session as a calendar has it. ``uid`` is its own for ever; ``sequence`` grows when it is held at another time or place.

    ``place`` is all that a calendar has room for: an address, or a link. ``stamp`` is when any of it last changed. Instants
    have a zone.
    """

    uid: str
    sequence: int
    title: str
    starts: dt.datetime
    ends: dt.datetime
    place: str
    told: str
    url: str
    stamp: dt.datetime
    cancelled: bool = False


def calendar(meetings: Iterable[Meeting], method: Method = "PUBLISH", name: str = "") -> bytes:
    """A calendar of sessions, the soonest first; with a ``name`` it is one to subscribe to.

    The same sessions are the same bytes: nothing in it is of the moment at which it is made.
    """
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("method", method)
    if name:
        made.add("name", name)  # RFC 7986; the X- names are what programs read before it
        made.add("x-wr-calname", name)
        made.add("refresh-interval", vDuration(REFRESHED), {"VALUE": "DURATION"})
        made.add("x-published-ttl", vDuration(REFRESHED))
    for meeting in sorted(meetings, key=lambda meeting: (meeting.starts, meeting.uid)):
        made.add_component(_event(meeting))
    return bytes(made.to_ical())


def _event(meeting: Meeting) -> Event:
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", _utc(meeting.stamp))
    event.add("dtstart", _utc(meeting.starts))
    event.add("dtend", _utc(meeting.ends))
    event.add("summary", meeting.title)
    event.add("description", "\n".join(line for line in (meeting.told, meeting.url) if line))
    if meeting.place:
        event.add("location", meeting.place)
    event.add("url", meeting.url)
    event.add("status", "CANCELLED" if meeting.cancelled else "CONFIRMED")
    return event


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(microsecond=0)
