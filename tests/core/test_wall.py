from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.wall import instant, wall_of
from schemas.errors import Rejected

PARIS = "Europe/Paris"
HOUR = dt.timedelta(hours=1)
YEARS = range(2024, 2040)
zones = st.sampled_from([PARIS, "Indian/Reunion", "America/Martinique", "Australia/Lord_Howe", "UTC"])
walls = st.datetimes(dt.datetime.fromisoformat("1990-01-01"), dt.datetime.fromisoformat("2100-01-01"))
instants = walls.map(lambda wall: wall.replace(tzinfo=dt.UTC))


def last_sunday(year: int, month: int) -> dt.date:
    """When clocks change in the Union: directive 2000/84/EC, at 01:00 UTC."""
    day = dt.date(year, month, 31)
    return day - dt.timedelta(days=(day.weekday() + 1) % 7)


def at(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock))


@pytest.mark.parametrize(
    ("wall", "utc"),
    [
        ("2026-01-15T18:30", "2026-01-15T17:30"),
        ("2026-07-15T18:30", "2026-07-15T16:30"),
        ("2026-03-29T01:59", "2026-03-29T00:59"),
        ("2026-03-29T02:00", "2026-03-29T01:00"),  # skipped: it is 03:00
        ("2026-03-29T02:30", "2026-03-29T01:30"),  # 03:30
        ("2026-03-29T03:00", "2026-03-29T01:00"),
        ("2026-10-25T01:59", "2026-10-24T23:59"),
        ("2026-10-25T02:00", "2026-10-25T00:00"),  # shown twice: the first
        ("2026-10-25T02:59", "2026-10-25T00:59"),
        ("2026-10-25T03:00", "2026-10-25T02:00"),
    ],
)
def test_a_wall_time_is_the_instant_that_people_mean(wall: str, utc: str) -> None:
    assert instant(dt.datetime.fromisoformat(wall), PARIS) == dt.datetime.fromisoformat(f"{utc}+00:00")


@pytest.mark.parametrize("year", YEARS)
@given(st.integers(0, 59), st.integers(0, 59))
def test_a_time_that_clocks_skip_is_as_much_later_as_they_skip(year: int, minute: int, second: int) -> None:
    skipped = at(last_sunday(year, 3), f"02:{minute:02}:{second:02}")
    assert wall_of(instant(skipped, PARIS), PARIS) == skipped + HOUR


@pytest.mark.parametrize("year", YEARS)
@given(st.integers(0, 59), st.integers(0, 59))
def test_a_time_that_clocks_show_twice_is_the_first(year: int, minute: int, second: int) -> None:
    twice = at(last_sunday(year, 10), f"02:{minute:02}:{second:02}")
    first = instant(twice, PARIS)
    assert wall_of(first, PARIS) == wall_of(first + HOUR, PARIS) == twice
    assert wall_of(first - HOUR, PARIS) == twice - HOUR
    assert instant(twice.replace(fold=1), PARIS) == first


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(("month", "hours"), [(3, 23), (10, 25)])
def test_the_day_that_clocks_change_has_the_hours_it_has(year: int, month: int, hours: int) -> None:
    day = last_sunday(year, month)
    midnight, next_midnight = at(day, "00:00"), at(day + dt.timedelta(days=1), "00:00")
    assert instant(next_midnight, PARIS) - instant(midnight, PARIS) == hours * HOUR


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("month", [3, 10])
def test_around_a_change_of_clocks_every_instant_is_shown_and_meant(year: int, month: int) -> None:
    change = at(last_sunday(year, month), "01:00").replace(tzinfo=dt.UTC)
    around = [change + dt.timedelta(minutes=minute) for minute in range(-150, 150)]
    for moment in around:
        again = month == 10 and change <= moment < change + HOUR  # the second time that clocks show it
        assert instant(wall_of(moment, PARIS), PARIS) == (moment - HOUR if again else moment)


@given(instants, zones)
def test_there_and_back_is_the_same_instant_but_when_clocks_show_it_a_second_time(
    moment: dt.datetime, zone: str
) -> None:
    back = instant(wall_of(moment, zone), zone)
    assert back == moment or (back < moment and wall_of(back, zone) == wall_of(moment, zone))


@given(walls, zones)
def test_back_and_there_is_the_same_wall_time_but_when_clocks_skip_it(wall: dt.datetime, zone: str) -> None:
    shown = wall_of(instant(wall, zone), zone)
    assert shown == wall or wall < shown <= wall + HOUR
    assert shown.tzinfo is None


@given(st.lists(walls, min_size=2, max_size=5), zones)
def test_what_clocks_do_show_comes_in_the_order_in_which_they_show_it(
    chosen: list[dt.datetime], zone: str
) -> None:
    assume(all(wall_of(instant(wall, zone), zone) == wall for wall in chosen))
    meant = [instant(wall, zone) for wall in sorted(chosen)]
    assert all(one <= other for one, other in pairwise(meant))


@given(instants, zones, st.integers(-14, 14))
def test_the_zone_in_which_an_instant_is_written_does_not_matter(
    moment: dt.datetime, zone: str, hours: int
) -> None:
    elsewhere = moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))
    assert wall_of(elsewhere, zone) == wall_of(moment, zone)
    assert instant(wall_of(moment, zone), zone).tzinfo is dt.UTC


@pytest.mark.parametrize(
    "zone", ["", "Paris", "Europe", "Europe/Paris\n", "../../etc/passwd", "/etc/localtime", "a\0b"]
)
def test_a_zone_that_is_not_there_is_refused_with_an_example(zone: str) -> None:
    with pytest.raises(Rejected, match="Europe/Paris"):
        instant(dt.datetime.fromisoformat("2026-01-15T18:30"), zone)
    with pytest.raises(Rejected, match="Europe/Paris"):
        wall_of(dt.datetime.fromisoformat("2026-01-15T18:30Z"), zone)


def test_an_instant_is_not_taken_for_a_wall_time_nor_the_other_way_round() -> None:
    with pytest.raises(AssertionError):
        instant(dt.datetime.fromisoformat("2026-01-15T18:30Z"), PARIS)
    with pytest.raises(AssertionError):
        wall_of(dt.datetime.fromisoformat("2026-01-15T18:30"), PARIS)
