from __future__ import annotations

from itertools import combinations
from typing import get_args

import pytest

from core.dialogues import FOLLOWS, PUBLIC, State, missing

STATES: tuple[State, ...] = get_args(State)


def reachable(first: State) -> set[State]:
    found, ahead = {first}, [first]
    while ahead:
        following = FOLLOWS[ahead.pop()] - found
        found |= following
        ahead += following
    return found


def test_every_state_is_reached_from_a_draft_and_none_but_the_last_two_has_no_way_on() -> None:
    assert set(FOLLOWS) == reachable("draft") == set(STATES)
    assert {state for state in STATES if not FOLLOWS[state]} == {"archived", "cancelled"}


def test_what_was_public_stays_public_and_what_has_begun_is_not_cancelled() -> None:
    for state in PUBLIC:
        assert reachable(state) <= PUBLIC
    for state in ("on_air", "closed", "answered", "archived"):
        assert "cancelled" not in reachable(state)


def test_nothing_is_announced_that_was_not_approved() -> None:
    assert {state for state in STATES if "announced" in FOLLOWS[state]} == {"approved"}


@pytest.mark.parametrize("live", [True, False])
def test_what_is_missing_is_named_whatever_it_is(live: bool) -> None:  # noqa: FBT001
    names = {"official": "an official", "moderator": "a moderator", "starts": "a time"}
    if live:
        names["venue"] = "a room or a studio"
    for size in range(len(names) + 1):
        for absent in combinations(names, size):
            values = {
                name: None if name in absent else 1 for name in ("official", "moderator", "venue", "starts")
            }
            assert missing(**values, live=live) == [names[name] for name in names if name in absent]
