"""Objectives and budgets: how well was it kept, and how much may still go wrong."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.service_levels import Level, Objective, Rules, Seen, faults, freshness
from tests.makers import NOON

MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
FRESH = Objective("freshness", "contractor", 90 * MINUTE, 0.99)
minutes = st.integers(0, 3000)


def ago(*numbers: int) -> list[dt.datetime]:
    return [NOON - number * MINUTE for number in sorted(numbers, reverse=True)]


def test_what_is_older_than_it_may_be_misses_by_what_it_is_older() -> None:
    seen = freshness(ago(300, 200), 90 * MINUTE, NOON - DAY, NOON)
    assert (seen.missed, seen.kept) == ((10 + 110) * 60, 180 * 60)
    assert seen.now == 200 * MINUTE


def test_before_the_first_sync_nothing_could_be_fresh_so_nothing_is_counted() -> None:
    assert freshness([], 90 * MINUTE, NOON - DAY, NOON) == Seen()
    assert freshness(ago(60), 90 * MINUTE, NOON - DAY, NOON) == Seen(3600.0, 0.0, now=60 * MINUTE)


def test_a_silence_that_began_before_the_window_counts_inside_it_only() -> None:
    seen = freshness(ago(3 * 1440), 90 * MINUTE, NOON - DAY, NOON)
    assert (seen.kept, seen.missed) == (0.0, DAY.total_seconds())


@given(st.lists(minutes, min_size=1, unique=True), st.integers(1, 200), st.integers(1, 3000))
def test_each_minute_of_the_window_is_kept_or_missed_as_the_last_sync_before_it_says(
    syncs: list[int], within: int, window: int
) -> None:
    """The rule anew, minute by minute."""
    completed, since = ago(*syncs), NOON - window * MINUTE
    seen = freshness(completed, within * MINUTE, since, NOON)
    begin = max(since, completed[0])
    told = kept = 0
    for before, after in pairwise([*completed, NOON]):
        length = int((after - before) / MINUTE)
        inside = [at for at in range(length) if before + at * MINUTE >= begin]
        told += len(inside)
        kept += sum(at < within for at in inside)
    assert (seen.kept, seen.missed) == (kept * 60, (told - kept) * 60)


@given(st.lists(minutes, min_size=1, unique=True), minutes)
def test_another_good_sync_never_makes_it_worse(syncs: list[int], more: int) -> None:
    before = freshness(ago(*syncs), 90 * MINUTE, NOON - 3000 * MINUTE, NOON)
    between = min(more, max(syncs))
    after = freshness(ago(*{*syncs, between}), 90 * MINUTE, NOON - 3000 * MINUTE, NOON)
    assert after.missed <= before.missed


@pytest.mark.parametrize(("kept", "missed", "burnt"), [(100, 0, 0.0), (199, 1, 0.5), (98, 2, 2.0)])
def test_burnt_is_what_missed_by_what_may(kept: float, missed: float, burnt: float) -> None:
    level = Level(FRESH, Seen(kept, missed))
    assert level.burnt == pytest.approx(burnt)
    assert level.is_kept is (burnt <= 1)


def test_what_nobody_measured_is_not_broken_and_has_no_share() -> None:
    level = Level(FRESH, Seen())
    assert (level.share, level.burnt, level.is_kept) == (None, None, True)


@given(st.floats(0, 1e9), st.floats(0, 1e9).filter(bool), st.floats(0.5, 0.9999))
def test_a_budget_is_overdrawn_exactly_when_the_share_is_less_than_promised(
    kept: float, missed: float, share: float
) -> None:
    level = Level(Objective("reminders", "", MINUTE, share), Seen(kept, missed))
    assert level.share is not None
    assert level.burnt is not None
    assert level.is_kept is (level.share >= share)
    assert (level.burnt <= 1 + 1e-9) or not level.is_kept


def test_a_name_that_there_is_not_and_one_that_is_there_twice_are_told() -> None:
    rules = Rules(28 * DAY, (FRESH, FRESH, Objective("latency", "fax", MINUTE, 0.9)))
    assert list(faults(rules, ("contractor",), ("facebook_page",))) == [
        "latency of 'fax': there is none of that name (facebook_page).",
        "freshness contractor: there are 2 objectives of that name.",
    ]
