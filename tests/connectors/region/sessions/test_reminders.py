"""A reminder's whole life: put in a letter when it is due, sent once, or ended with a reason that somebody reads."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.database import Region
from connectors.region.sessions import reminders, untold
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.reminders import Closed, Queued
from core.reminders import moments
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, ENDS, HOUR, STARTS, Programme
from tests.reminder_rules import RULES, after

pytestmark = pytest.mark.database
MINUTE = dt.timedelta(minutes=1)
WEEK_BEFORE = BEGINS - 7 * DAY
NIGHT = dt.datetime(2026, 12, 14, 21, tzinfo=dt.UTC)  # 22:00 in Paris, the day before


# Armed


def test_a_place_is_reminded_of_at_the_moments_of_the_rules(programme: Programme) -> None:
    session = programme.session()
    enrolment = programme.enrolled(session)
    rows = sql(programme.region, "SELECT rule, at, until, version, contact_id, session_id FROM reminder")
    expected = {(each.rule, each.at, each.until) for each in moments(RULES, session.timed, NOON)}
    assert {(row.rule, row.at, row.until) for row in rows} == expected
    assert {(row.version, row.contact_id, row.session_id) for row in rows} == {
        (1, enrolment.contact_id, session.id)
    }


def test_who_registers_late_gets_what_still_makes_sense(programme: Programme) -> None:
    session = programme.session()
    programme.now = BEGINS - 2 * DAY
    assert set(programme.reminders(programme.enrolled(session))) == {
        "day",
        "hours",
        "thanks",
        "missed",
        "never",
    }


def test_who_waits_for_a_place_is_reminded_of_nothing_until_they_have_one(programme: Programme) -> None:
    session = programme.session(capacity=1)
    first, second = programme.enrolled(session), programme.enrolled(session)
    assert programme.reminders(second) == {}
    programme.leave(first)
    assert set(programme.reminders(second).values()) == {"waiting"}


def test_without_a_rule_nobody_is_reminded(region: Region) -> None:
    programme = Programme(region, rules=())
    enrolment = programme.enrolled()
    assert programme.reminders(enrolment) == {}
    assert programme.queue() == Queued()


# Due


def test_a_reminder_leaves_at_its_moment_and_not_a_minute_before(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE - MINUTE
    assert programme.queue() == Queued()
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(going=1, messages=1)
    assert programme.reminders(enrolment)["week"] == "queued"
    assert programme.queue() == Queued(), "what is in a letter is not put in another"


def test_its_whole_life_ends_with_one_letter(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE
    programme.queue()
    assert programme.close() == Closed(), "nothing has come of it yet"
    programme.post.send("mail")
    assert programme.close() == Closed(sent=1)
    assert programme.close() == Closed()
    assert programme.reminders(enrolment)["week"] == "sent"
    assert programme.post.rules() == {"mail": [("week",)], "sms": []}


@pytest.mark.parametrize("late", [MINUTE, HOUR, DAY, 4 * DAY, 4 * DAY + 5 * HOUR])
def test_a_reminder_that_an_outage_missed_is_sent_however_late_until_its_cut_off(
    programme: Programme, late: dt.timedelta
) -> None:
    """« Today is seven days before » finds it on one day only: an outage over midnight would lose it."""
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE + late
    programme.minute()
    assert programme.reminders(enrolment)["week"] == "sent"


def test_from_its_cut_off_on_it_is_not_sent_and_says_why(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE + 5 * DAY
    assert programme.queue() == Queued(expired=1)
    assert programme.reminders(enrolment)["week"] == "expired"
    assert programme.why(enrolment, "week") == "it was not sent before 2026-12-13 13:00 UTC"
    programme.minute()
    assert programme.post.told == {"mail": [], "sms": []}


def test_in_quiet_hours_nothing_goes_and_what_is_too_late_ends(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = NIGHT  # a worker comes back after a week away
    assert programme.queue() == Queued(expired=1)
    states = programme.reminders(enrolment)
    assert (states["week"], states["day"], states["hours"]) == ("expired", "waiting", "waiting")
    programme.now = NIGHT + 10 * HOUR  # 08:00 in Paris
    assert programme.queue() == Queued(going=1, messages=1)


def test_a_rule_that_left_the_file_reminds_nobody_any_more(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.rules = tuple(each for each in RULES if each.name != "week")
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(void=1)
    assert programme.why(enrolment, "week") == "there is no such rule any more"


def test_a_rule_that_left_the_file_while_its_letter_waited_is_not_told(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE
    programme.queue()
    programme.rules = tuple(each for each in RULES if each.name != "week")
    programme.minute()
    assert programme.post.told["mail"] == []
    assert programme.reminders(enrolment)["week"] == "void"


# After the session


def test_nobody_is_thanked_before_it_is_known_that_they_came(programme: Programme) -> None:
    session = programme.session()
    came, missed = programme.enrolled(session), programme.enrolled(session)
    programme.now = ENDS + DAY
    programme.queue()
    assert programme.reminders(came)["thanks"] == "waiting"
    programme.sheet(session, came)
    programme.minute()
    after = {rule: state for rule, state in programme.reminders(came).items() if rule in {"thanks", "missed"}}
    assert after == {"thanks": "sent", "missed": "void"}
    after = {
        rule: state for rule, state in programme.reminders(missed).items() if rule in {"thanks", "missed"}
    }
    assert after == {"thanks": "void", "missed": "sent"}


def test_what_waits_to_be_known_keeps_nobody_else_waiting(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were they looked at, a session without a sheet would fill every transaction, each minute, and the queue would never end."""
    monkeypatch.setattr(reminders, "PERSONS", 2)
    unknown = programme.session()
    for _ in range(6):
        programme.enrolled(unknown)
    later = programme.session(starts_wall=STARTS + 8 * DAY)
    programme.enrolled(later)
    programme.now = ENDS + DAY + 20 * HOUR
    assert programme.queue() == Queued(
        going=1, messages=1, expired=6 * 3
    )  # week, day and hours of the first six


def test_a_session_whose_sheet_never_comes_thanks_nobody_and_its_coach_knows(programme: Programme) -> None:
    session = programme.session(coach_id=programme.coach())
    enrolment = programme.enrolled(session)
    programme.rules = [each for each in RULES if each.name in {"thanks", "never"}]
    programme.now = ENDS + 40 * DAY
    programme.queue()
    states = programme.reminders(enrolment)
    assert (states["thanks"], states["never"]) == ("expired", "expired")
    assert untold.tell_coaches(programme.region, programme.now) == 2


def coaching(programme: Programme, *came: bool) -> list[Enrolment]:
    """One person in a cohort's sessions, a day apart, who came to some."""
    cohort, person = programme.cohort(), programme.person()
    held = [
        programme.session(kind="coaching", cohort_id=cohort, starts_wall=STARTS + n * DAY)
        for n in range(len(came))
    ]
    enrolments = [programme.enrol(session, person) for session in held]
    for number, (session, enrolment, present) in enumerate(zip(held, enrolments, came, strict=True)):
        programme.now = ENDS + number * DAY
        programme.sheet(session, *([enrolment] if present else []))
    return enrolments


@pytest.mark.parametrize(
    ("came", "state"),
    [
        ((False, False), "queued"),
        ((True, False), "void"),
        ((False, True), "void"),
        ((False, True, False), "void"),
        ((True, False, False), "queued"),
    ],
)
def test_the_nudge_goes_to_who_missed_this_session_and_the_one_before(
    region: Region, came: tuple[bool, ...], state: str
) -> None:
    programme = Programme(region, rules=[after("twice", 2, "absent_twice", kinds=("coaching",))])
    *_, last = coaching(programme, *came)
    programme.now += DAY + 18 * HOUR
    programme.queue()
    assert programme.reminders(last)["twice"] == state


def test_a_cancelled_session_was_missed_by_nobody(region: Region) -> None:
    programme = Programme(region, rules=[after("twice", 2, "absent_twice", kinds=("coaching",))])
    cohort, person = programme.cohort(), programme.person()
    first, second, third = (
        programme.session(kind="coaching", cohort_id=cohort, starts_wall=STARTS + n * DAY) for n in range(3)
    )
    came, _, missed = (programme.enrol(session, person) for session in (first, second, third))
    programme.cancel(second)
    programme.now = ENDS
    programme.sheet(first, came)
    programme.now = ENDS + 2 * DAY
    programme.sheet(third)
    programme.now += DAY + 18 * HOUR
    programme.queue()
    assert programme.reminders(missed)["twice"] == "void"


def test_who_never_came_is_asked_back_unless_somebody_of_the_firm_has_come(programme: Programme) -> None:
    session, firm = programme.session(), programme.firm()
    alone = programme.enrolled(session)
    colleague, missed = programme.enrolled(session, firm=firm), programme.enrolled(session, firm=firm)
    programme.now = ENDS
    programme.sheet(session, colleague)
    programme.now = ENDS + 9 * DAY - 5 * HOUR
    programme.queue()
    assert programme.reminders(alone)["never"] == "queued"
    assert programme.why(missed, "never") == "somebody of the firm has come"
    assert programme.why(colleague, "never") == "they came"


# Erased


def test_an_erased_person_is_reminded_of_nothing_also_when_a_letter_waited(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE
    programme.queue()
    programme.erase(enrolment.contact_id)
    assert set(programme.reminders(enrolment).values()) == {"void"}
    programme.minute()
    assert programme.post.told["mail"] == []


def test_a_letter_that_is_leaving_when_its_reader_is_erased_tells_nothing(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE
    programme.queue()
    lease, intents = programme.post.claim("mail")
    programme.erase(enrolment.contact_id)
    programme.post.receive(lease, [programme.post.deliver("mail", intent) for intent in intents])
    assert programme.post.told["mail"] == []
    assert programme.reminders(enrolment)["week"] in {"refused", "void"}
