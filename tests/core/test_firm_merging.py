"""Two firms made one: who is one person, which consents hold, what goes back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.firm_merging import MERGE, Agreed, Move, Someone, better, difference, fates, same_people, undo
from schemas.firm import Consent

NOW = dt.datetime.fromisoformat("2026-11-24T12:00:00+00:00")
OURS, THEIRS = 1, 2
MAIL, TEXTS = Consent("invitations", "mail"), Consent("invitations", "sms")
hours = st.integers(0, 9).map(lambda hour: NOW - dt.timedelta(days=1) + dt.timedelta(hours=hour))


@st.composite
def consents(draw: st.DrawFn) -> list[Agreed]:
    """What two records agreed to: of each purpose and transport at most one holds, as in the table."""
    found: list[Agreed] = []
    for contact in (OURS, THEIRS):
        for consent in (MAIL, TEXTS):
            for _ in range(draw(st.integers(0, 2))):
                given_at = draw(hours)
                over = given_at + dt.timedelta(minutes=30)
                found.append(Agreed(len(found), contact, consent, given_at, over, "one-click"))
            if draw(st.booleans()):
                found.append(Agreed(len(found), contact, consent, draw(hours)))
    return found


@given(consents())
def test_of_two_records_what_was_said_last_holds_once_and_is_the_person_s(agreed: list[Agreed]) -> None:
    decided = fates(agreed, OURS, NOW)
    for consent in (MAIL, TEXTS):
        told = [each for each in agreed if each.consent == consent]
        holding = [each for each in told if each.id in decided and decided[each.id].withdrawn_at is None]
        ended = [each.withdrawn_at for each in told if each.withdrawn_at]
        open_ = [each for each in told if each.withdrawn_at is None]
        wanted = any(each.given_at >= max(ended, default=each.given_at) for each in open_)
        assert len(holding) == wanted
        assert all(decided[each.id].contact == OURS for each in holding)
        assert all(each.id in decided for each in open_)
        assert all(each.withdrawn_at is None for each in agreed if each.id in decided), "history stays"


def test_a_consent_that_both_gave_is_ended_by_the_merge_in_one_of_them() -> None:
    both = [Agreed(1, OURS, MAIL, NOW), Agreed(2, THEIRS, MAIL, NOW)]
    assert decided_by(both) == {1: None, 2: MERGE}


def decided_by(agreed: list[Agreed]) -> dict[int, str | None]:
    return {number: fate.withdrawn_by for number, fate in fates(agreed, OURS, NOW).items()}


@pytest.mark.parametrize(
    ("name", "email", "same"),
    [
        ("ROUX Ada", "ADA@roux.example", True),
        ("A. Roux", "ada@roux.example", True),
        (None, "ada@roux.example", True),
        ("Bob Noir", "ada@roux.example", False),
        ("Ada Roux", "ada@noir.example", False),
        ("Ada Roux", None, False),
    ],
)
def test_one_person_has_one_address_and_a_word_of_the_name(
    *, name: str | None, email: str | None, same: bool
) -> None:
    keep, drop = [Someone(1, "Ada Roux", "ada@roux.example")], [Someone(2, name, email)]
    assert same_people(keep, drop) == ([(2, 1)] if same else [])


states = st.sampled_from(["registered", "waiting", "left", "present", "absent"])


@given(states, states)
def test_one_of_two_different_places_is_the_better(one: str, other: str) -> None:
    assert better(one, other) + better(other, one) == (one != other)
    assert not better(one, "present")


rows = st.dictionaries(
    st.tuples(st.sampled_from(["contact", "enrolment"]), st.integers(1, 3)),
    st.fixed_dictionaries({"state": st.integers(0, 2), "firm_id": st.integers(0, 2)}),
)


@given(rows, rows)
def test_a_difference_undone_gives_what_was_before(
    before: dict[tuple[str, int], dict[str, int]], after: dict[tuple[str, int], dict[str, int]]
) -> None:
    now = {key: dict(columns) for key, columns in after.items()}
    for move in difference(before, after):
        assert undo(move, now[move.table, move.id][move.column]) == "back"
        now[move.table, move.id][move.column] = move.before
    assert all(now[key] == before[key] for key in before.keys() & after.keys())


def test_what_was_changed_since_stays_or_is_in_the_way() -> None:
    assert undo(Move("contact", 1, "seen_at", "a", "b"), "c") == "leave"
    assert undo(Move("contact", 1, "firm_id", 1, 2), 3) == "refuse"
