"""The post: what people really received, by the relay's and the gateway's own account.

Belongs here: what arrived, each with its testimony. Does not: what should have (truth.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Protocol

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


class Mail(NamedTuple):
    """A letter in somebody's mailbox: the effect's ``subject``, and its text."""

    subject: str
    to: str
    text: str


class Mailboxes(Protocol):
    """Everybody's, behind one relay."""

    def mails(self) -> Iterator[Mail]:
        """All that arrived, in order."""
        ...

    def empty(self) -> None:
        """Nothing ever arrived."""
        ...


class Relayed:
    """Mailboxes behind a relay in this process."""

    def __init__(self, letters: Letters) -> None:
        self._letters = letters

    def mails(self) -> Iterator[Mail]:
        """See the protocol."""
        for number, (recipients, message) in enumerate(list(self._letters.taken)):
            marker = _MARKER.match(str(message["Message-ID"]))
            assert marker is not None
            (recipient,) = recipients
            yield Mail(marker[1], recipient, self._letters.text(number))

    def empty(self) -> None:
        """See the protocol."""
        for each in (self._letters.taken, self._letters.raw, self._letters.peers):
            each.clear()


class Sandboxed:
    """Mailboxes behind the sandbox's relay, in a process of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def mails(self) -> Iterator[Mail]:
        """See the protocol."""
        return (Mail(mail["subject"], mail["to"], mail["text"]) for mail in self._sandbox.mails())

    def empty(self) -> None:
        """The sandbox is emptied with its stage."""


class Post:
    """Everybody's mailboxes and telephones."""

    def __init__(self, connection: psycopg.Connection[Any], mailboxes: Mailboxes, sandbox: Sandbox) -> None:
        self._connection, self._mailboxes, self._sandbox = connection, mailboxes, sandbox

    def empty(self) -> None:
        """Nothing ever arrived."""
        self._mailboxes.empty()

    def arrivals(self) -> list[Arrival]:
        """All that arrived, by mail and then by SMS, each in its order."""
        rows = self._connection.execute("SELECT id, content::text FROM world.testimony").fetchall()
        seen = {number: msgspec.json.decode(content, type=Testimony) for number, content in rows}
        mails = [_arrival("mail", *mail, seen) for mail in self._mailboxes.mails()]
        texts = [_arrival("sms", t["subject"], t["to"], t["text"], seen) for t in self._sandbox.texts()]
        return mails + texts


def _arrival(transport: str, subject: str, to: str, text: str, seen: dict[int, Testimony]) -> Arrival:
    number = _NUMBER.findall(f"{text} ")[-1]
    places = tuple((int(session), int(version)) for session, version in _PLACE.findall(text))
    return Arrival(
        transport=transport, subject=subject, to=to, text=text, seen=seen[int(number)], places=places
    )
