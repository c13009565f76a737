"""When a digest is due, whatever the week, the day and the clocks."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.days import PARIS
from core.digests.weeks import USEFUL, Slot, chosen, latest, named
from schemas.errors import Misconfigured

UTC = dt.UTC
SEVEN = Slot(0, dt.time(7))
HOURS = st.times().filter(lambda time: not dt.time(2) <= time < dt.time(3))
SLOTS = st.builds(Slot, st.integers(0, 6), HOURS)
NOWS = st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy gives the zone


@given(SLOTS, NOWS)
@example(Slot(6, dt.time(7)), dt.datetime(2027, 1, 3, 12, tzinfo=UTC))  # a Sunday of the old year's week 53
def test_the_newest_is_due_and_the_next_is_not(slot: Slot, now: dt.datetime) -> None:
    week = latest(slot, now)
    assert week.due_at <= now
    assert latest(slot, week.due_at) == week
    assert latest(slot, week.due_at - dt.timedelta(seconds=1)).day == week.day - dt.timedelta(days=7)
    assert now - week.due_at < dt.timedelta(days=7, hours=1), "an hour more in the week when clocks go back"


@given(SLOTS, NOWS)
def test_a_week_s_name_finds_it_again(slot: Slot, now: dt.datetime) -> None:
    week = latest(slot, now)
    assert named(slot, week.name) == week


@given(SLOTS, NOWS)
def test_it_is_due_at_its_hour_by_the_clocks_of_paris(slot: Slot, now: dt.datetime) -> None:
    week = latest(slot, now)
    due = week.due_at.astimezone(PARIS)
    assert (due.weekday(), due.time()) == (slot.weekday, slot.at)


@given(SLOTS, NOWS)
def test_what_it_tells_of_begins_and_ends_at_midnight_and_leaves_no_gap(slot: Slot, now: dt.datetime) -> None:
    week = latest(slot, now)
    following = latest(slot, week.due_at + dt.timedelta(days=7, hours=2))
    assert following.since == week.today
    for moment in (week.since, week.today):
        assert moment.astimezone(PARIS).time() == dt.time()


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2027-03-29", dt.datetime(2027, 3, 29, 5, tzinfo=UTC)),  # clocks went forward the night before
        ("2027-10-31", dt.datetime(2027, 10, 25, 5, tzinfo=UTC)),  # they go back today
        ("2027-11-01", dt.datetime(2027, 11, 1, 6, tzinfo=UTC)),
    ],
)
def test_seven_is_seven_when_clocks_change(day: str, due: dt.datetime) -> None:
    noon = dt.datetime.fromisoformat(f"{day}T11:00:00+00:00")
    assert latest(SEVEN, noon).due_at == due


def test_it_makes_sense_for_three_days() -> None:
    week = latest(SEVEN, dt.datetime(2026, 11, 30, 6, tzinfo=UTC))
    assert (week.name, week.until - week.due_at) == ("2026-W49", USEFUL)


def test_somebody_chooses_a_week_that_is_due_or_has_the_newest() -> None:
    """A week to come was sent, with a typing error for its name: every figure of it was nought."""
    now = dt.datetime(2026, 12, 2, 12, tzinfo=UTC)
    assert chosen(SEVEN, None, now) == chosen(SEVEN, "2026-W49", now) == latest(SEVEN, now)
    with pytest.raises(Misconfigured, match="2026-W50 is not due yet"):
        chosen(SEVEN, "2026-W50", now)


@pytest.mark.parametrize("wrong", ["", "49", "2026-49", "2026-W54", "2026-W00", "2026-W049", "٢٠٢٦-W49"])
def test_no_week_is_told(wrong: str) -> None:
    with pytest.raises(Misconfigured, match="as in 2026-W49"):
        named(SEVEN, wrong)
