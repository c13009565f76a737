"""What follows from the facts of one digest."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from core.digests.facts import (
    Attended,
    CoachFacts,
    ContractorFacts,
    Moved,
    OfficialFacts,
    Refusal,
    fitting,
)
from schemas.documents import Reason
from tests.makers import NOON

REASONS = st.lists(st.builds(Reason, st.just("/a"), st.sampled_from(["type", "enum", "json"]), st.just("1"), st.just("…")), min_size=1, max_size=4)  # fmt: skip
REFUSALS = st.lists(st.builds(Refusal, st.uuids().map(str), REASONS.map(tuple), st.just(NOON)), max_size=12)
STATES = st.lists(st.sampled_from(["present", "absent"]), min_size=1, max_size=6)


def attended(states: list[str]) -> Attended:
    return Attended("Fournil", "Lyon", tuple(states), None)


@given(STATES)
def test_absences_in_a_row_end_with_the_last_time_that_they_came(states: list[str]) -> None:
    missed = attended(states).missed
    assert states[:missed] == ["absent"] * missed
    assert states[missed : missed + 1] in (["present"], [])


@given(st.lists(STATES, max_size=6))
def test_at_risk_is_who_was_absent_twice_in_a_row_up_to_now(members: list[list[str]]) -> None:
    facts = CoachFacts((), (), (), tuple(map(attended, members)))
    assert len(facts.at_risk) == sum(states[:2] == ["absent", "absent"] for states in members)
    assert [each.missed for each in facts.at_risk] == sorted((each.missed for each in facts.at_risk), reverse=True)  # fmt: skip


@given(REFUSALS, st.integers(0, 30))
def test_every_refused_offer_is_counted_once_and_what_is_shown_fits(
    refusals: list[Refusal], most: int
) -> None:
    facts = ContractorFacts(0, None, tuple(refusals), (), NOON - dt.timedelta(days=7))
    assert sum(facts.causes.values()) == len(refusals) == facts.new
    shown = fitting(refusals, most)
    assert sum(len(each.reasons) for each in refusals[:shown]) <= most
    if shown < len(refusals):
        assert sum(len(each.reasons) for each in refusals[: shown + 1]) > most


def test_what_has_nothing_to_say_is_empty() -> None:
    still, moved = Moved("69", "job", 5, 0, 0), Moved("69", "job", 5, 0, 1)
    assert OfficialFacts((), (still,), (), (), ()).empty
    assert not OfficialFacts((), (moved,), (), (), ()).empty
    assert CoachFacts((), (), (), ()).empty
    assert not ContractorFacts(0, None, (), (), NOON).empty, (
        "that nothing is refused is what they wait to read"
    )
