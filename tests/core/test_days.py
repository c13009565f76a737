from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.days import paris_day


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-01-15T22:59:59+00:00", "2026-01-15"),
        ("2026-01-15T23:00:00+00:00", "2026-01-16"),  # winter: an hour ahead
        ("2026-07-15T21:59:59+00:00", "2026-07-15"),
        ("2026-07-15T22:00:00+00:00", "2026-07-16"),  # summer: two
        ("2026-03-28T22:59:59+00:00", "2026-03-28"),
        ("2026-03-28T23:00:00+00:00", "2026-03-29"),  # the day of 23 hours begins
        ("2026-03-29T21:59:59+00:00", "2026-03-29"),
        ("2026-03-29T22:00:00+00:00", "2026-03-30"),  # and ends
        ("2026-10-24T21:59:59+00:00", "2026-10-24"),
        ("2026-10-24T22:00:00+00:00", "2026-10-25"),  # the day of 25 hours begins
        ("2026-10-25T22:59:59+00:00", "2026-10-25"),
        ("2026-10-25T23:00:00+00:00", "2026-10-26"),  # and ends
        ("2026-12-31T23:00:00+00:00", "2027-01-01"),
        ("2026-07-15T18:30:00-04:00", "2026-07-16"),
        ("2026-07-16T00:30:00+05:30", "2026-07-15"),
    ],
)
def test_a_day_is_the_one_that_people_in_paris_live(instant: str, day: str) -> None:
    assert paris_day(dt.datetime.fromisoformat(instant)) == dt.date.fromisoformat(day)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-24", 24)])
def test_a_day_has_the_hours_it_has(day: str, hours: int) -> None:
    begin = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) - dt.timedelta(hours=4)
    inside = [begin + dt.timedelta(hours=hour) for hour in range(36)]
    assert sum(paris_day(moment).isoformat() == day for moment in inside) == hours


@given(
    st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    st.integers(-14, 14),
)
def test_the_zone_in_which_an_instant_is_written_does_not_matter(moment: dt.datetime, hours: int) -> None:
    elsewhere = moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))
    assert paris_day(elsewhere) == paris_day(moment)


@given(
    st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=3)),
)
def test_days_never_run_backwards(moment: dt.datetime, later: dt.timedelta) -> None:
    assert paris_day(moment) <= paris_day(moment + later)
