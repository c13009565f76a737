from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.cohort_dates import STARTS, meetings
from core.quiet import is_quiet
from core.wall import instant
from schemas.firm import DAYS, SLOTS

PARIS = "Europe/Paris"
days = st.dates(dt.date(2026, 1, 1), dt.date(2090, 1, 1))


@given(st.sampled_from(SLOTS), days, st.integers(1, 8), st.integers(1, 4))
def test_each_session_is_at_its_slot_and_on_no_holiday(
    slot: str, first: dt.date, number: int, weeks: int
) -> None:
    found = meetings(slot, first, number, weeks, PARIS)
    assert len(found) == number
    assert found[0].date() >= first
    for starts in found:
        assert DAYS[starts.weekday()] == slot.split("-", maxsplit=1)[0]
        assert starts.time() == STARTS[slot.split("-")[1]]
        assert not is_quiet(instant(starts, PARIS))
    for one, next_one in pairwise(found):
        apart = next_one - one
        assert apart >= dt.timedelta(weeks=weeks)
        assert apart % dt.timedelta(weeks=1) == dt.timedelta(0)


def test_a_holiday_moves_a_session_and_those_after_it() -> None:
    """14 July 2026 is a Tuesday."""
    found = meetings("tue-evening", dt.date(2026, 6, 30), 3, 2, PARIS)
    assert [starts.isoformat() for starts in found] == [
        "2026-06-30T18:30:00",
        "2026-07-21T18:30:00",
        "2026-08-04T18:30:00",
    ]


def test_the_first_may_be_on_the_day_itself() -> None:
    assert meetings("wed-morning", dt.date(2026, 12, 9), 1, 1, PARIS)[0].date() == dt.date(2026, 12, 9)
