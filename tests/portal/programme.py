"""The programme in a few words, for tests of its pages: a session, a firm's person with a place, the links they hold."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from urllib.parse import urlsplit

from httpx import Response
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.firms import firms, registrations
from connectors.region.people import contacts
from connectors.region.sessions import enrolments, sessions
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Draft, Session
from connectors.reminder_rules import reminder_rules
from connectors.seals import Opener, Seals
from connectors.settings import Settings
from core.reminders import Rule
from core.wall import wall_of
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.portal.test_posting import seal_of

PARIS: Final = "Europe/Paris"
NOW: Final = dt.datetime.now(dt.UTC)
SIRETS: Final = ("73282932000074", "55208131766522", "35600000000048", "44306184100047", "54205118000066")
REMINDED: Final = Consent("sessions", "mail")


def rules() -> tuple[Rule, ...]:
    """Those that are in force."""
    return reminder_rules(Settings().reminders_file)


def session(region: Region, *, in_days: float = 14, **changes: Any) -> Session:
    """A seminar in Lyon, so many days from now; a negative number: it was held."""
    starts = NOW + dt.timedelta(days=in_days)
    values: dict[str, Any] = {
        "kind": "seminar",
        "title": "Vendre avec Facebook et Instagram",
        "starts_wall": wall_of(starts, PARIS).replace(second=0, microsecond=0),
        "minutes": 120,
        "capacity": 20,
        "summary": "Créer sa page.\nPublier chaque semaine.\nRépondre aux clients.",
        "place": "CCI de Lyon, salle 2",
        "address": "Place de la Bourse, 69002 Lyon",
        "department": "69",
        **changes,
    }
    return sessions.add(region, Draft(**values), min(NOW, starts - dt.timedelta(days=1)))


def person(
    region: Region,
    name: str = "Ada Martin",
    email: str = "ada@fournil.example",
    *,
    firm: str = "Fournil des Pentes",
    siret: str = SIRETS[0],
    phone: str | None = None,
    agreed: tuple[Consent, ...] = (REMINDED,),
) -> int:
    """Somebody of a firm, known, and what they agreed to."""
    with region.begin() as connection:
        number = firms.keep(
            connection, FirmDraft(siret, firm, postal_code="69001", city="Lyon"), None, "portal", NOW
        )
        found = contacts.keep(connection, number, PersonDraft(name, email, phone), (), "portal", NOW)
        contacts.agree(connection, found, agreed, {"how": "test"}, NOW)
    return found


def place(region: Region, of: Session, contact: int) -> Enrolment:
    """A place in a session, or its waiting list, taken before it began."""
    with region.begin() as connection:
        before = min(NOW, of.starts_at - dt.timedelta(hours=12))
        return enrolments.enrol(connection, rules(), sessions.lock(connection, of.id), contact, before)


def path(settings: Settings, purpose: Opener, word: object) -> str:
    """Where a link leads."""
    return urlsplit(Seals(settings).link(purpose, str(word), NOW)).path


def press(visitor: TestClient, at: str, **fields: str) -> Response:
    """Open a page and send its form, as a person does."""
    seal = seal_of(visitor.get(at).text)
    answer: Response = visitor.post(at, data={"sceau": seal, **fields})
    return answer


def asked(region: Region, of: Session | None = None, **changes: Any) -> registrations.Asked:
    """A registration that waits for its confirmation."""
    values: dict[str, Any] = {"name": "Ada Martin", "email": "ada@fournil.example", **changes}
    draft = Registration(
        firm=FirmDraft(SIRETS[0], "Fournil des Pentes", postal_code="69001", city="Lyon"),
        person=PersonDraft(**values),
        told_at=NOW,
        origin="test",
        consents=(REMINDED,),
        session=of.ref if of else None,
    )
    return registrations.ask(region, draft, b"origin", NOW)
