from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bounces import Bounce
from core.suspending import SOFT, WITHIN, believable, suspends
from tests.makers import NOON

ADDRESS, MARKER = "ada@fournil.example", "registered.12.1.1-2f"
BOUNCE = Bounce(MARKER, ADDRESS, "hard", "5.1.1", NOON, "")
softs = st.lists(st.integers(0, 90 * 24).map(lambda hours: NOON - dt.timedelta(hours=hours)), max_size=6)


@pytest.mark.parametrize(
    ("recipient", "newest", "address", "believed"),
    [
        (ADDRESS, MARKER, ADDRESS, True),
        ("ADA@Fournil.example", MARKER, ADDRESS, True),
        (ADDRESS, "registered.12.1.1-30", ADDRESS, True),
        ("autre@fournil.example", MARKER, ADDRESS, False),
        (ADDRESS, MARKER, "nouvelle@fournil.example", False),
        (ADDRESS, MARKER, None, False),
        ("", MARKER, ADDRESS, True),
        ("", "registered.12.1.1-30", ADDRESS, False),
        ("", None, ADDRESS, False),
    ],
    ids=[
        "the letter and the address",
        "relays write addresses in capitals",
        "an earlier try of the letter",
        "somebody else's address",
        "they have given another address since",
        "they were erased",
        "nobody says whose, of the newest try",
        "nobody says whose, of an earlier try",
        "nobody says whose, of a letter that never left",
    ],
)
def test_a_report_counts_when_it_names_a_letter_and_whom_it_was_sent_to(
    recipient: str, newest: str | None, address: str | None, *, believed: bool
) -> None:
    bounce = msgspec.structs.replace(BOUNCE, recipient=recipient)
    assert believable(bounce, newest, address) is believed


@given(softs)
def test_a_refusal_for_good_and_a_complaint_suspend_at_once(earlier: list[dt.datetime]) -> None:
    assert suspends("hard", NOON, earlier)
    assert suspends("complaint", NOON, earlier)


@given(softs)
def test_what_did_not_arrive_for_now_suspends_when_it_was_three_letters_in_thirty_days(
    earlier: list[dt.datetime],
) -> None:
    recent = [at for at in earlier if NOON - at < WITHIN]
    assert suspends("soft", NOON, earlier) is (len(recent) >= SOFT)


def test_the_thirty_days_end_with_the_newest_of_them() -> None:
    first = NOON - WITHIN
    assert not suspends("soft", NOON, [first, NOON, NOON])
    assert suspends("soft", NOON, [first + dt.timedelta(seconds=1), NOON, NOON])
    assert not suspends("soft", NOON, [NOON, NOON, NOON + dt.timedelta(seconds=1)]), (
        "what came later counts later"
    )
