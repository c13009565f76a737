"""When dialogues may begin, and that who does not plan does not pay for the solver."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from core.seasons import Slot
from core.seasons.starts import is_preferred, openings
from tests.core.seasons.worlds import at, rules


def test_a_slot_is_an_evening_in_paris_before_and_after_the_clocks_change() -> None:
    season = rules(first=dt.date(2027, 10, 26), last=dt.date(2027, 11, 2), slots=(Slot(1, dt.time(18, 30)),))
    assert [f"{start:%d %H:%M}" for start in openings(season)] == ["26 16:30", "02 17:30"]


def test_two_slots_of_one_time_are_one_start() -> None:
    season = rules(slots=(Slot(1, dt.time(20)), Slot(1, dt.time(20), preferred=False)))
    assert openings(season) == [at("2027-10-05 20:00")]
    assert is_preferred(at("2027-10-05 20:00"), season)


@given(st.integers(0, 30), st.dates(dt.date(2027, 9, 1), dt.date(2027, 10, 20)))
def test_no_start_is_without_notice_or_outside_the_season(notice: int, today: dt.date) -> None:
    season = rules(notice_days=notice, today=today, last=dt.date(2027, 10, 30))
    for start in openings(season):
        assert today + dt.timedelta(days=notice) <= start.date() <= season.last
        assert start.date() >= season.first
        assert start.date().isoweekday() != 7


def test_the_records_are_had_without_the_solver() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import core.seasons, sys; print('ortools' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "False"
