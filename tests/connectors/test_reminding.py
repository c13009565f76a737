"""What one message reminds of: what still holds when it is about to leave, in the order in which it matters."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.sessions import reminders
from connectors.reminding import Reminding, reminding
from connectors.writing import Moot, NotNow
from core.reminders import Minutes, Transport
from schemas.letters import ProgrammeLetter
from tests.hands import sql
from tests.mailrooms import RULES
from tests.programme import BEGINS, DAY, HOUR, STARTS, Programme

pytestmark = pytest.mark.database
WEEK_BEFORE = BEGINS - 7 * DAY


@pytest.fixture
def programme(region: Region) -> Programme:
    return Programme(region, RULES)


def letter(programme: Programme) -> ProgrammeLetter:
    """The one reminder that is planned."""
    programme.queue()
    (row,) = sql(
        programme.region, "SELECT content::text AS said FROM effect WHERE content ->> 'kind' = 'reminder'"
    )
    return msgspec.json.decode(row.said, type=ProgrammeLetter)


def told(
    programme: Programme, said: ProgrammeLetter, transport: Transport = "mail"
) -> Reminding | NotNow | Moot:
    return reminding(programme.region, reminders.named(programme.rules), transport, said, programme.now)


def test_sessions_to_come_are_told_the_soonest_first(programme: Programme) -> None:
    person = programme.person()
    later, soon = programme.session(starts_wall=STARTS + DAY), programme.session()
    for session in (later, soon):
        programme.enrol(session, person)
    programme.now = BEGINS - 3 * DAY
    found = told(programme, letter(programme))
    assert isinstance(found, Reminding)
    assert [part.place.session.id for part in found.parts] == [soon.id, later.id]
    assert found.leading.place.session.id == soon.id
    assert {part.rule.name for part in found.parts} == {"week_before"}
    assert found.person.contact == person


def test_of_one_session_the_latest_reminder_speaks(programme: Programme) -> None:
    programme.rules = [msgspec.structs.replace(rule, until=Minutes(-10)) for rule in RULES if rule.is_before]
    programme.enrol(programme.session())
    programme.now = WEEK_BEFORE
    said = letter(programme)
    programme.now = BEGINS - DAY
    joined = letter(programme)
    assert len(joined.reminders) == len(said.reminders) + 1
    found = told(programme, joined)
    assert isinstance(found, Reminding)
    assert [part.rule.name for part in found.parts] == ["day_before"]


def test_in_quiet_hours_nothing_is_judged_and_the_morning_is_named(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    programme.now = WEEK_BEFORE
    said = letter(programme)
    programme.now = dt.datetime(
        2026, 12, 12, 22, tzinfo=dt.UTC
    )  # Saturday, 23:00 in Paris; nobody is written to on Sunday
    found = told(programme, said)
    assert isinstance(found, NotNow)
    assert programme.now + dt.timedelta(seconds=found.after) == dt.datetime(2026, 12, 14, 7, tzinfo=dt.UTC)
    assert programme.reminders(enrolment)["week_before"] == "queued"


def test_what_nobody_agrees_to_any_more_is_refused_for_that_cause_alone(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    programme.now = WEEK_BEFORE
    said = letter(programme)
    contacts.withdraw(programme.region, enrolment.contact_id, "preferences", programme.now)
    assert told(programme, said) == Moot("none of its reminders is to be sent any more: 1 refused", "consent")


def test_what_is_too_late_is_moot_and_kept_for_the_coach(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    programme.now = WEEK_BEFORE
    said = letter(programme)
    programme.now = BEGINS - DAY
    assert told(programme, said) == Moot("none of its reminders is to be sent any more: 1 expired")
    assert programme.reminders(enrolment)["week_before"] == "expired"


def test_an_address_that_stopped_meanwhile_is_not_used(programme: Programme) -> None:
    enrolment = programme.enrol(programme.session())
    programme.now = WEEK_BEFORE
    said = letter(programme)
    with programme.region.begin() as connection:
        contacts.stop(connection, enrolment.contact_id, "mail", "it bounced")
    assert isinstance(told(programme, said), Moot)
    assert programme.reminders(enrolment)["week_before"] == "unreachable"


def test_what_was_told_is_told_no_second_time(programme: Programme) -> None:
    programme.enrol(programme.session())
    programme.now = WEEK_BEFORE
    said = letter(programme)
    sql(programme.region, "UPDATE reminder SET state = 'sent' WHERE state = 'queued' RETURNING id")
    programme.now += HOUR
    assert told(programme, said) == Moot("none of its reminders is to be sent any more: 1 sent")


def test_what_was_due_is_told_though_the_clock_was_set_back(programme: Programme) -> None:
    """The clock of a worker was an hour fast, it queued a reminder, and was put right before the letter left. By the right clock
    the reminder was not due: the letter told nothing, was moot, and took the reminder with it. Nobody ever knew."""
    enrolment = programme.enrol(programme.session())
    programme.now = WEEK_BEFORE + HOUR / 2
    said = letter(programme)
    programme.now = WEEK_BEFORE - HOUR / 2
    found = told(programme, said)
    assert isinstance(found, Reminding)
    assert [part.place.enrolment for part in found.parts] == [enrolment.id]
