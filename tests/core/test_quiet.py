"""Quiet hours, held against the law's own list of holidays and Gauss's Easter, not against the package that core uses."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.quiet import LONGEST, is_quiet, last_allowed, next_allowed

PARIS = ZoneInfo("Europe/Paris")
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
FIXED = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
instants = st.datetimes(
    dt.datetime.fromisoformat("2015-01-01"),
    dt.datetime.fromisoformat("2099-12-01"),
    timezones=st.just(dt.UTC),
)


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


def easter(year: int) -> dt.date:
    """Butcher's rule (J. Meeus, Astronomical Algorithms, chapter 8)."""
    golden, century, of_century = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - epact - of_century % 4) % 7
    month, day = divmod(epact + weekday - 7 * ((golden + 11 * epact + 22 * weekday) // 451) + 114, 31)
    return dt.date(year, month, day + 1)


def free(day: dt.date) -> bool:
    moves = {easter(day.year) + days * DAY for days in (1, 39, 50)}  # Easter Monday, Ascension, Whit Monday
    return day.isoweekday() == 7 or (day.month, day.day) in FIXED or day in moves


def quiet(moment: dt.datetime) -> bool:
    """As staff would say it."""
    wall = moment.astimezone(PARIS)
    return wall.hour < 8 or wall.hour >= 20 or free(wall.date())


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("2026-11-24T07:59:59", True),  # a Tuesday
        ("2026-11-24T08:00:00", False),
        ("2026-11-24T19:59:59", False),
        ("2026-11-24T20:00:00", True),
        ("2026-11-28T12:00:00", False),  # a Saturday
        ("2026-11-29T12:00:00", True),  # a Sunday
        ("2026-04-06T12:00:00", True),  # Easter Monday
        ("2026-05-14T12:00:00", True),  # Ascension
        ("2026-05-25T12:00:00", True),  # Whit Monday
        ("2025-07-14T12:00:00", True),  # on a Monday
        ("2027-11-01T12:00:00", True),  # on a Monday
        ("2026-11-11T12:00:00", True),
        ("2026-12-25T12:00:00", True),
        ("2026-12-26T12:00:00", False),  # a holiday in Alsace and Moselle only
        ("2026-04-03T12:00:00", False),  # Good Friday: there too
        ("2026-06-24T12:00:00", False),  # an ordinary Wednesday
    ],
)
def test_evenings_sundays_and_the_holidays_of_the_whole_of_france_are_quiet(
    wall: str, *, expected: bool
) -> None:
    assert is_quiet(paris(wall)) is expected


@given(instants)
@example(paris("2026-03-29T03:30"))
@example(paris("2026-10-25T02:30"))
def test_it_is_quiet_when_staff_would_say_so(at: dt.datetime) -> None:
    assert is_quiet(at) is quiet(at)


@pytest.mark.parametrize(
    ("wall", "earlier", "later"),
    [
        ("2026-11-24T12:00", "2026-11-24T12:00", "2026-11-24T12:00"),
        ("2026-11-24T19:00", "2026-11-24T19:00", "2026-11-24T19:00"),
        ("2026-11-24T19:30", "2026-11-24T19:00", "2026-11-24T19:30"),  # an hour is left for a slow relay
        ("2026-11-24T20:00", "2026-11-24T19:00", "2026-11-25T08:00"),
        ("2026-11-25T07:59", "2026-11-24T19:00", "2026-11-25T08:00"),
        ("2026-11-25T08:00", "2026-11-25T08:00", "2026-11-25T08:00"),
        ("2026-11-28T20:00", "2026-11-28T19:00", "2026-11-30T08:00"),  # over a Sunday
        ("2026-11-29T12:00", "2026-11-28T19:00", "2026-11-30T08:00"),
        ("2026-11-30T07:00", "2026-11-28T19:00", "2026-11-30T08:00"),
        ("2026-04-05T12:00", "2026-04-04T19:00", "2026-04-07T08:00"),  # Easter
        ("2025-07-14T12:00", "2025-07-12T19:00", "2025-07-15T08:00"),  # 14 July on a Monday
        (
            "2027-11-01T12:00",
            "2027-10-30T19:00",
            "2027-11-02T08:00",
        ),  # 1 November too, and clocks go back before it
        ("2026-03-29T02:30", "2026-03-28T19:00", "2026-03-30T08:00"),  # clocks go forward
        ("2026-10-25T02:30", "2026-10-24T19:00", "2026-10-26T08:00"),  # and back
        ("2027-01-01T07:00", "2026-12-31T19:00", "2027-01-02T08:00"),  # over a year's end
    ],
)
def test_the_nearest_time_at_which_people_are_written_to(wall: str, earlier: str, later: str) -> None:
    assert last_allowed(paris(wall)) == paris(earlier)
    assert next_allowed(paris(wall)) == paris(later)


@given(instants)
@example(paris("2027-10-30T20:00"))
def test_what_is_moved_is_never_quiet_and_moves_the_right_way(at: dt.datetime) -> None:
    earlier, later = last_allowed(at), next_allowed(at)
    assert earlier <= at <= later
    assert not quiet(earlier)
    assert not quiet(later)
    assert later - at <= LONGEST
    assert at - earlier <= LONGEST + HOUR
    assert earlier.tzinfo is later.tzinfo is dt.UTC


@given(instants)
def test_what_is_not_quiet_is_not_moved_later(at: dt.datetime) -> None:
    assert (next_allowed(at) == at) is not quiet(at)


@given(instants)
def test_what_is_not_quiet_for_another_hour_is_not_moved_earlier(at: dt.datetime) -> None:
    assert (last_allowed(at) == at) is not (quiet(at) or quiet(at + HOUR - dt.timedelta(microseconds=1)))


@given(instants, st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_no_nearer_time_would_do(at: dt.datetime, share: float) -> None:
    between = at + (next_allowed(at) - at) * share
    assert next_allowed(at) in {at, between} or quiet(between)
    before = at - (at - last_allowed(at)) * share
    assert last_allowed(at) in {at, before} or quiet(before) or quiet(before + HOUR)


@given(instants)
def test_what_was_moved_once_stays(at: dt.datetime) -> None:
    assert next_allowed(next_allowed(at)) == next_allowed(at)
    assert last_allowed(last_allowed(at)) == last_allowed(at)


@given(instants, st.timedeltas(dt.timedelta(0), dt.timedelta(days=5)))
def test_moved_times_never_overtake_each_other(at: dt.datetime, more: dt.timedelta) -> None:
    assert next_allowed(at) <= next_allowed(at + more)
    assert last_allowed(at) <= last_allowed(at + more)


@given(instants, st.integers(-14, 14))
def test_the_zone_in_which_an_instant_is_written_does_not_matter(at: dt.datetime, hours: int) -> None:
    elsewhere = at.astimezone(dt.timezone(hours * HOUR))
    assert (is_quiet(elsewhere), next_allowed(elsewhere), last_allowed(elsewhere)) == (
        is_quiet(at),
        next_allowed(at),
        last_allowed(at),
    )


def test_every_day_until_the_end_of_the_century_is_free_or_not_as_the_law_says() -> None:
    days = (dt.date(2015, 1, 1) + DAY * number for number in range(31_046))
    assert [day for day in days if is_quiet(paris(f"{day}T12:00")) is not free(day)] == []


def test_it_is_never_quiet_for_longer_than_is_said() -> None:
    evenings = [paris("2015-01-01T20:00") + DAY * number for number in range(31_040)]
    stretches = [next_allowed(each) - each.astimezone(dt.UTC) for each in evenings if not free(each.date())]
    assert max(stretches) == LONGEST
