"""Our dialogues as objects of a CalDAV server, pure.

Belongs here: where an effect's object is, what it holds, which object is ours. Does not: asking the server (client.py), what an event
says or shows (core/dialogue_calendar.py, core/calendar_events.py).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, NamedTuple

from connectors.caldav.multistatus import Stored
from core.calendar_events import MARKER, Shown, digest, events, shown
from core.calendar_files import calendar_file, paris
from core.dialogue_calendar import meeting, page, uid
from core.effects import subject_of
from core.session_calendar import meeting_event
from schemas.dialogue import Announcement
from schemas.errors import Rejected

_SUBJECT: Final = re.compile(r"([0-9a-z]+)\.([0-9a-z]+)")
_LONG_AGO: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # a stamp that digests do not hold


class Place(NamedTuple):
    """Where the object of an effect is."""

    ref: str
    calendar: str

    @property
    def subject(self) -> str:
        """The effect's."""
        return f"{self.ref}.{self.calendar}"

    @property
    def name(self) -> str:
        """The object's, in its calendar."""
        return f"{self.subject}.ics"

    @property
    def path(self) -> str:
        """What the ledger keeps as the channel's own id."""
        return f"{self.calendar}/{self.name}"


def place(subject: str) -> Place:
    """Where the object of a subject, ``<ref>.<calendar>``, is.

    Raises:
        Rejected: it is none of this channel's.

    """
    if (where := place_or_none(subject)) is None:
        raise Rejected(f"{subject!r} names no dialogue and calendar (<ref>.<calendar>, both of 0-9 and a-z)")
    return where


def place_or_none(subject: str) -> Place | None:
    """As ``place``; what is none of this channel's is nowhere."""
    found = _SUBJECT.fullmatch(subject)
    return Place(found[1], found[2]) if found else None


def named(name: str, calendar: str) -> Place | None:
    """Where an object of that name in a calendar belongs, when it can be one of ours."""
    where = place_or_none(name.removesuffix(".ics"))
    return where if where and (where.name, where.calendar) == (name, calendar) else None


def encoded(told: Announcement, marker: str, publisher: str, stamp: dt.datetime) -> bytes:
    """The object that a calendar keeps of a dialogue. It has no METHOD (RFC 4791, 4.1).

    The marker is in it twice, as a property of its own and in the link: programs drop either.
    """
    link = f"{page(told.ref, publisher)}?e={marker}"
    event = meeting_event(meeting(told, link, stamp))
    event.add(MARKER, marker)
    return calendar_file(None, paris(), event)


def expected(told: Announcement, marker: str, publisher: str) -> str:
    """The digest of what a calendar shows of a dialogue."""
    (event,), _ = events(encoded(told, marker, publisher, _LONG_AGO))
    return digest(shown(event))


def seen(stored: Stored, where: Place, publisher: str) -> Shown | None:
    """What an object shows when it is ours, else None.

    Ours bears our marker and our UID in our place: a copy that somebody made of it is theirs.
    """
    try:
        (event, *_), _ = events(stored.data)
        found = shown(event)
    except (Rejected, ValueError):
        return None
    ours = subject_of(found.marker) == where.subject and found.uid == uid(where.ref, publisher)
    return found if ours else None
