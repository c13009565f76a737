"""Which letters about a place still leave: each truth is told once, by the letter that tells it as it is now."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.letters import PLACES, PlaceKind, Standing, moot
from schemas.letters import ProgrammeLetter

REGISTERED = Standing(
    attendance="registered",
    turn=1,
    version=1,
    told_version=None,
    place_waits=False,
    cancelled=False,
    begun=False,
)
standings = st.builds(
    Standing,
    attendance=st.sampled_from(["registered", "waiting", "left", "present", "absent"]),
    turn=st.integers(1, 3),
    version=st.integers(1, 4),
    told_version=st.none() | st.integers(1, 4),
    place_waits=st.booleans(),
    cancelled=st.booleans(),
    begun=st.booleans(),
)


def letter(kind: PlaceKind, version: int = 1, turn: int = 1) -> ProgrammeLetter:
    return ProgrammeLetter(kind, 7, version, turn)


def standing(**changes: Any) -> Standing:
    return msgspec.structs.replace(REGISTERED, **changes)


@pytest.mark.parametrize(
    ("kind", "attendance"),
    [
        ("registered", "registered"),
        ("promoted", "registered"),
        ("moved", "registered"),
        ("waiting", "waiting"),
        ("moved", "waiting"),
        ("left", "left"),
    ],
)
def test_what_is_true_is_sent(kind: PlaceKind, attendance: Any) -> None:
    assert moot(letter(kind), standing(attendance=attendance)) is None


def test_of_two_changes_the_newest_alone_is_told() -> None:
    twice = standing(version=3, told_version=1)
    assert "moved again" in (moot(letter("moved", 2), twice) or "")
    assert moot(letter("moved", 3), twice) is None


def test_a_change_that_the_letter_about_the_place_told_is_not_told_again() -> None:
    assert moot(letter("moved", 2), standing(version=2, told_version=2)) is not None
    assert moot(letter("moved", 2), standing(version=2, told_version=1)) is None


def test_a_change_is_left_to_a_letter_about_the_place_that_has_not_left_yet() -> None:
    """The relay had put it off; it told the same change after the letter of the change."""
    put_off = standing(version=2, told_version=1, place_waits=True)
    assert moot(letter("moved", 2), put_off) is not None
    assert moot(letter("registered", 1), put_off) is None
    assert moot(letter("cancelled", 2), put_off) is None


def test_a_place_is_told_though_its_session_moved_since() -> None:
    assert moot(letter("registered", 1), standing(version=3)) is None


@pytest.mark.parametrize("attendance", ["registered", "waiting"])
def test_of_a_cancelled_session_the_cancellation_alone_is_told(attendance: Any) -> None:
    over = standing(attendance=attendance, version=2, cancelled=True)
    told = [kind for kind in PLACES if moot(letter(kind, 2), over) is None]
    assert told == ["cancelled"]


def test_who_left_is_told_so_although_the_session_is_cancelled_since() -> None:
    """Nobody writes to them of the cancellation, so that their calendar would have kept the event."""
    assert moot(letter("left"), standing(attendance="left", cancelled=True)) is None


def test_a_cancellation_is_told_to_who_came_in_vain() -> None:
    assert moot(letter("cancelled", 2), standing(version=2, cancelled=True, begun=True)) is None


@given(standings, st.sampled_from(PLACES), st.integers(1, 4), st.integers(1, 3))
def test_never_of_another_turn_nor_of_what_has_begun(
    now: Standing, kind: PlaceKind, version: int, turn: int
) -> None:
    sent = moot(letter(kind, version, turn), now) is None
    if sent:
        assert turn == now.turn
        assert not now.begun or kind == "cancelled"
        assert now.attendance not in {"present", "absent"}


@given(standings)
def test_who_has_a_place_is_never_told_that_they_wait_or_left(now: Standing) -> None:
    told = {kind for kind in PLACES if moot(letter(kind, now.version, now.turn), now) is None}
    if now.attendance == "registered":
        assert not told & {"waiting", "left"}
    if now.attendance == "left":
        assert told <= {"left"}


@given(standings)
def test_whoever_has_a_place_or_waits_hears_of_the_newest_time_or_has_heard(now: Standing) -> None:
    if now.attendance in {"registered", "waiting"} and not (now.cancelled or now.begun):
        heard = now.told_version is not None and now.told_version >= now.version
        hears = now.place_waits and moot(letter("registered", 1, now.turn), now) is None
        assert heard or hears or moot(letter("moved", now.version, now.turn), now) is None
