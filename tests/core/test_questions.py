"""The life of a question and its public clock."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.days import PARIS, paris_day
from core.questions import OPEN, PUBLIC, State, Step, due, illegal, last_day

MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
STEPS: dict[Step, State] = {
    "publish": "published",
    "refuse": "refused",
    "merge": "merged",
    "answer": "answered",
}


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_leads_on_or_is_an_end(state: State) -> None:
    legal = [step for step in STEPS if illegal(state, step) is None]
    assert bool(legal) == (state in {"waiting", "published", "answered"})


@given(st.lists(st.sampled_from(list(STEPS))))
def test_whatever_is_tried_an_end_stays_an_end_and_what_is_public_was_published(steps: list[Step]) -> None:
    state: State = "waiting"
    published = False
    for step in steps:
        why = illegal(state, step)
        if why is None:
            assert state in OPEN or (state == step + "ed" == "answered")
            state = STEPS[step]
            published |= state == "published"
        else:
            assert len(why) > 20, "the message says what can be done"
        assert published or state not in PUBLIC


@given(MOMENTS, st.integers(1, 60))
def test_the_clock_ends_at_midnight_in_paris_after_whole_days(moment: dt.datetime, days: int) -> None:
    ends = due(moment, days)
    local = ends.astimezone(PARIS)
    assert (local.hour, local.minute) == (0, 0)
    assert last_day(ends) == paris_day(moment) + dt.timedelta(days=days)
    assert ends - moment > dt.timedelta(days=days) - dt.timedelta(hours=1)


def test_a_clock_that_runs_over_the_change_of_hours_ends_at_midnight_all_the_same() -> None:
    assert due(dt.datetime(2026, 10, 20, 22, 30, tzinfo=dt.UTC), 15) == dt.datetime(
        2026, 11, 5, 23, tzinfo=dt.UTC
    )
