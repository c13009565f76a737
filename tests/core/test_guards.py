"""The guards' limits, to the last withdrawal."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.guards import Limits, Snapshot, Withdrawals, hash_of, snapshot, withdrawals

LIMITS = Limits()
counts = st.integers(0, 60_000)
shares = st.integers(0, 100).map(lambda percent: percent / 100)
limits = st.builds(
    Limits,
    fall=shares,
    run_floor=st.integers(0, 100),
    run_share=shares,
    day_cap=st.integers(0, 1000),
    day_share=shares,
    day_floor=st.integers(0, 100),
)


def share(of_one: float, whole: int) -> int:
    """A share as a person computes it: exact, rounded down."""
    return int(Fraction(str(of_one)) * whole)


# One run


@pytest.mark.parametrize(
    ("present", "allowed"),
    [(0, 25), (600, 25), (2_500, 25), (2_599, 25), (2_600, 26), (23_000, 230), (49_000, 490)],
)
def test_a_run_withdraws_25_or_one_percent_and_not_one_more(present: int, allowed: int) -> None:
    assert LIMITS.run(present) == allowed
    assert withdrawals(Withdrawals(allowed, 0, present), LIMITS) is None
    trip = withdrawals(Withdrawals(allowed + 1, 0, present), LIMITS)
    assert trip is not None
    assert (trip.guard, trip.limit) == ("withdrawals_in_a_run", allowed)


# 24 hours


@pytest.mark.parametrize(
    ("present", "allowed"),
    [(0, 25), (600, 25), (1_299, 25), (1_300, 26), (24_950, 499), (25_000, 500), (49_000, 500)],
)
def test_a_day_withdraws_two_percent_at_most_500_at_least_25_and_not_one_more(
    present: int, allowed: int
) -> None:
    assert LIMITS.day(present) == allowed
    assert withdrawals(Withdrawals(10, allowed - 10, present), LIMITS) is None
    trip = withdrawals(Withdrawals(10, allowed - 9, present), LIMITS)
    assert trip is not None
    assert (trip.guard, trip.limit) == ("withdrawals_in_a_day", allowed)


def test_a_run_that_alone_is_more_than_a_day_may_see_is_stopped_by_the_day() -> None:
    trip = withdrawals(Withdrawals(501, 0, 100_000), LIMITS)
    assert trip is not None
    assert (trip.guard, trip.limit) == ("withdrawals_in_a_day", 500)


@given(counts, counts, counts, limits)
@example(7, 0, 100, Limits(run_floor=0, run_share=0.07, day_floor=0, day_share=0.07))
@example(29, 0, 100, Limits(run_floor=0, run_share=0.29, day_floor=0, day_share=0.29))
def test_withdrawals_pass_up_to_both_limits_and_never_beyond(
    now: int, day: int, present: int, chosen: Limits
) -> None:
    in_a_run = max(chosen.run_floor, share(chosen.run_share, present))
    in_a_day = max(chosen.day_floor, min(chosen.day_cap, share(chosen.day_share, present)))
    trip = withdrawals(Withdrawals(now, day, present), chosen)
    assert (trip is None) == (now == 0 or (now <= in_a_run and now + day <= in_a_day))
    if trip is not None:
        assert trip.limit in {in_a_run, in_a_day}
        assert all(str(number) in trip.message for number in (now, present, trip.limit))


@given(counts, counts)
def test_a_run_that_withdraws_nothing_is_never_stopped(day: int, present: int) -> None:
    assert withdrawals(Withdrawals(0, day, present), LIMITS) is None


@given(counts, counts, counts, limits)
def test_what_is_stopped_is_stopped_all_the_more_with_one_more(
    now: int, day: int, present: int, chosen: Limits
) -> None:
    if withdrawals(Withdrawals(now, day, present), chosen) is not None:
        assert withdrawals(Withdrawals(now + 1, day, present), chosen) is not None
        assert withdrawals(Withdrawals(now, day + 1, present), chosen) is not None


# A snapshot


@pytest.mark.parametrize(("last", "lowest"), [(5, 4), (10, 8), (101, 81), (600, 480), (49_000, 39_200)])
def test_a_fall_of_twenty_percent_passes_and_one_offer_more_does_not(last: int, lowest: int) -> None:
    few = Withdrawals(1, 0, last)
    assert snapshot(Snapshot(lowest, last), few, LIMITS) is None
    trip = snapshot(Snapshot(lowest - 1, last), few, LIMITS)
    assert trip is not None
    assert (trip.guard, trip.limit) == ("fall", lowest)


@pytest.mark.parametrize("last", [None, 0, 1, 600])
def test_an_empty_snapshot_closes_nothing(last: int | None) -> None:
    trip = snapshot(Snapshot(0, last), Withdrawals(1, 0, 1), LIMITS)
    assert trip is not None
    assert (trip.guard, trip.limit) == ("empty_snapshot", 0)


def test_a_first_snapshot_is_judged_by_what_it_would_close() -> None:
    assert snapshot(Snapshot(3, None), Withdrawals(25, 0, 28), LIMITS) is None
    trip = snapshot(Snapshot(3, None), Withdrawals(26, 0, 29), LIMITS)
    assert trip is not None
    assert trip.guard == "withdrawals_in_a_run"


@given(counts, st.none() | counts, counts, counts, counts, limits)
def test_a_snapshot_passes_when_it_is_not_empty_nor_fallen_nor_closes_too_much(
    collected: int, last: int | None, now: int, day: int, present: int, chosen: Limits
) -> None:
    fallen = last is not None and Fraction(last - collected) > Fraction(str(chosen.fall)) * last
    absent = Withdrawals(now, day, present)
    trip = snapshot(Snapshot(collected, last), absent, chosen)
    stopped = now > 0 and (collected == 0 or fallen or withdrawals(absent, chosen) is not None)
    assert (trip is not None) == stopped
    if trip is not None:
        assert str(now) in trip.message
        assert str(present if trip.guard != "fall" else last) in trip.message


@given(counts, st.none() | counts, counts)
def test_with_nothing_absent_no_snapshot_is_stopped(collected: int, last: int | None, present: int) -> None:
    assert snapshot(Snapshot(collected, last), Withdrawals(0, 0, present), LIMITS) is None


# The name of a stopped plan

items = st.lists(st.tuples(st.text(), st.text()), unique_by=lambda pair: pair[0], max_size=8)


@given(st.text(), items, st.randoms())
def test_a_plan_has_one_name_in_any_order(guard: str, plan: list[tuple[str, str]], random: Random) -> None:
    mixed = random.sample(plan, len(plan))
    assert hash_of(guard, plan) == hash_of(guard, mixed)
    assert len(hash_of(guard, plan)) == 16


@given(items, items)
@example([("a", "b\n1:cd")], [("a", "b"), ("c", "d")])
def test_another_plan_has_another_name(one: list[tuple[str, str]], other: list[tuple[str, str]]) -> None:
    """An approval holds for a name: no other subjects, and no other states, may go by it."""
    assert (hash_of("g", one) == hash_of("g", other)) == (sorted(one) == sorted(other))


@given(items.filter(bool), st.data())
def test_a_base_that_moved_or_a_subject_less_gives_another_name(
    plan: list[tuple[str, str]], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(plan) - 1))
    subject, base = plan[at]
    moved = [*plan[:at], (subject, base + "'"), *plan[at + 1 :]]
    less = [*plan[:at], *plan[at + 1 :]]
    assert len({hash_of("g", plan), hash_of("g", moved), hash_of("g", less)}) == 3


def test_the_same_changes_elsewhere_are_another_plan() -> None:
    assert hash_of("channel facebook_page", [("a", "1")]) != hash_of("channel open_portal", [("a", "1")])
