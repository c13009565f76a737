"""A rate budget in the one place that every worker shares."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from threading import Thread
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text

from connectors.graph.words import usage as facebook_usage
from connectors.region.database import Region
from connectors.region.ledger import channel_state
from connectors.region.ledger.budgets import PATIENCE, SharedBudget
from core.budgets import LONGEST, Usage
from schemas.errors import NotYet, Unreachable

pytestmark = pytest.mark.database
NAME = "facebook_page"
HOUR = 3600.0


class Worker:
    """One worker's view of the budget; its sleeps are noted, not slept."""

    def __init__(self, region: Region) -> None:
        self.slept: list[float] = []
        self.budget = SharedBudget(region, NAME, _percent, HOUR, self.slept.append)

    def enters(self) -> float:
        """The seconds that a call has to wait for its turn."""
        before = len(self.slept)
        self.budget.enter()
        return sum(self.slept[before:])

    def hears(self, percent: float, wait: float = 0.0) -> None:
        self.budget.told({"percent": str(percent)}, wait)


def _percent(headers: Mapping[str, str]) -> Usage | None:
    return Usage(float(headers["percent"])) if "percent" in headers else None


@pytest.fixture
def other(region: Region) -> Iterator[Region]:
    """The database as another process sees it."""
    database = Region(region.engine.url.render_as_string(hide_password=False))
    yield database
    database.dispose()


@pytest.fixture
def workers(region: Region, other: Region) -> tuple[Worker, Worker]:
    with region.begin() as connection:
        connection.execute(text("INSERT INTO channel (name) VALUES (:name)"), {"name": NAME})
    return Worker(region), Worker(other)


def row(region: Region) -> Any:
    with region.begin() as connection:
        return connection.execute(text("SELECT *, now() AS now FROM channel")).one()


def put(region: Region, **columns: Any) -> None:
    with region.begin() as connection:
        for name, value in columns.items():
            connection.execute(text(f"UPDATE channel SET {name} = :value"), {"value": value})


def later(region: Region, seconds: float) -> None:
    with region.begin() as connection:
        connection.execute(
            text(
                "UPDATE channel SET next_call_at = next_call_at - make_interval(secs => :s), "
                "not_before = not_before - make_interval(secs => :s)"
            ),
            {"s": seconds},
        )


def test_a_channel_that_told_nothing_is_called_at_once(
    region: Region, workers: tuple[Worker, Worker]
) -> None:
    one, two = workers
    assert [one.enters(), two.enters(), one.enters()] == [0, 0, 0]
    assert row(region).calls == 3


def test_workers_take_turns_the_spacing_apart(region: Region, workers: tuple[Worker, Worker]) -> None:
    one, two = workers
    put(region, spacing=4.0)
    waits = [one.enters(), two.enters(), one.enters(), two.enters()]
    assert waits == pytest.approx([0, 4, 8, 12], abs=1)


def test_a_turn_that_is_too_far_away_is_not_waited_for_and_not_taken(
    region: Region, workers: tuple[Worker, Worker]
) -> None:
    one, two = workers
    put(region, spacing=PATIENCE + 10)
    one.enters()
    before = row(region)
    for _ in range(3):
        with pytest.raises(NotYet, match="budget of facebook_page is used up") as caught:
            two.enters()
        assert caught.value.after == pytest.approx(PATIENCE + 10, abs=2)
        assert caught.value.cause == "limit"
    after = row(region)
    assert (after.calls, after.next_call_at) == (before.calls, before.next_call_at)
    assert two.slept == []
    later(region, 11)
    assert 0 < two.enters() <= PATIENCE


def test_an_answer_that_comes_while_the_database_is_away_is_learnt_from_at_the_next_turn(
    region: Region, workers: tuple[Worker, Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database restarted after a batch of posts was answered: the trouble was raised in the answer's place, said that
    nothing had been sent, and the whole batch was posted again."""
    one, two = workers

    def away() -> Any:
        raise Unreachable("The Region's database went away.")

    with monkeypatch.context() as patch:
        patch.setattr(region, "begin", away)
        one.hears(100.0, wait=900)
        with pytest.raises(Unreachable):
            one.enters()
    assert two.enters() == 0
    with pytest.raises(NotYet):
        one.enters()
    with pytest.raises(NotYet):
        two.enters()


def test_many_workers_at_once_never_share_a_turn(region: Region, other: Region) -> None:
    put_channel(region)
    put(region, spacing=1.0)
    crew = [Worker(each) for each in (region, other) for _ in range(3)]
    began = row(region).now
    taken: list[float] = []

    def work(worker: Worker) -> None:
        for _ in range(6):
            try:
                taken.append(worker.enters())
            except NotYet:
                return

    threads = [Thread(target=work, args=[worker]) for worker in crew]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = row(region)
    assert len(taken) == after.calls > 15
    assert after.next_call_at - began >= dt.timedelta(seconds=len(taken))


def put_channel(region: Region) -> None:
    with region.begin() as connection:
        connection.execute(text("INSERT INTO channel (name) VALUES (:name)"), {"name": NAME})


# Asking for time


def test_what_one_worker_hears_holds_for_all(region: Region, workers: tuple[Worker, Worker]) -> None:
    one, two = workers
    one.enters()
    one.budget.told({}, 120)
    for worker in workers:
        with pytest.raises(NotYet) as caught:
            worker.enters()
        assert caught.value.after == pytest.approx(120, abs=2)
    assert channel_state.check_open(region, NAME) == pytest.approx(120, abs=2)
    later(region, 121)
    assert two.enters() == 0


def test_a_shorter_wait_does_not_cut_a_longer_one(region: Region, workers: tuple[Worker, Worker]) -> None:
    one, two = workers
    one.budget.told({}, 120)
    two.budget.told({}, 10)
    two.hears(20)
    assert channel_state.check_open(region, NAME) > 100


def test_the_longer_of_retry_after_and_what_the_usage_asks_counts(region: Region) -> None:
    put_channel(region)
    budget = SharedBudget(region, NAME, lambda _: Usage(10, 300), HOUR)
    budget.told({}, 20)
    assert channel_state.check_open(region, NAME) == pytest.approx(300, abs=2)
    later(region, 300)
    budget.told({}, 900)
    assert channel_state.check_open(region, NAME) == pytest.approx(900, abs=2)


# Learning


def test_an_answer_that_tells_nothing_changes_nothing(region: Region, workers: tuple[Worker, Worker]) -> None:
    one, _ = workers
    put(region, spacing=7.0, usage=60.0, call_cost=2.0, calls=5)
    before = row(region)[:-1]
    one.budget.told({}, 0)
    assert row(region)[:-1] == before


def test_calls_are_counted_until_the_percentage_changes(
    region: Region, workers: tuple[Worker, Worker]
) -> None:
    """One percent for four calls is a quarter each: it was taken for a whole one, or for none."""
    one, two = workers
    for worker in (one, two, one, two):
        worker.enters()
        worker.hears(0)
    assert row(region).calls == 4
    one.hears(1)
    assert (row(region).call_cost, row(region).calls) == (0.25, 0)


def test_a_fuller_channel_is_called_more_slowly_from_its_last_turn_on(
    region: Region, workers: tuple[Worker, Worker]
) -> None:
    one, two = workers
    one.enters()
    one.hears(40)
    assert two.enters() == 0
    two.hears(60)
    learned = row(region)
    assert learned.call_cost == pytest.approx(30)
    assert learned.spacing == 300
    with pytest.raises(NotYet) as caught:
        one.enters()
    assert caught.value.after == pytest.approx(300, abs=3)
    later(region, 300)
    assert one.enters() == 0
    one.hears(20)
    assert row(region).spacing == 0
    assert two.enters() == 0


def test_a_full_channel_rests_until_its_window_has_passed(
    region: Region, workers: tuple[Worker, Worker]
) -> None:
    one, two = workers
    one.enters()
    one.hears(95)
    later(region, HOUR - PATIENCE - 5)
    with pytest.raises(NotYet):
        two.enters()
    later(region, 10)
    assert 0 < two.enters() <= PATIENCE


def test_a_channel_that_was_never_planned_is_not_kept_waiting(region: Region) -> None:
    worker = Worker(region)
    assert worker.enters() == 0
    worker.hears(95, 120)
    assert worker.enters() == 0


@given(
    st.dictionaries(
        st.sampled_from(["X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage"]),
        st.text(max_size=20)
        | st.integers(-5, 10**12).map(lambda n: f'{{"call_count":{n}}}')
        | st.floats(0, 1e308).map(
            lambda n: f'{{"1":[{{"call_count":3,"estimated_time_to_regain_access":{n}}}]}}'
        ),
    ),
    st.floats(0, LONGEST),
    st.integers(0, 10**6),
)
@example({"X-Business-Use-Case-Usage": '{"1":[{"estimated_time_to_regain_access":1e308}]}'}, 0, 1)
@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_an_answer_tells_the_channel_opens_again_within_a_day(
    region: Region, headers: dict[str, str], wait: float, calls: int
) -> None:
    with region.begin() as connection:
        connection.execute(text("TRUNCATE channel"))
        values = {"name": NAME, "calls": calls}
        connection.execute(text("INSERT INTO channel (name, calls) VALUES (:name, :calls)"), values)
    budget = SharedBudget(region, NAME, facebook_usage, HOUR, lambda _: None)
    budget.enter()
    budget.told(headers, wait)
    told = row(region)
    assert told.not_before is None or told.not_before <= told.now + dt.timedelta(seconds=LONGEST)
    assert told.next_call_at <= told.now + dt.timedelta(seconds=HOUR)


def test_workers_keep_a_rate_that_nobody_tells(region: Region, other: Region) -> None:
    with region.begin() as connection:
        connection.execute(text("INSERT INTO channel (name) VALUES ('mail')"))
    slept: list[float] = []
    one, two = (SharedBudget(each, "mail", sleep=slept.append, least=6.0) for each in (region, other))
    for budget in (one, two, one):
        budget.enter()
    assert slept == [pytest.approx(6.0, abs=1.0), pytest.approx(12.0, abs=1.0)]
    two.enter()
    with pytest.raises(NotYet) as caught:
        one.enter()
    assert caught.value.after == pytest.approx(24.0, abs=1.0)
    assert row(region).calls == 4


def test_a_rate_does_not_hurry_a_channel_that_asks_for_more_time(region: Region) -> None:
    with region.begin() as connection:
        connection.execute(text("INSERT INTO channel (name, spacing) VALUES ('mail', 9)"))
    slept: list[float] = []
    budget = SharedBudget(region, "mail", sleep=slept.append, least=6.0)
    budget.enter()
    budget.enter()
    assert slept == [pytest.approx(9.0, abs=1.0)]
