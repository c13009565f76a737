"""Judging a reminder: every way in which it must not go, and that it goes when none of them holds."""

from __future__ import annotations

import datetime as dt
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging import Attendance, Facts, State, Verdict, carrier, judge
from core.reminders import Audience, Days, Purpose, Rule, Transport
from tests.makers import NOON
from tests.reminder_rules import DAY_BEFORE, MISSED, NEVER, RULES, THANKS, TWICE, TWO_HOURS, after, rule

DAY = dt.timedelta(days=1)
ALLOWED: tuple[tuple[Purpose, Transport], ...] = tuple(
    (purpose, transport) for purpose in get_args(Purpose) for transport in get_args(Transport)
)
FACTS = Facts(
    until=NOON + DAY,
    version=1,
    current=1,
    cancelled=False,
    attendance="registered",
    missed_before=False,
    ever_came=False,
    consents=ALLOWED,
    addresses=("mail", "sms"),
)


def verdict(rule: Rule | None = DAY_BEFORE, now: dt.datetime = NOON, **changes: Any) -> Verdict:
    return judge(rule, msgspec.structs.replace(FACTS, **changes), now)


def of_audience(audience: Audience) -> Rule:
    return DAY_BEFORE if audience == "registered" else after("after", 1, audience)


subsets = st.frozensets(st.sampled_from(ALLOWED))
transports = st.lists(st.sampled_from(get_args(Transport)), unique=True)
facts = st.builds(
    Facts,
    until=st.timedeltas(-2 * DAY, 2 * DAY).map(lambda after: NOON + after),
    version=st.integers(1, 2),
    current=st.integers(1, 2),
    cancelled=st.booleans(),
    attendance=st.sampled_from(get_args(Attendance)),
    missed_before=st.booleans(),
    ever_came=st.booleans(),
    consents=subsets,
    addresses=transports,
    tried=transports,
)
rules = st.sampled_from(RULES)


def test_a_reminder_that_is_true_wanted_allowed_and_in_time_goes() -> None:
    assert verdict() == Verdict("go", transports=("mail",))


def test_a_reminder_of_a_rule_that_is_gone_is_void() -> None:
    assert verdict(None) == Verdict("void", "there is no such rule any more")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cancelled": True}, "the session is cancelled"),
        ({"current": 2}, "the session is at another time or place"),
        ({"attendance": "left"}, "they do not take part any more"),
        ({"attendance": "waiting"}, "they do not take part any more"),
    ],
)
@pytest.mark.parametrize("now", [NOON, NOON + 2 * DAY], ids=["in time", "too late"])
def test_what_is_not_true_is_void_also_when_it_is_too_late(
    changes: dict[str, Any], why: str, now: dt.datetime
) -> None:
    """Else a coach would be asked to phone somebody about a session that is cancelled."""
    assert verdict(now=now, **changes) == Verdict("void", why)


def test_from_its_cut_off_on_it_is_too_late_and_not_a_moment_before() -> None:
    assert verdict(now=FACTS.until - dt.timedelta(microseconds=1)).state == "go"
    assert verdict(now=FACTS.until) == Verdict("expired", "it was not sent before 2026-11-25 12:00 UTC")


@pytest.mark.parametrize("late", [dt.timedelta(minutes=1), DAY, 100 * DAY])
def test_how_late_it_is_does_not_matter_before_the_cut_off(late: dt.timedelta) -> None:
    assert verdict(until=NOON + late + dt.timedelta(minutes=1), now=NOON + late).state == "go"


# Who came

AUDIENCES: list[tuple[Audience, Attendance, dict[str, Any], State, str]] = [
    ("registered", "registered", {}, "go", ""),
    ("registered", "present", {}, "go", ""),
    ("registered", "absent", {}, "go", ""),
    ("present", "registered", {}, "wait", ""),
    ("present", "present", {}, "go", ""),
    ("present", "absent", {}, "void", "they were absent"),
    ("absent", "registered", {}, "wait", ""),
    ("absent", "present", {}, "void", "they came"),
    ("absent", "absent", {}, "go", ""),
    ("absent_twice", "registered", {"missed_before": True}, "wait", ""),
    ("absent_twice", "present", {"missed_before": True}, "void", "they came"),
    ("absent_twice", "absent", {"missed_before": True}, "go", ""),
    ("absent_twice", "absent", {"missed_before": False}, "void", "it was their first absence"),
    ("never_came", "registered", {}, "wait", ""),
    ("never_came", "present", {}, "void", "they came"),
    ("never_came", "absent", {}, "go", ""),
    ("never_came", "absent", {"ever_came": True}, "void", "somebody of the firm has come"),
]


@pytest.mark.parametrize(("audience", "attendance", "changes", "state", "why"), AUDIENCES)
def test_each_audience_is_whom_it_says(
    audience: Audience, attendance: Attendance, changes: dict[str, Any], state: State, why: str
) -> None:
    judged = verdict(of_audience(audience), attendance=attendance, **changes)
    assert (judged.state, judged.why) == (state, why)


def test_every_audience_and_attendance_is_judged_above() -> None:
    listed = {(audience, attendance) for audience, attendance, *_ in AUDIENCES}
    known = {"registered", "present", "absent"}
    assert listed == {(audience, attendance) for audience in get_args(Audience) for attendance in known}


def test_what_waits_to_be_known_does_not_wait_for_ever() -> None:
    """A coach who hands in no sheet is told in the end that nobody was thanked."""
    assert verdict(THANKS, now=FACTS.until - DAY).state == "wait"
    assert verdict(THANKS, now=FACTS.until).state == "expired"


# Whether, and by what, they may be reached


def test_a_purpose_that_no_consent_covers_is_refused_and_the_reason_names_it() -> None:
    sessions = [each for each in ALLOWED if each[0] == "sessions"]
    judged = verdict(NEVER, attendance="absent", consents=sessions)
    assert judged == Verdict("refused", "no consent covers invitations by mail")
    assert verdict(TWO_HOURS, consents=()).why == "no consent covers sessions by sms or mail"


def test_a_consent_to_one_transport_is_none_to_the_other() -> None:
    assert verdict(TWO_HOURS, consents=[("sessions", "mail")]).transports == ("mail",)
    assert verdict(DAY_BEFORE, consents=[("sessions", "sms")]).state == "refused"


def test_the_rule_s_order_of_transports_counts() -> None:
    assert verdict(TWO_HOURS).transports == ("sms", "mail")
    assert verdict(TWICE, attendance="absent", missed_before=True).transports == ("mail", "sms")


def test_without_an_address_or_after_every_transport_refused_nobody_is_reached() -> None:
    unreachable = Verdict("unreachable", "no address of theirs works")
    assert verdict(TWO_HOURS, addresses=("mail",)).transports == ("mail",)
    assert verdict(TWO_HOURS, tried=("sms",)).transports == ("mail",)
    assert verdict(TWO_HOURS, tried=("sms", "mail")) == unreachable
    assert verdict(TWO_HOURS, addresses=()) == unreachable
    assert verdict(TWO_HOURS, addresses=("sms",), tried=("sms",)) == unreachable


def test_no_consent_is_said_rather_than_no_address() -> None:
    """It is the stronger of two reasons: who has not agreed must not be asked for an address."""
    assert verdict(consents=(), addresses=()).state == "refused"


@given(rules, facts)
def test_nothing_goes_without_a_consent_an_address_and_a_reason(rule: Rule, facts: Facts) -> None:
    judged = judge(rule, facts, NOON)
    assert (judged.state == "go") is bool(judged.transports)
    assert (judged.why == "") is (judged.state in {"go", "wait"})
    for transport in judged.transports:
        assert transport in rule.transports
        assert (rule.purpose, transport) in facts.consents
        assert transport in facts.addresses
        assert transport not in facts.tried
    if judged.state in {"go", "wait"}:
        assert facts.until > NOON
        assert not facts.cancelled
        assert facts.version == facts.current
        assert facts.attendance not in {"left", "waiting"}


@given(rules, facts)
def test_what_goes_was_never_refused_for_a_reason_that_time_mends(rule: Rule, facts: Facts) -> None:
    """Judged again later, a reminder that ended would end: nothing is lost by ending it at once."""
    judged = judge(rule, facts, NOON)
    later = judge(rule, facts, NOON + 10 * DAY)
    if judged.state == "void":
        assert later == judged
    elif judged.state in {"refused", "unreachable", "expired"}:
        assert later.state in {judged.state, "expired"}
    else:
        assert later.state == "expired"


@given(rules, facts, st.sampled_from(ALLOWED))
def test_one_consent_less_never_makes_a_reminder_go(
    rule: Rule, facts: Facts, gone: tuple[Purpose, Transport]
) -> None:
    fewer = msgspec.structs.replace(facts, consents=set(facts.consents) - {gone})
    assert set(judge(rule, fewer, NOON).transports) <= set(judge(rule, facts, NOON).transports)


# What carries it


def test_alone_a_reminder_goes_by_its_first_transport_and_among_others_by_mail() -> None:
    both = Verdict("go", transports=("sms", "mail"))
    assert carrier(both, alone=True) == "sms"
    assert carrier(both, alone=False) == "mail"


def test_who_can_be_reached_by_sms_only_is_reached_by_sms() -> None:
    assert carrier(Verdict("go", transports=("sms",)), alone=False) == "sms"


@given(rules, facts, st.booleans())
def test_the_carrier_is_one_of_the_transports(rule: Rule, facts: Facts, alone: bool) -> None:  # noqa: FBT001
    judged = judge(rule, facts, NOON)
    if judged.state == "go":
        assert carrier(judged, alone=alone) in judged.transports


def test_a_rule_whose_cut_off_is_by_the_calendar_is_judged_by_the_instant() -> None:
    """The rule's own ``until`` has been worked out when it was armed: the day that it names is not asked again."""
    assert verdict(rule("odd", until=Days(-30))).state == "go"
    assert verdict(MISSED, attendance="absent", until=NOON).state == "expired"
