"""Whoever has no cohort is told the reason that would have to change."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from core.cohorts import Candidate, Coach, Options, Proposal, propose
from tests.core.cohorts.worlds import AURILLAC, CLERMONT, DEPARTMENTS, ISSOIRE

OPTIONS = Options(minimum=2, ideal=3, maximum=3, rounds=20)
ANNA = Coach(
    id=1,
    name="Anna",
    departments=frozenset({"63"}),
    slots=frozenset({"mon-morning", "tue-evening"}),
    cohorts=1,
)


def firms(
    count: int, commune: str = CLERMONT, *, slot: str = "mon-morning", naf: str | None = None, first: int = 1
) -> list[Candidate]:
    return [
        Candidate(
            id=number,
            name=f"Firm {number}",
            department=DEPARTMENTS[commune],
            level="beginner",
            availability=frozenset({slot}),
            commune=commune,
            naf=naf,
        )
        for number in range(first, first + count)
    ]


def reasons(proposal: Proposal) -> set[str]:
    return {each.why for each in proposal.left_over}


def told(waiting: Iterable[Candidate], *coaches: Coach, options: Options = OPTIONS) -> str:
    """The one reason of everybody who is left over."""
    [why] = reasons(propose(list(waiting), coaches or (ANNA,), (), options))
    return why


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"level": None}, "not known: level"),
        ({"department": None, "commune": None}, "not known: department"),
        ({"availability": frozenset()}, "not known: free time"),
        ({"level": None, "department": None, "availability": frozenset()}, "not known: level, department, free time"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_asked_for(change: dict[str, object], why: str) -> None:
    [who] = firms(1)
    assert told([msgspec.structs.replace(who, **change)]) == why


def test_where_no_coach_works_a_coach_is_wanted() -> None:
    assert told(firms(6, AURILLAC)) == "no coach works in 15"


def test_a_slot_that_no_coach_has_is_told_with_what_the_firm_is_free_for() -> None:
    assert told(firms(6, slot="sat-morning")) == "no common slot with any coach in 63; free: sat-morning"


def test_too_few_to_meet_are_counted() -> None:
    assert told(firms(1)) == (
        "too few beginner firms could meet with it: 0 at the best slot that a coach has, "
        "within 60 km and not competing; a cohort has 2 at least"
    )


def test_a_full_cohort_and_a_coach_without_another_are_told() -> None:
    assert told(firms(4)) == (
        "cohorts that suit: 1 full; "
        "every coach with a common slot in 63 has as many cohorts as they take, or one at that slot"
    )


def test_when_too_few_are_left_for_another_cohort_they_are_counted() -> None:
    waiting = firms(5)
    options = msgspec.structs.replace(OPTIONS, minimum=3)
    second = msgspec.structs.replace(ANNA, id=2, name="Bea")
    assert told(waiting, ANNA, second, options=options) == (
        "cohorts that suit: 1 full; left to meet with it in a new cohort: 1; it takes 2"
    )


def test_a_direct_competitor_in_the_cohort_is_told() -> None:
    waiting = [*firms(2, naf="56.10A"), *firms(1, naf="43.21A", first=3)]
    assert told(waiting) == (
        "cohorts that suit: 1 with a direct competitor; "
        "every coach with a common slot in 63 has as many cohorts as they take, or one at that slot"
    )


def test_who_lives_too_far_is_told_the_distance() -> None:
    """Both towns could have a cohort of their own; the coach takes one."""
    waiting = [*firms(3), *firms(2, ISSOIRE, first=4)]
    assert told(waiting, options=msgspec.structs.replace(OPTIONS, reach=20)) == (
        "cohorts that suit: 1 with somebody farther than 20 km, or whose place is not known; "
        "every coach with a common slot in 63 has as many cohorts as they take, or one at that slot"
    )


def test_those_left_who_cannot_be_together_are_told_so() -> None:
    """Each could meet with a firm that has its place elsewhere, and none with the others who are left."""
    waiting = [*firms(1, naf="56.10A"), *firms(1, naf="43.21A", first=2), *firms(1, naf="56.10A", first=3)]
    options = msgspec.structs.replace(OPTIONS, minimum=2, ideal=2, maximum=2)
    twice = msgspec.structs.replace(ANNA, cohorts=2, slots=frozenset({"mon-morning", "tue-evening"}))
    assert told(waiting, twice, msgspec.structs.replace(twice, id=2), options=options) == (
        "cohorts that suit: 1 with a direct competitor; left to meet with it in a new cohort: 0; it takes 1"
    )
