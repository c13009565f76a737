"""People of the programme for tests, one line each, and a messenger that keeps what people would have received.

Times: ``NOON`` (tests/makers.py) is a Tuesday; a session is three weeks later, at 14:00 by the clocks of Paris.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import pytest

from connectors.region.database import Region
from connectors.region.firms import firms, registrations
from connectors.region.firms.registrations import Asked
from connectors.region.ledger import ledger
from connectors.region.people import contacts
from connectors.region.publishing import replays
from connectors.region.publishing.replays import Choice
from connectors.region.sessions import enrolments, reminders, rescheduling, sessions
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.reminders import Closed, Queued
from connectors.region.sessions.rescheduling import Change
from connectors.region.sessions.sessions import Session
from core.effects import Intent, Outcome, Receipt
from core.reminders import Rule, Transport
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from schemas.letters import ProgrammeLetter
from tests.hands import sql
from tests.makers import NOON
from tests.reminder_rules import RULES

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
STARTS: Final = dt.datetime.fromisoformat("2026-12-15T14:00")  # a Tuesday, 13:00 in UTC
BEGINS: Final = STARTS.replace(tzinfo=dt.UTC) - HOUR
ENDS: Final = BEGINS + 2 * HOUR
EVERYTHING: Final = tuple(
    Consent(purpose, transport)
    for purpose in ("sessions", "follow_up", "invitations")
    for transport in ("mail", "sms")
)


class Programme:
    """The programme as its people use it, with a clock that a test sets."""

    def __init__(self, region: Region, rules: Sequence[Rule] = RULES, now: dt.datetime = NOON) -> None:
        self.region, self.rules, self.now = region, rules, now
        self._numbers = itertools.count(1)
        self.post = Post(self)

    def firm(self, **changes: Any) -> int:
        number = next(self._numbers)
        draft = FirmDraft(siret=f"{number:014}", name=f"Firme {number}", postal_code="69001")
        with self.region.begin() as connection:
            return firms.keep(connection, msgspec.structs.replace(draft, **changes), None, "portal", self.now)

    def person(
        self,
        *,
        firm: int | None = None,
        consents: Iterable[Consent] = EVERYTHING,
        phone: str | None = "+33612345678",
        **changes: Any,
    ) -> int:
        """Somebody of a firm of their own, who agrees to everything and can be reached by mail and SMS."""
        number = next(self._numbers)
        draft = PersonDraft(name=f"Personne {number}", email=f"p{number}@firme.example", phone=phone)
        firm = self.firm() if firm is None else firm
        with self.region.begin() as connection:
            made = contacts.keep(
                connection, firm, msgspec.structs.replace(draft, **changes), (), "portal", self.now
            )
            contacts.agree(connection, made, consents, {"how": "test"}, self.now)
        return made

    def coach(self) -> int:
        number = next(self._numbers)
        ((made,),) = sql(
            self.region,
            "INSERT INTO coach (name, email) VALUES ('Camille', :email) RETURNING id",
            email=f"coach{number}@region.example",
        )
        return int(made)

    def cohort(self, coach: int | None = None) -> int:
        ((made,),) = sql(
            self.region,
            "INSERT INTO cohort (name, department, level, slot, capacity, coach_id, state, created_at) VALUES "
            "('Lyon', '69', 'beginner', 'tue-evening', 12, :coach, 'open', :now) RETURNING id",
            coach=self.coach() if coach is None else coach,
            now=self.now,
        )
        return int(made)

    def session(self, **changes: Any) -> Session:
        """A seminar of two hours with ten places."""
        draft = sessions.Draft(
            kind="seminar",
            title="Boostez votre business",
            starts_wall=STARTS,
            minutes=120,
            capacity=10,
            place="CCI de Lyon",
        )
        return sessions.add(self.region, msgspec.structs.replace(draft, **changes), self.now)

    def read(self, session: Session) -> Session:
        found = sessions.named(self.region, session.ref)
        assert found is not None
        return found

    def enrol(self, session: Session, contact: int | None = None) -> Enrolment:
        contact = self.person() if contact is None else contact
        with self.region.begin() as connection:
            locked = sessions.lock(connection, session.ref)
            return enrolments.enrol(connection, self.rules, locked, contact, self.now)

    def leave(self, enrolment: Enrolment) -> Enrolment:
        return enrolments.leave(self.region, self.rules, enrolment.id, self.now)

    def transfer(self, enrolment: Enrolment, to: Session) -> Enrolment:
        return enrolments.transfer(self.region, self.rules, enrolment.id, to.ref, self.now)

    def change(self, session: Session, **wanted: Any) -> Session:
        return rescheduling.change(self.region, self.rules, session.ref, Change(**wanted), self.now)

    def cancel(self, session: Session, reason: str = "la neige") -> Session:
        return rescheduling.cancel(self.region, session.ref, reason, self.now)

    def attend(self, enrolment: Enrolment) -> Enrolment:
        return enrolments.attend(self.region, enrolment.id, "link", self.now)

    def sheet(self, session: Session, *present: Enrolment) -> tuple[int, int]:
        numbers = [each.id for each in present]
        return enrolments.sheet(self.region, session.ref, numbers, "Camille", self.now)

    def state(self, enrolment: Enrolment) -> str:
        found = enrolments.get(self.region, enrolment.id)
        assert found is not None
        return found.state

    def waiting(self, session: Session) -> list[int]:
        """The enrolments that wait for a place, the longest first."""
        rows = sql(
            self.region,
            "SELECT id FROM enrolment WHERE session_id = :id AND state = 'waiting' ORDER BY since, id",
            id=session.id,
        )
        return [row.id for row in rows]

    def ask(self, draft: Registration, origin: bytes = b"origin") -> Asked:
        return registrations.ask(self.region, draft, origin, self.now)

    def erase(self, contact: int) -> bool:
        with self.region.begin() as connection:
            return contacts.erase(connection, contact, self.now)

    # Reminders

    def queue(self) -> Queued:
        return reminders.queue(self.region, reminders.named(self.rules), self.now)

    def close(self) -> Closed:
        return reminders.close(self.region, self.now)

    def minute(self) -> None:
        """What the hub does each minute: note, put in letters, send, note."""
        self.close()
        self.queue()
        self.post.send("mail")
        self.post.send("sms")
        self.close()

    def enrolled(self, session: Session | None = None, **person: Any) -> Enrolment:
        """Somebody new, in a session."""
        return self.enrol(session or self.session(), self.person(**person))

    def why(self, enrolment: Enrolment, name: str) -> str | None:
        """Why an enrolment's newest reminder of a rule came to its end."""
        (row,) = sql(
            self.region,
            "SELECT why FROM reminder WHERE enrolment_id = :id AND rule = :name ORDER BY version DESC LIMIT 1",
            id=enrolment.id,
            name=name,
        )
        found: str | None = row.why
        return found

    def reminders(self, enrolment: Enrolment, version: int | None = None) -> dict[str, str]:
        """What became of an enrolment's reminders, by rule, of the newest version or of another."""
        rows = sql(
            self.region,
            "SELECT r.rule, r.state FROM reminder r JOIN session s ON s.id = r.session_id WHERE r.enrolment_id = :id "
            "AND r.version = coalesce(:version, s.version) ORDER BY r.at, r.id",
            id=enrolment.id,
            version=version,
        )
        return {row.rule: row.state for row in rows}

    def letters(self, channel: str = "mail") -> list[str]:
        """The subjects of all letters that were called for, the oldest first."""
        rows = sql(
            self.region, "SELECT subject FROM effect WHERE channel = :channel ORDER BY id", channel=channel
        )
        return [row.subject for row in rows]

    def kinds(self, enrolment: Enrolment) -> list[str]:
        """Which letters about an enrolment were called for, the oldest first."""
        rows = sql(
            self.region,
            "SELECT content ->> 'kind' AS kind FROM effect WHERE content ->> 'kind' IN "
            "('registered', 'waiting', 'promoted', 'moved', 'cancelled', 'left') AND (content ->> 'of')::bigint = :id ORDER BY id",
            id=enrolment.id,
        )
        return [row.kind for row in rows]


Answer = Outcome | Callable[[Intent], Outcome]


class Post:
    """A messenger that asks the hub what a letter may tell, as the real ones do, and keeps what arrived.

    ``answers`` says what becomes of a transport's letters; ``told`` has the reminders of each letter that people received.
    """

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        self.answers: dict[str, Answer] = defaultdict(lambda: "done")
        self.told: dict[str, list[tuple[int, ...]]] = {"mail": [], "sms": []}

    def send(self, transport: Transport, limit: int = 1000) -> int:
        """Send every letter that is planned. Returns how many were claimed."""
        lease, intents = self.claim(transport, limit)
        self.receive(lease, [self.deliver(transport, intent) for intent in intents])
        return len(intents)

    def claim(self, transport: Transport, limit: int = 1000) -> tuple[int, list[Intent]]:
        return ledger.claim(self._programme.region, transport, f"{transport}-1", limit, 600)

    def receive(self, lease: int, receipts: Sequence[Receipt]) -> None:
        assert ledger.receive(self._programme.region, lease, receipts) == len(receipts)

    def deliver(self, transport: Transport, intent: Intent) -> Receipt:
        """What one letter comes to: it is not sent when nothing is left to tell."""
        assert intent.content is not None
        letter = msgspec.json.decode(intent.content, type=ProgrammeLetter)
        answer = self.answers[transport]
        if letter.kind != "reminder":
            return Receipt(intent.effect, "done", intent.marker)
        told = self.alive(transport, letter)
        if not told:
            return Receipt(intent.effect, "rejected", error="nothing is left to tell", cause="moot")
        outcome = answer if isinstance(answer, str) else answer(intent)
        if outcome in {"done", "unknown", "parked"}:  # it arrived, whatever the relay said
            self.told[transport].append(told)
        if outcome == "rejected":
            return Receipt(intent.effect, outcome, error=f"{transport} refuses", cause="content")
        return Receipt(intent.effect, outcome, intent.marker)

    def give_up(self, transport: Transport) -> int:
        """Park what nobody can look up, as settling does. Returns how many letters."""
        region = self._programme.region
        lease, intents = ledger.claim_unsettled(region, transport, 0, 1000, 600)
        self.receive(lease, [Receipt(each.effect, "parked", error="cannot be looked up") for each in intents])
        return len(intents)

    def again(self, transport: Transport) -> int:
        """Staff have everything sent again that was parked or refused, whatever its cause. Returns how many letters."""
        choices = [Choice(channel=transport, parked=True), Choice(channel=transport, cause="moot")]
        return sum(replays.failed(self._programme.region, each, dry=False).number for each in choices)

    def alive(self, transport: Transport, letter: ProgrammeLetter) -> tuple[int, ...]:
        programme = self._programme
        rules = reminders.named(programme.rules)
        live = reminders.live(programme.region, rules, transport, letter, programme.now)
        return tuple(each.due.id for each in live)

    def rules(self) -> Mapping[str, list[tuple[str, ...]]]:
        """The rules of each letter that people received."""
        names = {row.id: row.rule for row in sql(self._programme.region, "SELECT id, rule FROM reminder")}
        return {
            transport: [tuple(names[number] for number in letter) for letter in letters]
            for transport, letters in self.told.items()
        }


@pytest.fixture
def programme(region: Region) -> Programme:
    """The programme in a database of the test's own."""
    return Programme(region)
