"""Reminders in letters: one letter a person, by the transport that reaches them, and nothing in it that is no longer true."""

from __future__ import annotations

import datetime as dt

import pytest

from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.sessions import reminders
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.reminders import Closed, Queued
from schemas.firm import Consent
from schemas.letters import ProgrammeLetter
from tests.hands import sql
from tests.programme import BEGINS, DAY, HOUR, STARTS, Programme
from tests.reminder_rules import DAY_BEFORE, RULES, TWO_HOURS, WEEK, rule

pytestmark = pytest.mark.database
MINUTE = dt.timedelta(minutes=1)
WEEK_BEFORE = BEGINS - 7 * DAY
NIGHT = dt.datetime(2026, 12, 14, 21, tzinfo=dt.UTC)  # 22:00 in Paris, the day before


# One letter a person


def test_after_an_outage_of_a_week_each_person_has_one_letter(programme: Programme) -> None:
    sessions = [programme.session(starts_wall=STARTS + n * DAY) for n in range(4)]
    people = [programme.person() for _ in range(3)]
    enrolments = [programme.enrol(session, person) for person in people for session in sessions]
    programme.now = WEEK_BEFORE + 6 * DAY + 20 * HOUR  # 10:00 in Paris on the first session's day
    queued = programme.queue()
    assert (queued.messages, queued.expired) == (3, 3 * 2)  # the weeks of the first two are too late
    programme.post.send("mail")
    programme.post.send("sms")
    assert len(programme.post.told["mail"]) == 3
    assert programme.post.told["sms"] == []
    sent = [number for letter in programme.post.told["mail"] for number in letter]
    assert len(sent) == len(set(sent)) == queued.going
    assert {each.contact_id for each in enrolments} == set(people)


def test_what_becomes_due_while_a_letter_waits_joins_it(programme: Programme) -> None:
    person = programme.person()
    programme.enrol(programme.session(), person)
    programme.enrol(programme.session(starts_wall=STARTS + HOUR), person)
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(going=1, messages=1)
    programme.now += HOUR
    assert programme.queue() == Queued(going=1, messages=0)
    programme.post.send("mail")
    assert programme.post.rules()["mail"] == [("week", "week")]
    assert programme.close() == Closed(sent=2)


def test_what_becomes_due_while_a_letter_is_leaving_is_another_letter(programme: Programme) -> None:
    person = programme.person()
    programme.enrol(programme.session(), person)
    programme.enrol(programme.session(starts_wall=STARTS + HOUR), person)
    programme.now = WEEK_BEFORE
    programme.queue()
    lease, intents = programme.post.claim("mail")
    programme.now += HOUR
    assert programme.queue() == Queued(going=1, messages=1)
    (week,) = [intent for intent in intents if intent.subject.startswith("reminder")]
    programme.post.receive(lease, [programme.post.deliver("mail", week)])
    programme.post.send("mail")
    assert programme.post.rules()["mail"] == [("week",), ("week",)]


def test_a_letter_that_the_relay_puts_off_takes_what_becomes_due_meanwhile(programme: Programme) -> None:
    person = programme.person()
    programme.enrol(programme.session(), person)
    programme.enrol(programme.session(starts_wall=STARTS + DAY), person)
    programme.post.answers["mail"] = "retry"
    programme.now = WEEK_BEFORE
    programme.minute()
    programme.now += DAY
    programme.minute()
    programme.post.answers["mail"] = "done"
    programme.minute()
    assert programme.post.rules()["mail"] == [("week", "week")]


def test_two_people_of_one_firm_have_a_letter_each(programme: Programme) -> None:
    session, firm = programme.session(), programme.firm()
    programme.enrolled(session, firm=firm)
    programme.enrolled(session, firm=firm)
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(going=2, messages=2)


def test_more_people_than_one_transaction_sees_to_are_all_seen_to(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "PERSONS", 3)
    session = programme.session()
    for _ in range(10):
        programme.enrolled(session)
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(going=10, messages=10)


# By SMS, by mail, by neither


def test_two_hours_before_an_sms_tells(programme: Programme) -> None:
    programme.enrolled()
    programme.now = BEGINS - 2 * HOUR
    programme.minute()
    assert programme.post.rules() == {"mail": [], "sms": [("hours",)]}


def test_among_others_mail_tells_for_an_sms_has_no_room(programme: Programme) -> None:
    person = programme.person()
    programme.enrol(programme.session(), person)
    programme.enrol(programme.session(starts_wall=STARTS + 7 * DAY - 2 * HOUR), person)
    programme.now = BEGINS - 2 * HOUR
    programme.queue()
    programme.post.send("mail")
    programme.post.send("sms")
    assert [set(letter) for letter in programme.post.rules()["mail"]] == [{"hours", "week"}]
    assert programme.post.rules()["sms"] == []


def test_an_sms_that_waits_to_leave_is_joined_by_no_other_reminder(region: Region) -> None:
    """While the gateway was away, the reminder of the afternoon's session joined the morning's SMS: two in one text."""
    programme = Programme(region, rules=[TWO_HOURS])
    person = programme.person()
    programme.enrol(programme.session(starts_wall=STARTS - HOUR), person)
    programme.enrol(programme.session(), person)
    programme.post.answers["sms"] = "retry"
    programme.now = BEGINS - 3 * HOUR
    programme.minute()
    programme.now = BEGINS - 2 * HOUR
    assert programme.queue() == Queued(going=1, messages=1)
    programme.post.send("mail")
    assert programme.post.rules()["mail"] == [("hours",)]


def test_who_has_no_number_is_reminded_by_mail(programme: Programme) -> None:
    programme.enrolled(phone=None)
    programme.now = BEGINS - 2 * HOUR
    programme.minute()
    assert programme.post.rules() == {"mail": [("hours",)], "sms": []}


def test_an_sms_that_is_refused_becomes_a_mail_and_a_mail_that_is_refused_ends(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.post.answers["sms"] = programme.post.answers["mail"] = "rejected"
    programme.now = BEGINS - 2 * HOUR
    programme.queue()
    programme.post.send("sms")
    assert programme.close() == Closed(again=1)
    assert programme.reminders(enrolment)["hours"] == "waiting"
    assert programme.queue() == Queued(going=1, messages=1)
    programme.post.send("mail")
    assert programme.close() == Closed(again=1)
    assert programme.queue() == Queued(unreachable=1)
    assert programme.reminders(enrolment)["hours"] == "unreachable"
    assert programme.post.told == {"mail": [], "sms": []}


def test_an_address_that_stopped_is_not_written_to(programme: Programme) -> None:
    enrolment = programme.enrolled()
    with programme.region.begin() as connection:
        contacts.stop(connection, enrolment.contact_id, "sms", "it bounced")
    programme.now = BEGINS - 2 * HOUR
    programme.minute()
    assert programme.post.rules() == {"mail": [("hours",)], "sms": []}


def test_an_address_that_stopped_while_a_letter_waited_is_not_written_to(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = BEGINS - 2 * HOUR
    programme.queue()
    with programme.region.begin() as connection:
        contacts.stop(connection, enrolment.contact_id, "sms", "it bounced")
    programme.post.send("sms")
    assert programme.reminders(enrolment)["hours"] == "waiting"
    programme.minute()
    assert programme.post.rules() == {"mail": [("hours",)], "sms": []}


def test_what_no_consent_covers_is_refused_and_says_which(programme: Programme) -> None:
    enrolment = programme.enrolled(consents=[Consent("sessions", "sms")])
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(refused=1)
    assert programme.why(enrolment, "week") == "no consent covers sessions by mail"


def test_a_consent_withdrawn_between_queue_and_send_holds(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE
    programme.queue()
    contacts.withdraw(programme.region, enrolment.contact_id, "one-click", programme.now, transport="mail")
    programme.post.send("mail")
    programme.close()
    assert programme.post.told["mail"] == []
    assert programme.reminders(enrolment)["week"] == "refused"


def test_a_consent_to_one_transport_withdrawn_meanwhile_leaves_the_other(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = BEGINS - 2 * HOUR
    programme.queue()
    contacts.withdraw(programme.region, enrolment.contact_id, "one-click", programme.now, transport="sms")
    programme.minute()
    programme.minute()
    assert programme.post.rules() == {"mail": [("hours",)], "sms": []}
    assert programme.reminders(enrolment)["hours"] == "sent"


# About to leave


def test_what_was_queued_in_time_and_leaves_too_late_is_not_sent(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = BEGINS - 2 * HOUR
    programme.queue()
    programme.now = BEGINS - 30 * MINUTE  # a relay that was away
    programme.post.send("sms")
    assert programme.post.told["sms"] == []
    assert programme.reminders(enrolment)["hours"] == "expired"
    assert programme.close() == Closed()


def test_of_a_letter_about_two_sessions_the_one_that_was_cancelled_is_not_told(programme: Programme) -> None:
    person = programme.person()
    stays, goes = programme.session(), programme.session()
    kept, lost = programme.enrol(stays, person), programme.enrol(goes, person)
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(going=2, messages=1)
    programme.cancel(goes)
    programme.minute()
    assert programme.post.rules()["mail"] == [("week",)]
    assert (programme.reminders(kept)["week"], programme.reminders(lost, 1)["week"]) == ("sent", "void")


def test_a_letter_with_nothing_left_to_tell_is_not_sent_and_ends_nothing_else(programme: Programme) -> None:
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE
    programme.queue()
    programme.leave(enrolment)
    programme.minute()
    assert programme.post.told["mail"] == []
    ((state, cause),) = sql(
        programme.region, "SELECT state, cause FROM effect WHERE subject LIKE 'reminder.%'"
    )
    assert (state, cause) == ("rejected", "moot")
    assert programme.reminders(enrolment)["week"] == "void"


def test_no_letter_tells_of_a_subject_that_there_is_not(programme: Programme) -> None:
    known = reminders.named(RULES)
    letter = ProgrammeLetter("reminder", 1, subject="reminder.1.0", reminders=(1,))
    assert reminders.live(programme.region, known, "mail", letter, programme.now) == []


# Left, and came back


def test_who_left_and_came_back_is_reminded_once(programme: Programme) -> None:
    """The letter of before still waited and named the reminder, as did the one that it was put in anew: they got both."""
    session, person = programme.session(), programme.person()
    enrolment = programme.enrol(session, person)
    programme.now = WEEK_BEFORE - 2 * HOUR
    programme.enrol(programme.session(starts_wall=STARTS - 3 * HOUR), person)
    programme.now = WEEK_BEFORE
    programme.queue()
    programme.leave(enrolment)
    assert programme.reminders(enrolment)["week"] == "void"
    programme.now -= (
        2 * HOUR
    )  # a clock that was set back: the registration is two hours before the moment again
    assert programme.enrol(session, person).turn == 2
    programme.now += 2 * HOUR
    assert programme.reminders(enrolment)["week"] == "waiting"
    programme.queue()
    programme.minute()
    sent = [number for letter in programme.post.told["mail"] for number in letter]
    assert len(sent) == len(set(sent)) == 1
    assert programme.reminders(enrolment)["week"] == "sent"


def test_a_letter_that_staff_send_again_tells_nothing_that_another_letter_tells(programme: Programme) -> None:
    """Its SMS was refused and a mail was under way: the SMS, asked for again, took the reminder out of the mail."""
    enrolment = programme.enrolled()
    programme.post.answers["sms"] = "rejected"
    programme.now = BEGINS - 2 * HOUR
    programme.minute()
    programme.queue()
    programme.post.answers["sms"] = "done"
    assert programme.post.again("sms") == 1
    programme.minute()
    programme.minute()
    assert programme.post.rules() == {"mail": [("hours",)], "sms": []}
    assert programme.reminders(enrolment)["hours"] == "sent"


def test_who_came_back_is_not_reminded_again_of_what_they_were_told(programme: Programme) -> None:
    session, person = programme.session(), programme.person()
    enrolment = programme.enrol(session, person)
    programme.now = WEEK_BEFORE
    programme.minute()
    programme.leave(enrolment)
    programme.enrol(session, person)
    programme.now = BEGINS - DAY
    programme.minute()
    assert programme.post.rules()["mail"] == [("week",), ("day",)]
    assert set(programme.reminders(enrolment)) == {"week", "day", "hours", "thanks", "missed", "never"}


# Parked


def parked(programme: Programme) -> Enrolment:
    """A reminder whose letter may have arrived, or not."""
    enrolment = programme.enrolled()
    programme.post.answers["mail"] = "unknown"
    programme.now = WEEK_BEFORE
    programme.minute()
    assert programme.reminders(enrolment)["week"] == "queued"
    assert programme.post.give_up("mail") == 1
    assert programme.close() == Closed(parked=1)
    programme.post.answers["mail"] = "done"
    return enrolment


def test_a_letter_that_nobody_can_look_up_is_parked_and_never_sent_by_itself(programme: Programme) -> None:
    enrolment = parked(programme)
    for _ in range(3):
        programme.now += HOUR
        programme.minute()
    assert programme.reminders(enrolment)["week"] == "parked"
    assert len(programme.post.told["mail"]) == 1


def test_a_parked_letter_that_staff_send_again_is_sent(programme: Programme) -> None:
    enrolment = parked(programme)
    assert programme.post.again("mail") == 1
    programme.post.send("mail")
    assert programme.close() == Closed(sent=1)
    assert programme.reminders(enrolment)["week"] == "sent"


@pytest.mark.parametrize("why", ["too late", "left", "no consent"])
def test_a_parked_letter_that_staff_send_again_and_that_may_not_go_stays_parked(
    programme: Programme, why: str
) -> None:
    """It ended as expired, or void: never sent, said the table, though the first letter had arrived. Nobody knew which."""
    enrolment = parked(programme)
    match why:
        case "too late":
            programme.now = BEGINS - 3 * HOUR
        case "left":
            programme.leave(enrolment)
        case "no consent":
            contacts.withdraw(programme.region, enrolment.contact_id, "one-click", programme.now)
    programme.post.again("mail")
    programme.post.send("mail")
    programme.minute()
    assert programme.reminders(enrolment)["week"] == "parked"
    assert len(programme.post.told["mail"]) == 1


def test_what_is_due_does_not_join_a_parked_letter_that_waits_to_be_sent_again(programme: Programme) -> None:
    parked(programme)
    programme.post.again("mail")
    programme.now = BEGINS - DAY
    assert programme.queue() == Queued(going=1, messages=1)


# Several rules at one moment


def test_two_rules_of_one_moment_are_one_letter(region: Region) -> None:
    programme = Programme(region, rules=[WEEK, rule("another", when=WEEK.when), DAY_BEFORE, TWO_HOURS])
    enrolment = programme.enrolled()
    programme.now = WEEK_BEFORE
    assert programme.queue() == Queued(going=2, messages=1)
    programme.minute()
    states = programme.reminders(enrolment)
    assert (states["week"], states["another"]) == ("sent", "sent")


def test_what_is_too_late_ends_though_its_letter_cannot_leave(programme: Programme) -> None:
    """A relay that was away for a day: of each claim only the first letter was tried, and judged. What waited behind it stayed
    queued past its cut-off, and its coach learnt of it when the session was over."""
    programme.rules = (DAY_BEFORE, TWO_HOURS)
    enrolment = programme.enrolled(phone=None)
    programme.now = BEGINS - DAY
    assert programme.queue().messages == 1
    programme.post.answers["mail"] = "retry"
    programme.post.send("mail")
    programme.now = BEGINS - 3 * HOUR
    assert programme.queue() == Queued(expired=1)
    assert programme.reminders(enrolment)["day"] == "expired"
    assert programme.queue() == Queued()


def test_what_is_leaving_is_not_ended(programme: Programme) -> None:
    programme.rules = (DAY_BEFORE,)
    enrolment = programme.enrolled()
    programme.now = BEGINS - DAY
    programme.queue()
    lease, intents = programme.post.claim("mail")
    receipts = [programme.post.deliver("mail", intent) for intent in intents]
    programme.now = BEGINS - 3 * HOUR
    assert programme.queue() == Queued()
    programme.post.receive(lease, receipts)
    programme.close()
    assert programme.reminders(enrolment) == {"day": "sent"}
