"""Instances of repeating events, held against a library that is not ours."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
import recurring_ical_events  # type: ignore[import-untyped]
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from core.calendar_events import events
from core.recurrences import instances
from schemas.errors import Rejected
from tests.core.calendars import FIRST, LAST, calendar, event
from tests.examples import scaled

Spans = list[tuple[dt.datetime, dt.datetime]]
TEN = "DTSTART;TZID=Europe/Paris:20261001T100000"
HOUR = "DURATION:PT1H"


def spans(*lines: str, first: dt.datetime = FIRST, last: dt.datetime = LAST) -> Spans:
    (found,), faults = events(calendar(event(*lines)))
    assert faults == []
    return list(instances(found, frozenset(), first, last))


def starts(*lines: str) -> list[str]:
    return [f"{begins:%d.%m %H:%M}" for begins, _ in spans(*lines)]


def test_a_meeting_stays_at_its_hour_when_the_clocks_change() -> None:
    """radicale 3.9 keeps the offset of the first instance: all winter its expand and free-busy were an hour early."""
    assert starts(TEN, HOUR, "RRULE:FREQ=WEEKLY") == ["26.11 09:00", "03.12 09:00"]


def test_days_are_those_of_paris() -> None:
    (day,) = spans("DTSTART;VALUE=DATE:20261203")
    assert day == (dt.datetime(2026, 12, 2, 23, tzinfo=dt.UTC), dt.datetime(2026, 12, 3, 23, tzinfo=dt.UTC))
    (autumn,) = spans("DTSTART;VALUE=DATE:20261025", first=dt.datetime(2026, 10, 20, tzinfo=dt.UTC))
    assert autumn[1] - autumn[0] == dt.timedelta(hours=25)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("RRULE:FREQ=WEEKLY;COUNT=9",), ["26.11 09:00"]),
        (("RRULE:FREQ=WEEKLY;UNTIL=20261126T090000Z",), ["26.11 09:00"]),
        (("RRULE:FREQ=WEEKLY;UNTIL=20261126T085959Z",), []),
        (("RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z",), ["26.11 09:00", "03.12 09:00"]),
        (("RRULE:FREQ=WEEKLY;UNTIL=00010101T000000Z",), []),
        (("RRULE:FREQ=WEEKLY;UNTIL=20261126",), ["26.11 09:00"]),
        (("RRULE:FREQ=WEEKLY", "EXDATE;TZID=Europe/Paris:20261126T100000"), ["03.12 09:00"]),
        (("RRULE:FREQ=WEEKLY", "EXDATE:20261126T090000Z,20261203T090000Z"), []),
        (("RRULE:FREQ=WEEKLY", "EXDATE;VALUE=DATE:20261126"), ["03.12 09:00"]),
        (("RDATE;TZID=Europe/Paris:20261130T080000",), ["30.11 07:00"]),
        (("RDATE;VALUE=PERIOD:20261130T080000Z/PT2H",), ["30.11 08:00"]),
        (("RRULE:FREQ=MONTHLY;BYDAY=1TU",), ["01.12 09:00"]),
        (("RRULE:FREQ=WEEKLY", "RRULE:FREQ=WEEKLY;BYDAY=MO"), ["23.11 09:00", "26.11 09:00", "30.11 09:00", "03.12 09:00"]),
    ],
)  # fmt: skip
def test_rules_exceptions_and_extra_dates(lines: tuple[str, ...], expected: list[str]) -> None:
    assert starts(TEN, HOUR, *lines) == expected


def test_what_began_before_and_lasts_is_within() -> None:
    assert starts("DTSTART:20261120T080000Z", "DTEND:20261123T080000Z") == ["20.11 08:00"]
    assert starts("DTSTART:20261120T080000Z", "DTEND:20261123T000000Z") == []
    assert starts("DTSTART:20261207T000000Z", HOUR) == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("FREQ=SECONDLY", "within a day"),
        ("FREQ=HOURLY;BYHOUR=10", "within a day"),
        ("FREQ=DAILY;BYHOUR=9,10,11", "within a day"),
        ("FREQ=DAILY;INTERVAL=0", "no time at all"),
        ("FREQ=DAILY;INTERVAL=-1", "no time at all"),
        ("FREQ=DAILY;COUNT=0", "not once"),
        ("FREQ=DAILY;BYMONTH=12;RSCALE=HEBREW", "RSCALE, which is not read"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO, which is not read"),
        ("BYDAY=MO", "within a day"),
    ],
)
def test_a_rule_that_is_not_read_says_so(rule: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        spans(TEN, HOUR, f"RRULE:{rule}")


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20260101T000000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"),
        ("DTSTART:20260101T000000Z", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5"),
        ("DTSTART:19500101T000000Z", "RRULE:FREQ=DAILY"),
        ("DTSTART:20260101T000000Z", "RRULE:FREQ=YEARLY;INTERVAL=999999999"),
    ],
)
def test_no_rule_keeps_a_worker_busy(lines: tuple[str, ...]) -> None:
    began = time.process_time()
    spans(*lines, HOUR)
    assert time.process_time() - began < 1


def test_an_event_with_rules_without_end_is_told() -> None:
    with pytest.raises(Rejected, match="9 RRULE"):
        spans(TEN, HOUR, *["RRULE:FREQ=WEEKLY"] * 9)


def test_what_has_repeated_for_ages_is_told() -> None:
    with pytest.raises(Rejected, match="longer than is read"):
        spans("DTSTART:16010101T000000Z", HOUR, "RRULE:FREQ=DAILY")


rules = st.builds(
    lambda pace, interval, end, by: f"RRULE:FREQ={pace};INTERVAL={interval}{end}{by}",
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 4),
    st.sampled_from(["", ";COUNT=1", ";COUNT=40", ";UNTIL=20261201T090000Z", ";UNTIL=20260401T000000Z"]),
    st.sampled_from(["", ";BYDAY=TH", ";BYDAY=MO,TH,SU", ";BYMONTHDAY=1,-1", ";BYMONTH=3,10,12"]),
)
zones = st.sampled_from(["Europe/Paris", "America/New_York", "Indian/Reunion"])
days = st.dates(dt.date(2025, 10, 1), dt.date(2026, 12, 10))


@settings(max_examples=scaled(60))
@given(
    days,
    st.integers(4, 23),
    zones,
    st.integers(1, 40),
    rules,
    st.lists(days, max_size=3),
    st.sampled_from(["RDATE", "EXDATE"]),
)
def test_instances_are_those_of_another_library(
    day: dt.date, hour: int, zone: str, length: int, rule: str, others: list[dt.date], kind: str
) -> None:
    """From 4 o'clock on: what a rule says of an hour that clocks skip is a matter of taste."""
    listed = [f"{kind};TZID={zone}:{other:%Y%m%d}T{hour:02}0000" for other in others]
    lines = [f"DTSTART;TZID={zone}:{day:%Y%m%d}T{hour:02}0000", f"DURATION:PT{length}H", rule, *listed]
    assume("UNTIL" not in rule or f"{day:%Y%m%d}" < rule.partition("UNTIL=")[2][:8])
    ours = spans(*lines)
    assert ours == _theirs(calendar(event(*lines)))


@settings(max_examples=scaled(30))
@given(days, st.integers(1, 5), rules.filter(lambda rule: "UNTIL" not in rule))
def test_days_are_those_of_another_library(day: dt.date, length: int, rule: str) -> None:
    lines = [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DURATION:P{length}D", rule]
    middays = [begins + dt.timedelta(hours=2) for begins, _ in spans(*lines)]
    theirs = recurring_ical_events.of(Calendar.from_ical(calendar(event(*lines)))).between(FIRST, LAST)
    expected = {each["DTSTART"].dt for each in theirs}
    assert {midday.date() for midday in middays} >= expected
    edge = {FIRST.date() - dt.timedelta(days=length), LAST.date()}
    assert {midday.date() for midday in middays} - expected <= edge


def _theirs(content: bytes) -> Spans:
    found: list[Any] = recurring_ical_events.of(Calendar.from_ical(content)).between(FIRST, LAST)
    return sorted(
        (each["DTSTART"].dt.astimezone(dt.UTC), each["DTEND"].dt.astimezone(dt.UTC)) for each in found
    )
