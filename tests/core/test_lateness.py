from __future__ import annotations

import datetime as dt
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from core.lateness import Waiting, superseded

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
deployments = st.sampled_from([UUID(int=1), UUID(int=2), UUID(int=3)])
moments = st.integers(-60, 60).map(lambda minutes: NOON + dt.timedelta(minutes=minutes))
runs = st.lists(
    st.builds(Waiting, st.integers(0, 2**64).map(lambda number: UUID(int=number)), deployments, moments),
    unique_by=lambda run: run.id,
)


@given(runs)
def test_of_each_deployment_that_is_late_exactly_the_newest_is_left(waiting: list[Waiting]) -> None:
    gone = set(superseded(waiting, NOON))
    late = [run for run in waiting if run.due <= NOON]
    left = [run for run in late if run.id not in gone]
    assert len(left) == len({run.deployment for run in late})
    assert all(kept.due >= run.due for kept in left for run in late if run.deployment == kept.deployment)


@given(runs)
def test_what_is_not_due_is_left(waiting: list[Waiting]) -> None:
    assert not set(superseded(waiting, NOON)) & {run.id for run in waiting if run.due > NOON}


@given(runs)
def test_a_second_look_finds_nothing(waiting: list[Waiting]) -> None:
    gone = set(superseded(waiting, NOON))
    assert superseded([run for run in waiting if run.id not in gone], NOON) == []
