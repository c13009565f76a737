from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from core.answer_clock import answer_clock
from core.days import PARIS, paris_day
from core.questions import due

instants = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2040, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


@given(instants, st.integers(0, 60), st.integers(0, 100 * 24))
def test_days_left_fall_to_none_and_days_late_begin_the_day_after(
    published: dt.datetime, days: int, hours: int
) -> None:
    now = published + dt.timedelta(hours=hours)
    clock = answer_clock(due(published, days), now)
    passed = (paris_day(now) - paris_day(published)).days
    assert clock.left - clock.late == days - passed
    assert not (clock.left and clock.late)
    assert clock.until == paris_day(published) + dt.timedelta(days=days)


@given(instants, st.integers(1, 60))
def test_it_is_late_from_midnight_in_paris_and_not_before(published: dt.datetime, days: int) -> None:
    end = due(published, days)
    assert answer_clock(end, end - dt.timedelta(seconds=1)).late == 0
    assert answer_clock(end, end).late == 1


def test_a_day_when_clocks_change_is_a_day() -> None:
    published = dt.datetime(2027, 3, 20, 12, tzinfo=dt.UTC)
    clock = answer_clock(due(published, 15), dt.datetime(2027, 4, 5, 0, 30, tzinfo=PARIS))
    assert (clock.until, clock.left, clock.late) == (dt.date(2027, 4, 4), 0, 1)
