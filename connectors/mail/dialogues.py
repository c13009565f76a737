"""Letters to who holds a dialogue: they are invited, it moves, it is about to begin, its minutes are waited for.

Belongs here: whether a letter is still to be sent, and the letter. Does not: statements (connectors/region/dialogues/host_letters.py), letters to
residents (programme.py, questions.py) or the words themselves (letters/).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from connectors.mail.programme_words import House
from connectors.mail.rendering import words
from connectors.mail.wire import NAME_SHOWN, Calendar, Letter
from connectors.region.database import Region
from connectors.region.dialogues import host_letters
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.dialogues.host_letters import Told
from connectors.seals import Seals
from connectors.settings import Settings
from connectors.writing import Moot, line
from core import wording
from core.dialogue_calendar import uid
from core.invitations import Appointment, Mailbox, Method, invitation
from core.wall import wall_of
from schemas.letters import DialogueKind, DialogueLetter

ABOUT: Final = "dialogue_host"

_METHODS: Final[dict[DialogueKind, Method]] = {
    "invited": "REQUEST",
    "moved": "REQUEST",
    "cancelled": "CANCEL",
    "replaced": "CANCEL",
}  # what calendars do with a letter: keep its event, or strike it out
_OVER: Final = frozenset({"closed", "answered", "archived"})
_decoder = msgspec.json.Decoder(DialogueLetter)


class DialogueLetters:
    """The writer of what is for officials and moderators; ``clock`` tells the time in UTC."""

    def __init__(self, settings: Settings, region: Region, clock: Callable[[], dt.datetime]) -> None:
        """Raises Misconfigured: as Seals does."""
        self._seals, self._public_url = Seals(settings), settings.public_url
        self._house = House(settings.sender, settings.contact_email)
        self._region, self._clock = region, clock

    def __call__(self, content: bytes) -> Letter | Moot:
        """The letter."""
        letter, now = _decoder.decode(content), self._clock()
        found = host_letters.told(self._region, letter)
        if found is None:
            return Moot("its dialogue is gone, or its reader takes part no more")
        if why := moot(letter, found, now):
            return Moot(why)
        here = None
        if letter.kind == "before":
            here = self._seals.link("moderator", f"{found.dialogue.ref}.{letter.of}", now)
        return host_letter(letter, found, self._public_url, self._house, here)


def moot(letter: DialogueLetter, told: Told, now: dt.datetime) -> str | None:
    """Why a letter is not to be sent any more, pure; None when it is."""
    dialogue = told.dialogue
    if letter.kind == "replaced":
        return "they hold it again" if told.holds else None
    if letter.version != dialogue.version:
        return "it was changed since, and another letter tells so"
    if not told.holds:
        return "somebody else holds it by now"
    if letter.kind == "due":
        return "its minutes and answers are published" if dialogue.record and not told.waiting else None
    if letter.kind == "cancelled":
        return None
    begun = dialogue.starts_at is None or dialogue.starts_at <= now
    return "it has begun, or is over" if begun or dialogue.state in _OVER else None


def host_letter(
    letter: DialogueLetter, told: Told, public_url: str, house: House, here: str | None
) -> Letter:
    """The letter, pure. ``here``: the link by which a moderator says that they are there."""
    dialogue = told.dialogue
    page = f"{public_url}/dialogues/{dialogue.ref}"
    written = words(f"dialogue_{letter.kind}", {**_values(letter, told, house), "page": page, "here": here})
    return Letter(
        to=told.email,
        subject=written.subject,
        text=written.text,
        calendar=_calendar(letter, told, page, house),
        thread=f"dialogue.{dialogue.ref}.{letter.host}.{letter.of}",
    )


def _values(letter: DialogueLetter, told: Told, house: House) -> dict[str, object]:
    dialogue = told.dialogue
    assert dialogue.starts_wall is not None
    return {
        "name": line(told.name),
        "title": line(dialogue.title),
        "when": wording.moment(dialogue.starts_wall, dialogue.zone),
        "until": wording.clock((dialogue.starts_wall + dt.timedelta(minutes=dialogue.minutes)).time()),
        "was": dialogue.was_at and wording.moment(wall_of(dialogue.was_at, dialogue.zone), dialogue.zone),
        "form": dialogue.form,
        "fallen_back": dialogue.fallen_back_at is not None,
        "place": dialogue.venue and line(dialogue.venue),
        "address": dialogue.address and line(dialogue.address),
        "official": line(dialogue.official or ""),
        "moderator": line(dialogue.moderator or ""),
        "moderates": letter.host == "moderator",
        "reason": dialogue.reason and line(dialogue.reason, 600),
        "waiting": told.waiting,
        "record": bool(dialogue.record),
        "days": letter.days,
        "contact": house.contact,
    }


def _calendar(letter: DialogueLetter, told: Told, page: str, house: House) -> Calendar | None:
    method = _METHODS.get(letter.kind)
    if method is None:
        return None
    reader = Mailbox(told.name, told.email)
    return Calendar(invitation(method, _appointment(told.dialogue, reader, page, house)), method)


def _appointment(dialogue: Dialogue, reader: Mailbox, page: str, house: House) -> Appointment:
    """The same event as in the Region's calendar and in the official's own: whichever arrives first, it is one."""
    assert dialogue.starts_at is not None
    return Appointment(
        uid=uid(dialogue.ref, page),
        sequence=dialogue.version,
        stamp=dialogue.changed_at,
        title=dialogue.title,
        starts_at=dialogue.starts_at,
        ends_at=dialogue.starts_at + dt.timedelta(minutes=dialogue.minutes),
        zone=dialogue.zone,
        organizer=Mailbox(NAME_SHOWN, house.sender),
        attendee=reader,
        where=", ".join(filter(None, (dialogue.venue, dialogue.address)))
        if dialogue.form == "live"
        else None,
        description=f"{dialogue.official}\n{dialogue.moderator}",
        url=page,
    )
