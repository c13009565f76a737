"""Invitations: a person's place in a session as an event of their own calendar.

Belongs here: the event that asks to be kept, changed or struck out. Does not: the letter that brings it (connectors/mail), or a
session in a calendar that is nobody's (portal).

The same place is the same event for ever: its UID never changes, and of two messages about it the one with the higher SEQUENCE
counts, in whatever order they arrive. Sources: RFC 5545 (iCalendar), RFC 5546 (what a REQUEST and a CANCEL mean), RFC 6047 (by
mail), RFC 6868 (quotes in a name).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal
from urllib.parse import quote

import msgspec
from icalendar import Event, Timezone, vCalAddress

from core.calendar_files import calendar_file, local, paris
from core.days import PARIS
from core.html import printable

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
    """The iCalendar object: REQUEST to keep the event or to change it, CANCEL to strike it out."""
    return calendar_file(method, *_clocks(appointment), _event(_STATUS[method], appointment))


def agenda(appointments: Sequence[Appointment]) -> bytes:
    """Several places as one file to be kept (RFC 5546, 3.2.1): a REQUEST would be of one event. What is told later of each fits on it."""
    events = [_event("CONFIRMED", each) for each in appointments]
    clocks = next((found for each in appointments if (found := _clocks(each))), [])
    return calendar_file("PUBLISH", *clocks, *events)


def _clocks(appointment: Appointment) -> list[Timezone]:
    return [paris()] if appointment.zone == PARIS.key else []


def _event(status: str, appointment: Appointment) -> Event:
    """A place as an event.

    Who is invited has asked for it, so they have accepted and nobody waits for an answer. It has no alarm: reminders are a matter of
    consent, and people's calendars have alarms of their own.
    """
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.stamp.astimezone(dt.UTC).replace(microsecond=0))
    event.add("status", status)
    event.add("summary", printable(appointment.title))
    event.add("dtstart", local(appointment.starts_at, appointment.zone))
    event.add("dtend", local(appointment.ends_at, appointment.zone))
    event.add("organizer", _organizer(appointment.organizer))
    event.add("attendee", _attendee(appointment.attendee))
    if appointment.where:
        event.add("location", printable(appointment.where))
    if appointment.description:
        event.add("description", printable(appointment.description))
    if appointment.url:
        event.add("url", appointment.url)
    return event


def _organizer(mailbox: Mailbox) -> vCalAddress:
    told = vCalAddress(f"mailto:{quote(mailbox.address, safe=_ATEXT)}")
    # A parameter has no escapes (RFC 5545, 3.2), and parsers take a backslash before the next one for an escape all the same.
    told.params["CN"] = " ".join(printable(mailbox.name).replace("\\", " ").split())
    return told


def _attendee(mailbox: Mailbox) -> vCalAddress:
    told = _organizer(mailbox)
    told.params["ROLE"] = "REQ-PARTICIPANT"
    told.params["PARTSTAT"] = "ACCEPTED"
    told.params["RSVP"] = "FALSE"
    return told
