"""On call: a week each, and turns that go before the rota."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.on_call import OnCall, Turn

ROTA = OnCall(
    ("ada", "bob", "cleo"),
    dt.date(2026, 11, 30),
    dt.time(8),
    (Turn("bob", dt.date(2026, 12, 24), dt.date(2026, 12, 27)),),
)
BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
INSTANTS = st.integers(0, 15 * 365 * 1440).map(lambda minutes: BEGIN + dt.timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("at", "who"),
    [
        ("2026-11-30T07:59:00+01:00", "cleo"),  # the week before, by the same turn
        ("2026-11-30T08:00:00+01:00", "ada"),
        ("2026-12-07T07:59:00+01:00", "ada"),
        ("2026-12-07T08:00:00+01:00", "bob"),
        ("2026-12-24T07:00:00+01:00", "ada"),
        ("2026-12-24T08:00:00+01:00", "bob"),
        ("2026-12-27T07:59:00+01:00", "bob"),
        ("2026-12-27T08:00:00+01:00", "ada"),
        ("2027-06-28T08:00:00+02:00", "ada"),  # 30 weeks later, in summer time
    ],
)
def test_shifts_change_at_the_hand_over_by_the_clock_in_paris(at: str, who: str) -> None:
    assert ROTA.at(dt.datetime.fromisoformat(at).astimezone(dt.UTC)) == who


@given(INSTANTS)
def test_somebody_always_is(at: dt.datetime) -> None:
    assert ROTA.at(at) in ROTA.rota
