from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.busy import Availability, Busy, busy_in, is_ours, together
from schemas.errors import Rejected
from tests.core.calendars import FIRST, LAST, calendar, event
from tests.examples import scaled

AT = "DTSTART:20261203T100000Z"
HOUR = "DURATION:PT1H"


def read(*found: str) -> Availability:
    return busy_in(calendar(*found), FIRST, LAST)


def uids(*found: str) -> list[str]:
    return [span.uid for span in read(*found).busy]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("STATUS:CONFIRMED", True),
        ("STATUS:TENTATIVE", True),
        ("STATUS:CANCELLED", False),
        ("TRANSP:OPAQUE", True),
        ("TRANSP:TRANSPARENT", False),
        ("transp:transparent", False),
        ("CLASS:PRIVATE", True),
    ],
)
def test_busy_is_what_is_not_said_to_be_free(line: str, *, kept: bool) -> None:
    assert bool(read(event(AT, HOUR, line)).busy) is kept


def test_what_takes_no_time_keeps_nobody_busy() -> None:
    assert read(event(AT)).busy == ()


def test_our_own_events_have_their_marker() -> None:
    ours = event(AT, HOUR, "X-BOOSTEZ-MARKER:d1.o12-3f", uid="d1@portail.example")
    theirs = event(AT, "DURATION:PT2H", uid="z")
    found = busy_in(calendar(ours, theirs), FIRST, LAST, '"v1"').busy
    assert [(span.uid, span.marker, span.etag) for span in found] == [
        ("d1@portail.example", "d1.o12-3f", '"v1"'),
        ("z", "", '"v1"'),
    ]


def test_a_dialogue_of_ours_is_known_by_its_marker_or_its_name() -> None:
    """An official whose program takes in invitations was busy at the hour of their own dialogue, and could not keep it."""
    copied = event(AT, HOUR, "X-BOOSTEZ-MARKER:d1.o12-3f", uid="copy@home.example")
    invited = event(AT, HOUR, uid="d1@portail.example")
    found = read(
        copied, invited, event(AT, HOUR, uid="d1@notportail.example"), event(AT, HOUR, uid="portail.example")
    )
    ours = {span.uid for span in found.busy if is_ours(span, "https://portail.example:8443/x")}
    assert ours == {"copy@home.example", "d1@portail.example"}


def test_an_instance_that_was_moved_is_where_it_was_moved_to() -> None:
    weekly = event("DTSTART;TZID=Europe/Paris:20261001T100000", HOUR, "RRULE:FREQ=WEEKLY")
    moved = event("RECURRENCE-ID;TZID=Europe/Paris:20261126T100000", "DTSTART:20261127T150000Z", HOUR)
    dropped = event("RECURRENCE-ID:20261203T090000Z", "DTSTART:20261203T090000Z", HOUR, "STATUS:CANCELLED")
    found = read(weekly, moved, dropped)
    assert [f"{span.starts:%d.%m %H}" for span in found.busy] == ["27.11 15"]
    assert found.faults == ()


def test_an_instance_without_its_series_counts() -> None:
    assert uids(event("RECURRENCE-ID:20261126T090000Z", AT, HOUR)) == ["a@home.example"]


def test_a_bad_event_is_told_and_the_rest_is_read() -> None:
    found = read(
        event("DTSTART:demain", uid="bad@x"),
        event(AT, HOUR, "RRULE:FREQ=HOURLY", uid="hourly@x"),
        event(AT, HOUR, "RECURRENCE-ID;RANGE=THISANDFUTURE:20261203T100000Z", uid="range@x"),
        event("DTSTART:jamais", "STATUS:CANCELLED", uid="cancelled@x"),
        event(AT, HOUR, uid="good@x"),
    )
    assert [span.uid for span in found.busy] == ["good@x"]
    assert {fault.what for fault in found.faults} == {"bad@x", "hourly@x", "range@x", "cancelled@x"}
    assert all(fault.why for fault in found.faults)


def test_what_is_no_calendar_says_so() -> None:
    with pytest.raises(Rejected, match="no calendar"):
        busy_in(b"<html>", FIRST, LAST)


def test_several_calendars_are_one_in_order() -> None:
    late, early = (
        read(event(AT, HOUR)),
        read(event("DTSTART:20261201T100000Z", HOUR), event("X", uid="bad@x")),
    )
    whole = together([late, early, late])
    assert [span.starts.day for span in whole.busy] == [1, 3]
    assert [fault.what for fault in whole.faults] == ["bad@x"]


TIMES = (
    "20261203T100000Z", "20261203T100000", "20261203", "00010101T000000", "99991231T235959Z", "99991231", "jamais", "",
    "20261203T100000Z/PT1H", "PT1H", "-P1D", "P99999999999D", "20261203T100000Z,20261204T100000Z,x",
)  # fmt: skip
PARAMETERS = (
    "",
    ";VALUE=DATE",
    ";VALUE=PERIOD",
    ";TZID=Europe/Paris",
    ";TZID=Pacific/Kiritimati",
    ";TZID=../../etc/passwd",
    ";X",
)
RULES = (
    "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,2TU", "FREQ=MONTHLY;BYSETPOS=-1;BYDAY=FR", "FREQ=YEARLY;COUNT=3", "FREQ=DAILY;UNTIL=99991231",
    "FREQ=DAILY;UNTIL=20261203T100000", "FREQ=MONTHLY;BYMONTHDAY=31;INTERVAL=1000", "FREQ=;X", "FREQ=DAILY;BYDAY=", "COUNT=1", "",
)  # fmt: skip
LINES = st.builds(
    lambda name, parameter, value: f"{name}{parameter}:{value}",
    st.sampled_from(("DTSTART", "DTSTART", "DTEND", "DURATION", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "TRANSP")),
    st.sampled_from(PARAMETERS),
    st.sampled_from(TIMES),
) | st.sampled_from(RULES).map("RRULE:{}".format)  # fmt: skip


@settings(max_examples=scaled(300))
@given(st.lists(LINES, max_size=5))
def test_whatever_stands_in_an_event_it_is_read_or_told(lines: list[str]) -> None:
    found = read(event(*lines), event(AT, HOUR, uid="good@x"))
    assert "good@x" in [span.uid for span in found.busy]
    assert all(span.starts < span.ends for span in found.busy)


minutes = st.integers(0, 30 * 24 * 60)


@given(st.lists(st.tuples(minutes, st.integers(1, 3000)), max_size=8), minutes, minutes)
def test_exactly_the_spans_that_overlap_are_told(spans: list[tuple[int, int]], one: int, other: int) -> None:
    start = dt.datetime(2026, 10, 10, tzinfo=dt.UTC)
    first, last = (start + dt.timedelta(minutes=each) for each in sorted((one, other)))
    taken = [
        (start + dt.timedelta(minutes=at), start + dt.timedelta(minutes=at + length)) for at, length in spans
    ]
    content = calendar(
        *(
            event(f"DTSTART:{begins:%Y%m%dT%H%M%S}Z", f"DTEND:{ends:%Y%m%dT%H%M%S}Z", uid=str(number))
            for number, (begins, ends) in enumerate(taken)
        )
    )
    expected = sorted(
        Busy(begins, ends, str(number))
        for number, (begins, ends) in enumerate(taken)
        if begins < last and ends > first
    )
    assert list(busy_in(content, first, last).busy) == expected
