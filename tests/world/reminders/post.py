"""The post: what people really received, by the relay's and the gateway's own account.

Belongs here: what arrived, each with its testimony. Does not: what should have (truth.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import psycopg

from tests.relays import Letters
from tests.world.reminders.witness import Testimony
from tests.worlds import Sandbox

_NUMBER: Final = re.compile(r"#([0-9]+)\s")
_MARKER: Final = re.compile(r"<?([0-9a-z._]+)-[0-9a-f]+(?:@|\Z)")
_PLACE: Final = re.compile(r"Lieu ([0-9]+)\.([0-9]+)")


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One message that somebody received: the effect's ``subject``, and what the witness saw.

    ``places``: (session, version) of each place that it names.
    """

    transport: str
    subject: str
    to: str
    text: str
    seen: Testimony
    places: tuple[tuple[int, int], ...]


class Post:
    """Everybody's mailboxes and telephones."""

    def __init__(self, connection: psycopg.Connection[Any], letters: Letters, sandbox: Sandbox) -> None:
        self._connection, self._letters, self._sandbox = connection, letters, sandbox
        self.alerts: list[str] = []

    def empty(self) -> None:
        """Nothing ever arrived."""
        for each in (self._letters.taken, self._letters.raw, self._letters.peers):
            each.clear()

    def arrivals(self) -> list[Arrival]:
        """All that arrived, by mail and then by SMS, each in its order."""
        rows = self._connection.execute("SELECT id, content::text FROM world.testimony").fetchall()
        seen = {number: msgspec.json.decode(content, type=Testimony) for number, content in rows}
        return [*self._mails(seen), *self._texts(seen)]

    def _mails(self, seen: dict[int, Testimony]) -> Iterator[Arrival]:
        for number, (recipients, message) in enumerate(list(self._letters.taken)):
            marker = _MARKER.match(str(message["Message-ID"]))
            assert marker is not None
            assert len(recipients) == 1
            yield _arrival("mail", marker[1], recipients[0], self._letters.text(number), seen)

    def _texts(self, seen: dict[int, Testimony]) -> Iterator[Arrival]:
        for text in self._sandbox.texts():
            yield _arrival("sms", text["subject"], text["to"], text["text"], seen)


def _arrival(transport: str, subject: str, to: str, text: str, seen: dict[int, Testimony]) -> Arrival:
    number = _NUMBER.findall(f"{text} ")[-1]
    places = tuple((int(session), int(version)) for session, version in _PLACE.findall(text))
    return Arrival(
        transport=transport, subject=subject, to=to, text=text, seen=seen[int(number)], places=places
    )
