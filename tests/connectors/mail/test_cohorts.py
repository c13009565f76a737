"""Letters about cohorts as people receive them: a real ledger, a real SMTP server, read back by email and icalendar."""

from __future__ import annotations

from typing import Any

import pytest
from icalendar import Calendar

from connectors.region.cohorts import cohorts, outcomes
from connectors.region.people import contacts
from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Session
from schemas.firm import Consent
from tests.connectors.region.cohorts.test_cohorts import came, held, opened
from tests.hands import sql
from tests.mailrooms import Mailroom
from tests.programme import DAY, Programme

pytestmark = pytest.mark.database


@pytest.fixture
def programme(room: Mailroom) -> Programme:
    return room.programme


def test_one_letter_has_every_session_and_a_file_for_the_calendar(
    room: Mailroom, programme: Programme
) -> None:
    one, two = came(programme)
    room.send()
    room.take()
    opened(programme, one, two)
    assert [receipt.outcome for receipt in room.send()] == ["done", "done"]
    letters = room.take()
    assert len(letters) == 2
    assert letters[0].subject == "Votre groupe d’accompagnement : 3 séances à venir"
    for title in ("1/3", "2/3", "3/3"):
        assert f"« Atelier d’accompagnement {title} »" in letters[0].text
    (file,) = [part for part in letters[0].message.walk() if part.get_filename() == "seances.ics"]
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    calendar = Calendar.from_ical(content)
    assert calendar["method"] == "PUBLISH"
    events: Any = calendar.walk("VEVENT")
    assert len({str(event["uid"]) for event in events}) == 3
    assert {event["dtstart"].dt.strftime("%H:%M") for event in events} == {"18:30"}
    assert len(calendar.walk("VTIMEZONE")) == 1
    assert sequences(calendar) == dict.fromkeys(sequences(calendar), 0)
    session = first_session(programme)
    programme.change(session, starts_wall=session.starts_wall + DAY)
    room.send()
    moved = room.take()
    assert len(moved) == 2
    told = {str(letter.event["uid"]): int(letter.event["sequence"]) for letter in moved}
    assert set(told.values()) == {1}
    assert set(told) & set(sequences(calendar)), "what is told later fits on the file's events"


def sequences(calendar: Any) -> dict[str, int]:
    return {str(event["uid"]): int(event["sequence"]) for event in calendar.walk("VEVENT")}


def first_session(programme: Programme) -> Session:
    ((ref,),) = sql(
        programme.region,
        "SELECT ref FROM session WHERE cohort_id IS NOT NULL ORDER BY starts_at LIMIT 1",
    )
    found = sessions.named(programme.region, ref)
    assert found is not None
    return found


def test_who_gave_every_place_back_has_no_letter_of_the_cohort(room: Mailroom, programme: Programme) -> None:
    (one,) = came(programme, 1)
    room.send()
    room.take()
    opened(programme, one)
    sql(
        programme.region,
        "UPDATE enrolment SET state = 'left' WHERE session_id IN (SELECT id FROM session WHERE cohort_id IS NOT NULL)",
    )
    assert [receipt.cause for receipt in room.send()] == ["moot"]


def test_the_last_letter_links_the_attestation_and_names_what_they_were_at(
    room: Mailroom, programme: Programme
) -> None:
    one, two = came(programme)
    number, _ = opened(programme, one, two)
    held(programme, number, one)
    room.send()
    room.take()
    cohorts.finish(programme.region, programme.now)
    room.send()
    letter = room.only()
    assert letter.subject == "Votre accompagnement est terminé : votre attestation"
    assert "« Atelier d’accompagnement 3/3 »" in letter.text
    enrolment = int(room.opened(letter, "attestation"))
    rows = sql(programme.region, "SELECT contact_id, state FROM enrolment WHERE id = :id", id=enrolment)
    assert rows == [(one, "present")]


@pytest.mark.parametrize("months", outcomes.MONTHS)
def test_what_became_of_a_firm_is_asked_of_whoever_agreed(
    room: Mailroom, programme: Programme, months: int
) -> None:
    one, two = came(programme)
    number, _ = opened(programme, one, two)
    held(programme, number, one, two)
    cohorts.finish(programme.region, programme.now)
    room.send()
    room.take()
    programme.now += months * 31 * DAY
    if months == 6:
        assert outcomes.ask(programme.region, programme.now - 90 * DAY).letters == 2
        room.send()
        room.take()
    assert outcomes.ask(programme.region, programme.now).letters == 2
    contacts.withdraw(programme.region, two, "one-click", programme.now, purpose="follow_up")
    assert sorted(str(receipt.cause) for receipt in room.send()) == ["None", "consent"]
    letter = room.only()
    assert ("Trois mois" if months == 3 else "Six mois") in letter.subject
    assert "List-Unsubscribe=One-Click" in letter.message["List-Unsubscribe-Post"]
    assert room.opened(letter, "outcome").endswith(f".outcome_{months}")
    assert Consent("follow_up", "mail") in room.person(one).agreed
