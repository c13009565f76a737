"""The letters and texts of the programme and of questions, really sent: the ledger, the channels, a relay that is not ours, and what it received."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any, Final

from icalendar import Calendar
from pydantic import SecretStr

from connectors.channel import ItemChannel
from connectors.mail.channel import Mail
from connectors.mail.coverage import CoverageLetters
from connectors.mail.dialogues import DialogueLetters
from connectors.mail.digests import DigestLetters
from connectors.mail.programme import ProgrammeLetters
from connectors.mail.questions import QuestionLetters
from connectors.region.database import Region
from connectors.region.ledger import ledger
from connectors.region.people import contacts
from connectors.region.people.contacts import Contact
from connectors.region.sessions import reminders
from connectors.registry import objectives
from connectors.reminder_rules import reminder_rules
from connectors.seals import Opener, Seals
from connectors.settings import Settings
from connectors.sms.channel import Sms
from connectors.sms.programme import ProgrammeTexts
from connectors.writing import by_tag
from core.effects import Receipt
from tests.hands import sql
from tests.makers import NOON
from tests.programme import Programme
from tests.relays import Letters, relaying

SETTINGS: Final = Settings(
    portal_url="https://portail.example",
    portal_secret=SecretStr("s" * 40),
    mail_from="boostez@portail.example",
    contact_email="aide@region.example",
)
RULES: Final = reminder_rules(SETTINGS.reminders_file)


class Received:
    """A letter as a mail program reads it."""

    def __init__(self, to: list[str], message: EmailMessage, raw: bytes) -> None:
        (self.to,), self.message, self.raw = to, message, raw
        assert message.defects == []

    @property
    def subject(self) -> str:
        return str(self.message["Subject"]).replace("\u00a0", " ").replace("\u202f", " ")

    @property
    def text(self) -> str:
        """Its plain text, with spaces that can be typed."""
        body = self.message.get_body(("plain",))
        assert body is not None
        told = str(body.get_content()).replace("\r\n", "\n")
        return told.replace("\u00a0", " ").replace("\u202f", " ")

    @property
    def page(self) -> str:
        body = self.message.get_body(("html",))
        assert body is not None
        return str(body.get_content())

    @property
    def links(self) -> list[str]:
        return re.findall(r"^https://portail\.example\S+$", self.text, re.MULTILINE)

    @property
    def calendar(self) -> Any:
        """The object that mail programs put buttons to, None when there is none; the file says the same."""
        parts = [part for part in self.message.walk() if part.get_content_type() == "text/calendar"]
        files = [part for part in self.message.walk() if (part.get_filename() or "").endswith(".ics")]
        if not parts:
            assert files == []
            return None
        (part,), (file,) = parts, files
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert content == file.get_payload(decode=True)
        calendar = Calendar.from_ical(content)
        assert part.get_param("method") == calendar["method"]
        return calendar

    @property
    def event(self) -> Any:
        (event,) = self.calendar.walk("VEVENT")
        assert event.errors == []
        return event


class Mailroom:
    """Sends what is planned, at the programme's time, and keeps what arrived."""

    def __init__(self, programme: Programme, relay: Letters, settings: Settings) -> None:
        self.programme, self.settings, self._relay = programme, settings, relay
        self.seals = Seals(settings)
        rules = reminders.named(programme.rules)
        letters = ProgrammeLetters(settings, programme.region, rules, self._now)
        questions = QuestionLetters(settings, programme.region, self._now)
        hosts = DialogueLetters(settings, programme.region, self._now)
        covering = CoverageLetters(settings, programme.region, self._now)
        digests = DigestLetters(settings, programme.region, lambda: objectives(settings), self._now)
        texts = ProgrammeTexts(settings, programme.region, rules, self._now)
        self._channels: dict[str, ItemChannel] = {
            "mail": Mail(
                settings,
                by_tag(
                    {
                        "programme": letters,
                        "dialogue_host": hosts,
                        "question": questions,
                        "coverage": covering,
                        "digest": digests,
                    }
                ),
            ),
            "sms": Sms(settings, by_tag({"programme": texts})),
        }

    def _now(self) -> dt.datetime:
        return self.programme.now

    def claim(self, transport: str = "mail") -> tuple[int, list[Any]]:
        return ledger.claim(self.programme.region, transport, f"{transport}-1", 1000, 600)

    def send(self, transport: str = "mail", *, backwards: bool = False) -> list[Receipt]:
        """Everything that is planned, in the order in which it was, or against it."""
        lease, intents = self.claim(transport)
        intents = intents[::-1] if backwards else intents
        receipts = self._channels[transport].send(intents).receipts
        assert ledger.receive(self.programme.region, lease, receipts) == len(receipts)
        return list(receipts)

    def put_off(self) -> None:
        """Everything that is planned, to a relay that asks for it later; then it is later."""
        self._relay.rcpt = "450 4.2.0 Greylisted"
        assert {receipt.outcome for receipt in self.send()} == {"retry"}
        self._relay.rcpt = None
        sql(self.programme.region, "UPDATE effect SET not_before = NULL")

    def minute(self) -> None:
        """What the hub does each minute."""
        self.programme.close()
        self.programme.queue()
        self.send("mail")
        self.send("sms")
        self.programme.close()

    @property
    def received(self) -> list[Received]:
        """Every letter that arrived, the first one first."""
        return [
            Received(to, message, raw)
            for (to, message), raw in zip(self._relay.taken, self._relay.raw, strict=True)
        ]

    def take(self) -> list[Received]:
        """What has arrived since it was last asked."""
        told = self.received
        self._relay.taken.clear()
        self._relay.raw.clear()
        return told

    def only(self) -> Received:
        """The one letter that has arrived since."""
        (letter,) = self.take()
        return letter

    def person(self, contact: int) -> Contact:
        found = contacts.get(self.programme.region, contact)
        assert found is not None
        return found

    def opened(self, letter: Received, purpose: Opener) -> str:
        """What the letter's one link for a purpose names."""
        words = (
            self.seals.opened(purpose, link.rpartition("/")[2], self.programme.now, None)
            for link in letter.links
        )
        (word,) = [word for word in words if word is not None]
        return word

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()


@contextmanager
def mailroom(region: Region, now: dt.datetime = NOON, **changes: Any) -> Iterator[Mailroom]:
    """A mailroom with a relay of its own, and the rules of deployments/reminders.toml; it is ``now``."""
    relay = Letters()
    with relaying(relay) as address:
        chosen = SETTINGS.model_copy(update={"smtp_url": SecretStr(address), **changes})
        room = Mailroom(Programme(region, RULES, now), relay, chosen)
        try:
            yield room
        finally:
            room.close()
