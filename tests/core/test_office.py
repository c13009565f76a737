"""Office hours: days and hours of work in Paris, and how much of them passed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.office import LONGEST, Office

OFFICE = Office(frozenset(range(5)), dt.time(8), dt.time(19))
BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
INSTANTS = st.integers(0, 4 * 365 * 86_400).map(lambda seconds: BEGIN + dt.timedelta(seconds=seconds))
LENGTHS = st.timedeltas(dt.timedelta(), dt.timedelta(days=20))


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-24T07:59:59+01:00", False),
        ("2026-11-24T08:00:00+01:00", True),
        ("2026-11-24T18:59:59+01:00", True),
        ("2026-11-24T19:00:00+01:00", False),
        ("2026-11-28T10:00:00+01:00", False),  # Saturday
        ("2026-11-11T10:00:00+01:00", False),  # Armistice, a Wednesday
        ("2026-07-14T10:00:00+02:00", False),
        ("2026-07-15T08:00:00+02:00", True),  # summer time: six in UTC
    ],
)
def test_it_is_open_on_working_days_by_the_clock_in_paris(at: str, *, is_open: bool) -> None:
    assert OFFICE.is_open(paris(at)) is is_open


def test_a_weekend_does_not_count() -> None:
    friday, monday = paris("2026-11-27T18:00:00+01:00"), paris("2026-11-30T09:00:00+01:00")
    assert OFFICE.elapsed(friday, monday) == dt.timedelta(hours=2)


@given(INSTANTS, LENGTHS, LENGTHS)
def test_what_passed_adds_up_and_is_never_more_than_what_passed_on_the_clock(
    since: dt.datetime, one: dt.timedelta, other: dt.timedelta
) -> None:
    between, until = since + one, since + one + other
    whole = OFFICE.elapsed(since, until)
    assert whole == OFFICE.elapsed(since, between) + OFFICE.elapsed(between, until)
    assert dt.timedelta() <= whole <= one + other


@given(INSTANTS)
def test_a_minute_counts_when_it_is_open(at: dt.datetime) -> None:
    minute = at.replace(second=0, microsecond=0)
    counted = OFFICE.elapsed(minute, minute + dt.timedelta(minutes=1))
    assert counted == (dt.timedelta(minutes=1) if OFFICE.is_open(minute) else dt.timedelta())


@given(INSTANTS)
def test_however_long_ago_it_is_counted_quickly(until: dt.datetime) -> None:
    assert OFFICE.elapsed(until - dt.timedelta(days=9000), until) == OFFICE.elapsed(until - LONGEST, until)
