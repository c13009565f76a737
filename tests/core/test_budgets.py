"""The pace of a channel, against a channel that counts calls over a rolling hour."""

from __future__ import annotations

import heapq
from collections import deque
from random import Random
from typing import Final

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from core.budgets import EASY, FULL, SLOWEST, Pace, Usage, paced
from tests.examples import scaled

HOUR: Final = 3600.0
PATIENCE: Final = 20.0  # seconds that a worker waits for its turn, as in connectors/region/ledger/budgets.py
percents = st.integers(0, 200).map(float)
paces = st.builds(
    Pace,
    st.floats(0, HOUR),
    percents,
    st.floats(0, 100),
    st.just(0.0),
)
usages = st.builds(Usage, percents, st.floats(0, 86_400))
calls = st.integers(0, 10_000)


@given(paces, usages, calls)
def test_a_pace_is_finite_and_never_longer_than_the_window(before: Pace, usage: Usage, made: int) -> None:
    after = paced(before, usage, made, HOUR)
    assert 0 <= after.spacing <= HOUR
    assert 0 <= after.cost < float("inf")
    assert after.percent == usage.percent


@given(paces, usages, calls)
def test_a_channel_that_asks_for_time_gets_exactly_that(before: Pace, usage: Usage, made: int) -> None:
    assert paced(before, usage, made, HOUR).wait == usage.wait


@given(paces, percents.filter(lambda percent: percent >= FULL), calls)
def test_a_full_channel_rests_for_a_window(before: Pace, percent: float, made: int) -> None:
    """Another call every five minutes, as before, filled it up to the brim and beyond."""
    assert paced(before, Usage(percent), made, HOUR).spacing == HOUR


@given(paces, percents.filter(lambda percent: percent < EASY), calls)
def test_below_half_of_its_budget_nobody_is_slowed_down(before: Pace, percent: float, made: int) -> None:
    assert paced(before, Usage(percent), made, HOUR).spacing == 0


@given(paces, st.integers(int(EASY), int(FULL) - 1), st.integers(1, 40), calls)
def test_a_fuller_channel_is_never_called_faster(before: Pace, percent: int, more: int, made: int) -> None:
    """At the same cost of a call."""
    same = msgspec.structs.replace(before, percent=200.0)  # nothing rises, so nothing is learned
    less, fuller = Usage(float(percent)), Usage(float(percent + more))
    assert paced(same, less, made, HOUR).spacing <= paced(same, fuller, made, HOUR).spacing


@given(st.floats(0.01, 40), st.integers(0, 49), st.integers(1, 50))
def test_the_first_rise_tells_what_a_call_costs(cost: float, percent: int, made: int) -> None:
    after = paced(Pace(percent=percent), Usage(percent + cost * made), made, HOUR)
    assert after.cost == pytest.approx(cost)


@given(paces, percents, calls)
def test_a_fall_teaches_nothing(before: Pace, percent: float, made: int) -> None:
    """Older calls stop counting: a percentage that stands still said that calls are free, and they came all at once."""
    if percent <= before.percent:
        assert paced(before, Usage(percent), made, HOUR).cost == before.cost


# A channel over hours


class Rolling:
    """A channel that counts items over a rolling hour, tells a whole percentage, and refuses what is over its limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.refused: list[float] = []
        self.taken = 0
        self._used = 0
        self._calls: deque[tuple[float, int]] = deque()

    def call(self, at: float, items: int) -> Usage:
        while self._calls and self._calls[0][0] <= at - HOUR:
            self._used -= self._calls.popleft()[1]
        if self._used + items > self.limit:
            self.refused.append(at)
            return Usage(100.0, SLOWEST)
        self._calls.append((at, items))
        self._used += items
        self.taken += items
        percent = 100 * self._used // self.limit
        return Usage(float(percent), SLOWEST if percent == 100 else 0.0)


class Shared:
    """What SharedBudget keeps in its row, with time as a number."""

    def __init__(self) -> None:
        self.pace, self.calls = Pace(), 0
        self.next_call_at = self.not_before = 0.0

    def enter(self, now: float) -> tuple[bool, float]:
        """Whether there is a turn, and at what time; else when to ask again."""
        if self.not_before > now:
            return False, self.not_before
        if self.next_call_at > now + PATIENCE:
            return False, self.next_call_at
        turn = max(self.next_call_at, now)
        self.calls += 1
        self.next_call_at = turn + self.pace.spacing
        return True, turn

    def told(self, now: float, usage: Usage) -> None:
        after = paced(self.pace, usage, self.calls, HOUR)
        if usage.percent != self.pace.percent:
            self.calls = 0
        self.next_call_at += after.spacing - self.pace.spacing
        if after.wait:
            self.not_before = max(self.not_before, now + after.wait)
        self.pace = after


def work(channel: Rolling, workers: int, *, items: int, reads: float, latency: float, seed: int) -> None:
    """Workers call the channel for five hours, ``items`` a call, or one for a share of ``reads``."""
    random, shared = Random(seed), Shared()
    coming: list[tuple[float, int, str, Usage]] = [
        (0.0, worker, "ask", Usage(0)) for worker in range(workers)
    ]
    while coming:
        now, worker, step, usage = heapq.heappop(coming)
        if now > 5 * HOUR:
            return
        if step == "ask":
            turn, at = shared.enter(now)
            following = (at, worker, "call" if turn else "ask", usage)
        elif step == "call":
            told = channel.call(now, 1 if random.random() < reads else items)
            following = (now + latency * (0.5 + random.random()), worker, "told", told)
        else:
            shared.told(now, usage)
            following = (now, worker, "ask", usage)
        heapq.heappush(coming, following)


@given(
    limit=st.integers(1_000, 4_000),
    workers=st.integers(1, 4),
    items=st.integers(1, 50),
    reads=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    latency=st.sampled_from([0.05, 0.5, 5.0]),
    seed=st.integers(0, 1_000),
)
@example(limit=1_000, workers=4, items=50, reads=0.0, latency=0.5, seed=0)
@examples(max_examples=scaled(60), deadline=None)
def test_workers_that_share_a_pace_never_run_into_the_limit_and_use_a_fair_part_of_it(
    limit: int, workers: int, items: int, reads: float, latency: float, seed: int
) -> None:
    channel = Rolling(limit)
    work(channel, workers, items=items, reads=reads, latency=latency, seed=seed)
    assert channel.refused == []
    possible = 5 * HOUR / latency * workers * (items * (1 - reads) + reads) / 2
    assert channel.taken >= min(5 * limit * 0.25, possible)


def test_a_channel_that_refused_is_left_alone_and_then_served() -> None:
    """Five calls fill it up before the first answer: what came too late is refused once, and all of it goes later."""
    channel = Rolling(100)
    work(channel, 5, items=50, reads=0.0, latency=0.5, seed=0)
    assert len([at for at in channel.refused if at < 1]) == 3
    assert channel.taken >= 4 * 50
