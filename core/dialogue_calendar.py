"""Dialogues as events of calendars: one in an official's own, all of them to subscribe to.

Belongs here: a dialogue in iCalendar (RFC 5545), and its name there. Does not: what a calendar's reader makes of it
(calendar_events.py), how a server is told (connectors/caldav), its words (dialogue_calendar.txt).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, StrictUndefined, Template

from core import wording
from core.html import printable
from core.session_calendar import Meeting, meetings_calendar
from core.wall import wall_of
from schemas.dialogue import Announcement

_LINE_ENDS: Final = re.compile(r"\s*\n\s*")


def uid(ref: str, publisher: str) -> str:
    """What calendars call a dialogue for ever, whether an invitation, a calendar server or a feed brings it.

    ``publisher``: any address of the portal.
    """
    return f"{ref}@{urlsplit(publisher).hostname}"


def page(ref: str, publisher: str) -> str:
    """The address of a dialogue's page on the portal."""
    return f"{publisher}/dialogues/{ref}"


def calendar(
    name: str, announcements: Iterable[Announcement], publisher: str, *, stamp: dt.datetime
) -> bytes:
    """Dialogues as a calendar to subscribe to, the cancelled ones too: who had them must see it.

    ``publisher`` is the portal's address, ``stamp`` the instant at which any of this last changed: the same is the same bytes.
    """
    meetings = [meeting(each, page(each.ref, publisher), stamp) for each in announcements]
    return meetings_calendar(meetings, _line(name))


def meeting(told: Announcement, address: str, stamp: dt.datetime) -> Meeting:
    """A dialogue as a calendar has it; ``address`` leads to its page."""
    return Meeting(
        uid=uid(told.ref, address),
        sequence=told.version,
        stamp=stamp,
        title=_line(told.title),
        starts_at=told.starts,
        ends_at=told.starts + dt.timedelta(minutes=told.minutes),
        zone=told.zone,
        where=_line(told.place or ""),
        description=_description(told),
        url=address,
        cancelled=told.state == "cancelled",
    )


def _line(text: str) -> str:
    return _LINE_ENDS.sub(" ", printable(text)).strip()


def _description(told: Announcement) -> str:
    moved = wording.moment(wall_of(told.was, told.zone), told.zone) if told.was else ""
    return printable(_template().render(told=told, moved=moved)).strip()


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=False,  # noqa: S701 - a calendar's description is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.from_string((files(__package__) / "dialogue_calendar.txt").read_text("utf-8"))
