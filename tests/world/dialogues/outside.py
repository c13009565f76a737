"""The outside of a world of dialogues: what the Page, the calendars and everybody's mailbox really hold.

Belongs here: reading them as they are, by other means than the hub's. Does not: what they should hold (truth.py).
"""

from __future__ import annotations

import datetime as dt
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any, Final

import msgspec
from icalendar import Calendar

from tests.calendars import PASSWORD, USER
from tests.world.dialogues.stage import Place

_KEY: Final = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
_WRITTEN: Final = ("Par écrit, sur la page", "En ligne, par écrit", "Questions et réponses par écrit")
CANCELLED, KEPT = "CANCELLED", "CONFIRMED"


class Entry(msgspec.Struct, frozen=True):
    """What a calendar shows of a dialogue, or what a letter has its reader's calendar show."""

    uid: str
    sequence: int
    status: str
    starts: dt.datetime
    written: bool


class Letter(msgspec.Struct, frozen=True):
    """A letter that arrived."""

    to: str
    subject: str
    entry: Entry

    def __str__(self) -> str:
        """As the truth tells of it."""
        return f"« {self.subject} » ({self.entry.status}, SEQUENCE {self.entry.sequence})"


class Outside:
    """What really happened."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def posts(self, *, ever: bool = False) -> list[str]:
        """What the Page's posts say; with ``ever`` also those that were deleted."""
        return [post["message"] for post in self._truth("posts", deleted="true" if ever else "false")]

    def lives(self) -> list[dict[str, Any]]:
        """Every live video that ever was."""
        return self._truth("lives")

    def alerts(self) -> list[str]:
        """The titles of all that people were alerted of."""
        return [str(message["title"]) for message in self._truth("messages")]

    def _truth(self, what: str, **params: str) -> list[dict[str, Any]]:
        answer = self._place.stage.sandbox.http.get(f"/truth/{what}", params=params).json()
        items: list[dict[str, Any]] = answer["items"]
        return items

    def calendars(self) -> dict[str, list[Entry]]:
        """What is in every calendar there is."""
        return {folder.name: list(self._calendar(folder.name)) for folder in self._place.calendars()}

    def _calendar(self, name: str) -> Iterator[Entry]:
        request = urllib.request.Request(
            f"{self._place.radicale.base}/{name}/", headers={"Authorization": f"Basic {_KEY}"}
        )
        with urllib.request.urlopen(request) as answer:
            yield from entries(answer.read())

    def letters(self) -> list[Letter]:
        """Every letter that arrived, in order."""
        return [_letter(to, message) for (to,), message in self._place.letters.taken]


def entries(calendar: bytes, text: str = "") -> Iterator[Entry]:
    """The events of a calendar; what ``text`` says stands for what they say of their form."""
    events: list[Any] = Calendar.from_ical(calendar).walk("VEVENT")
    for event in events:
        said = text or str(event.get("description", ""))
        yield Entry(
            str(event["uid"]),
            int(event["sequence"]),
            str(event["status"]),
            event["dtstart"].dt.astimezone(dt.UTC),
            any(words in said for words in _WRITTEN),
        )


def _letter(to: str, message: EmailMessage) -> Letter:
    body = message.get_body(("plain",))
    assert body is not None
    (invitation,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    content = invitation.get_payload(decode=True)
    assert isinstance(content, bytes)
    (entry,) = entries(content, str(body.get_content()))
    return Letter(to, str(message["Subject"]), entry)
