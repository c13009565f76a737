from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.recovery import AGAIN, CANCELLING, DIED, RETRY, runs_again

LIVES = ["Scheduled", "Pending", "Running", "Completed", "Suspended", "Cancelled", "Late"]
histories = st.lists(st.sampled_from([*LIVES, *DIED, CANCELLING, RETRY]))


@pytest.mark.parametrize("end", DIED)
def test_a_run_that_died_is_run_again(end: str) -> None:
    assert runs_again(["Scheduled", "Pending", "Running", end], {"boostez", AGAIN})
    assert runs_again(["Scheduled", "Pending", end], {AGAIN})


@pytest.mark.parametrize("end", LIVES)
def test_a_run_that_lives_or_ended_well_is_left_alone(end: str) -> None:
    assert not runs_again(["Scheduled", "Pending", "Crashed", end], {AGAIN})


def test_a_run_that_asks_a_person_or_was_pressed_is_left_to_whoever_pressed_it() -> None:
    assert not runs_again(["Scheduled", "Pending", "Running", "Crashed"], {"boostez", "decision"})


@given(histories)
def test_however_often_it_dies_a_run_is_run_again_once(states: list[str]) -> None:
    times = 0
    history: list[str] = []
    for state in states:
        history.append(state)
        if runs_again(history, {AGAIN}):
            times += 1
            history.append(RETRY)
    assert times <= 1


@given(histories, histories)
def test_a_run_that_somebody_cancelled_is_never_run_again_however_it_ends(
    before: list[str], after: list[str]
) -> None:
    assert not runs_again([*before, CANCELLING, *after], {AGAIN})


def test_a_run_of_which_nothing_is_known_is_left_alone() -> None:
    assert not runs_again([], {AGAIN})
