"""Texts of the programme: reminders, each in one message when it can be.

Belongs here: what a reminder says where each character is paid for, and making it fit. Does not: what there is to remind of
(connectors/reminding.py), or how a text is sent (channel.py, wire.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from connectors.programme_links import Links
from connectors.region.database import Region
from connectors.region.sessions.reminders import Rules
from connectors.reminding import Part, Reminding, reminding
from connectors.seals import Seals
from connectors.settings import Settings
from connectors.sms.wire import TEXTS, Text, cost
from connectors.templates import templates
from connectors.writing import Moot, NotNow, line
from core import wording
from schemas.errors import Rejected
from schemas.letters import ProgrammeLetter

ABOUT: Final = "programme"
ROOM: Final = ((60, 60), (40, 40), (40, 25), (25, 25))  # characters of a title and of a place
_decoder = msgspec.json.Decoder(ProgrammeLetter)


class ProgrammeTexts:
    """The writer of texts about the programme; ``clock`` tells the time in UTC."""

    def __init__(
        self, settings: Settings, region: Region, rules: Rules, clock: Callable[[], dt.datetime]
    ) -> None:
        """Raises Misconfigured: as Seals does."""
        self._seals, self._public_url = Seals(settings), settings.public_url
        self._region, self._rules, self._clock = region, rules, clock

    def __call__(self, content: bytes) -> Text | NotNow | Moot:
        """The text.

        Raises:
            Rejected: it is about something that texts do not tell.

        """
        letter, now = _decoder.decode(content), self._clock()
        if letter.kind != "reminder":
            raise Rejected(f"no text tells of {letter.kind!r}: it goes by mail")
        told = reminding(self._region, self._rules, "sms", letter, now)
        if isinstance(told, NotNow | Moot):
            return told
        if told.person.phone is None:
            return Moot("no number of theirs works")
        return reminder_text(told, Links(self._seals, self._public_url, now))


def reminder_text(reminding: Reminding, links: Links) -> Text:
    """One text for all that somebody is to be reminded of. Names are cut as short as saves a message, and no shorter.

    Of more sessions than a text has room for it is refused when it is sent, and a coach is told in the end.
    """
    return min((_text(reminding, links, room) for room in ROOM), key=cost)


def _text(reminding: Reminding, links: Links, room: tuple[int, int]) -> Text:
    person, leading = reminding.person, reminding.leading
    assert person.phone is not None
    lines = [_said(f"reminder_{leading.rule.template}", leading, links, room)]
    lines += [_said("also", part, links, room) for part in reminding.parts[1:]]
    return Text(person.phone, "\n".join(lines), links.stop(person, leading.rule.purpose))


def _said(template: str, part: Part, links: Links, room: tuple[int, int]) -> str:
    place = part.place
    session = place.session
    told = (
        templates(TEXTS)
        .get_template(f"{template}.txt")
        .render(
            title=_cut(session.title, room[0]),
            when=wording.short_moment(session.starts_wall, session.zone),
            where=_where(part, links, room[1]),
            opinion=links.short_satisfaction(place),
            sessions=links.sessions,
            coach=place.coach and place.coach.email,
        )
    )
    return told.strip()


def _where(part: Part, links: Links, room: int) -> str:
    session = part.place.session
    told = ", ".join(filter(None, (session.place, session.address)))
    return _cut(told, room) if told else f"en ligne : {links.short_place(part.place)}"


def _cut(words: str, room: int) -> str:
    """The beginning of what somebody wrote, on one line."""
    told = line(words)
    return told if len(told) <= room else wording.excerpt(told, room)
