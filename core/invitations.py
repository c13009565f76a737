"""Invitations: a person's place in a session as an event of their own calendar.

Belongs here: the event that asks to be kept, changed or struck out. Does not: the letter that brings it (connectors/mail), or a
session in a calendar that is nobody's (portal).

The same place is the same event for ever: its UID never changes, and of two messages about it the one with the higher SEQUENCE
counts, in whatever order they arrive. Sources: RFC 5545 (iCalendar), RFC 5546 (what a REQUEST and a CANCEL mean), RFC 6047 (by
mail), RFC 6868 (quotes in a name).
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal
from urllib.parse import quote

import msgspec
from icalendar import Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress

from core.calendar_files import calendar_file
from core.days import PARIS
from core.html import printable
from core.wall import instant, wall_of

Method = Literal["REQUEST", "CANCEL"]
_STATUS: Final[dict[Method, str]] = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}
_ATEXT: Final = "@!$&'*+-/=^_`{|}~."  # of an address, what stands in mailto: as it is (RFC 6068, 2)


class Mailbox(msgspec.Struct, frozen=True):
    """Somebody's address, and how they are called."""

    name: str
    address: str


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar keeps of a place. Instants have a zone; ``zone`` is that of the clocks where it is held.

    ``stamp`` is when what this says was last changed: the same says the same, whenever and however often it is sent.
    """

    uid: str
    sequence: int
    stamp: dt.datetime
    title: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    zone: str
    organizer: Mailbox
    attendee: Mailbox
    where: str | None = None
    description: str | None = None
    url: str | None = None


def uid_of(session: str, contact: int, host: str) -> str:
    """The UID of a person's place in a session, by its reference (RFC 7986, 5.3: nothing of a person is in it)."""
    return f"{session}.{contact}@{host}"


def sequence_of(version: int, turn: int, *, left: bool) -> int:
    """The SEQUENCE of what a letter says of a place: it grows with whatever happens to it.

    Both count from 1: the session's ``version``, which never falls, and the person's ``turn``: who left and comes back has the next.
    Leaving is one more than the place that was left; coming back is more than that, though the session is as it was.
    """
    return version - 1 + 2 * (turn - 1) + left


def invitation(method: Method, appointment: Appointment) -> bytes:
    """The iCalendar object: REQUEST to keep the event or to change it, CANCEL to strike it out.

    Who is invited has asked for it, so they have accepted and nobody waits for an answer. It has no alarm: reminders are a matter of
    consent, and people's calendars have alarms of their own.
    """
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.stamp.astimezone(dt.UTC).replace(microsecond=0))
    event.add("status", _STATUS[method])
    event.add("summary", printable(appointment.title))
    event.add("dtstart", _local(appointment.starts_at, appointment.zone))
    event.add("dtend", _local(appointment.ends_at, appointment.zone))
    event.add("organizer", _organizer(appointment.organizer))
    event.add("attendee", _attendee(appointment.attendee))
    if appointment.where:
        event.add("location", printable(appointment.where))
    if appointment.description:
        event.add("description", printable(appointment.description))
    if appointment.url:
        event.add("url", appointment.url)
    return calendar_file(method, *([_paris()] if appointment.zone == PARIS.key else []), event)


def _local(moment: dt.datetime, zone: str) -> dt.datetime:
    """The instant as Paris's clocks show it, so that it stays where it is on people's calendars whatever becomes of the law on clocks.

    An hour that they show twice means the first (RFC 5545, 3.3.5), so the second can only be told in UTC; so is another zone, for
    whose clocks no rule is sent along.
    """
    if zone != PARIS.key or instant(wall_of(moment, zone), zone) != moment:
        return moment.astimezone(dt.UTC)
    return moment.astimezone(PARIS)


def _paris() -> Timezone:
    """Paris's clocks since 1996 (directive 2000/84/EC), each change at the local time that it ends (RFC 5545, 3.6.5)."""
    zone = Timezone()
    zone.add("tzid", PARIS.key)
    for observance, name, start, month, before, after in (
        (TimezoneDaylight(), "CEST", dt.datetime(1996, 3, 31, 2), 3, 1, 2),  # noqa: DTZ001 - a wall time
        (TimezoneStandard(), "CET", dt.datetime(1996, 10, 27, 3), 10, 2, 1),  # noqa: DTZ001
    ):
        observance.add("tzname", name)
        observance.add("dtstart", start)
        observance.add("rrule", {"freq": "yearly", "bymonth": month, "byday": "-1su"})
        observance.add("tzoffsetfrom", dt.timedelta(hours=before))
        observance.add("tzoffsetto", dt.timedelta(hours=after))
        zone.add_component(observance)
    return zone


def _organizer(mailbox: Mailbox) -> vCalAddress:
    told = vCalAddress(f"mailto:{quote(mailbox.address, safe=_ATEXT)}")
    told.params["CN"] = " ".join(printable(mailbox.name).split())
    return told


def _attendee(mailbox: Mailbox) -> vCalAddress:
    told = _organizer(mailbox)
    told.params["ROLE"] = "REQ-PARTICIPANT"
    told.params["PARTSTAT"] = "ACCEPTED"
    told.params["RSVP"] = "FALSE"
    return told
