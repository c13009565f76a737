"""What letters tell, read when they are sent."""

from __future__ import annotations

import pytest

from connectors.region.cohorts import programme_letters
from connectors.region.cohorts.programme_letters import Placed
from connectors.region.database import Region
from connectors.region.firms import registrations
from connectors.region.people import contacts
from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Session
from core.letters import Standing
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration, Transport
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, HOUR, STARTS, Programme

pytestmark = pytest.mark.database


@pytest.fixture
def programme(region: Region) -> Programme:
    return Programme(region)


def placed(programme: Programme, enrolment: int) -> Placed:
    return programme_letters.placed(programme.region, [enrolment])[enrolment]


def session_of(programme: Programme, session: Session) -> Session:
    """The session as rows have it, without counts."""
    with programme.region.begin() as connection:
        return sessions.lock(connection, session.id)


def told_version(programme: Programme) -> int | None:
    ((version,),) = sql(programme.region, "SELECT told_version FROM enrolment")
    found: int | None = version
    return found


def test_a_place_is_told_with_its_person_firm_session_and_coach(programme: Programme) -> None:
    session = programme.session(coach_id=programme.coach())
    firm = programme.firm(name="Fournil des Pentes")
    agreed = (Consent("sessions", "mail"), Consent("sessions", "sms"))
    person = programme.person(firm=firm, name="Camille", email="c@f.example", consents=agreed)
    made = placed(programme, programme.enrol(session, person).id)
    assert made.session == session_of(programme, session)
    assert (made.person.name, made.person.firm, made.person.email) == (
        "Camille",
        "Fournil des Pentes",
        "c@f.example",
    )
    assert made.person.agreed == frozenset(agreed)
    assert made.coach is not None
    assert made.coach.id == session.coach_id
    assert made.armed_at == NOON
    assert made.standing(NOON) == Standing(
        attendance="registered",
        turn=1,
        version=1,
        told_version=None,
        place_waits=True,
        cancelled=False,
        begun=False,
    )
    assert made.standing(BEGINS).begun


def test_who_waits_has_a_position_from_the_front(programme: Programme) -> None:
    session = programme.session(capacity=1)
    first = programme.enrol(session)
    waiting = []
    for _ in range(3):
        programme.now += HOUR
        waiting.append(programme.enrol(session).id)
    assert [placed(programme, each).position for each in waiting] == [1, 2, 3]
    programme.leave(first)
    assert placed(programme, waiting[0]).attendance == "registered"
    assert [placed(programme, each).position for each in waiting[1:]] == [1, 2]


@pytest.mark.parametrize(("transport", "field"), [("mail", "email"), ("sms", "phone")])
def test_an_address_that_is_stopped_is_none(programme: Programme, transport: Transport, field: str) -> None:
    enrolment = programme.enrol(programme.session())
    assert getattr(placed(programme, enrolment.id).person, field) is not None
    with programme.region.begin() as connection:
        contacts.stop(connection, enrolment.contact_id, transport, "it bounced")
    assert getattr(placed(programme, enrolment.id).person, field) is None


def test_of_an_erased_person_nothing_is_told(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    programme.erase(enrolment.contact_id)
    person = placed(programme, enrolment.id).person
    assert (person.name, person.email, person.phone, person.agreed) == (None, None, None, frozenset())


def test_the_version_that_was_told_never_falls(programme: Programme) -> None:
    session = programme.session()
    enrolment = programme.enrol(session)
    before = placed(programme, enrolment.id)
    programme.change(session, starts_wall=STARTS + DAY)
    programme_letters.note_told(programme.region, placed(programme, enrolment.id))
    assert told_version(programme) == 2
    programme_letters.note_told(programme.region, before)
    assert told_version(programme) == 2, "a slower worker read the version before"


def test_what_another_turn_was_told_does_not_count(programme: Programme) -> None:
    """A letter of the turn before would have silenced the news of a change."""
    session = programme.session()
    enrolment = programme.enrol(session)
    before = placed(programme, enrolment.id)
    programme.leave(enrolment)
    programme.enrol(session, enrolment.contact_id)
    programme_letters.note_told(programme.region, before)
    assert told_version(programme) is None


def test_what_was_filled_in_is_told_until_it_is_confirmed(programme: Programme) -> None:
    session = programme.session()
    draft = Registration(
        firm=FirmDraft("73282932000074", "Fournil"),
        person=PersonDraft("Camille", "c@f.example"),
        told_at=NOON,
        origin="form",
        session=session.ref,
    )
    asked = programme.ask(draft)
    found = programme_letters.unconfirmed(programme.region, asked.id)
    assert found is not None
    assert (found.ref, found.email, found.created_at) == (asked.ref, "c@f.example", NOON)
    assert found.session == session_of(programme, session)
    registrations.confirm(programme.region, programme.rules, asked.ref, NOON)
    assert programme_letters.unconfirmed(programme.region, asked.id) is None
    assert programme_letters.unconfirmed(programme.region, 999) is None


def test_a_registration_for_the_programme_alone_has_no_session(programme: Programme) -> None:
    draft = Registration(
        firm=FirmDraft("73282932000074", "Fournil"),
        person=PersonDraft("Camille", "c@f.example"),
        told_at=NOON,
        origin="form",
    )
    found = programme_letters.unconfirmed(programme.region, programme.ask(draft).id)
    assert found is not None
    assert found.session is None


def test_a_sheet_counts_those_with_a_place_and_those_nobody_knows_of(programme: Programme) -> None:
    session = programme.session(coach_id=programme.coach(), capacity=3)
    came, *_, left, _waits = (programme.enrol(session) for _ in range(5))
    programme.leave(left)
    programme.now = BEGINS + HOUR
    programme.attend(came)
    sheet = programme_letters.sheet(programme.region, session.id)
    assert sheet is not None
    assert (sheet.people, sheet.unknown) == (3, 2)
    assert programme_letters.sheet(programme.region, programme.session(starts_wall=STARTS + DAY).id) is None
