"""What holds of every proposal, whatever firms, coaches and cohorts there are."""

from __future__ import annotations

from collections import Counter
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cohorts import Candidate, Coach, Options, Proposal, Standing, propose
from core.cohorts.closeness import CONFLICT, Closeness
from core.cohorts.forming import form
from schemas.errors import Rejected
from tests.core.cohorts import worlds
from tests.core.cohorts.worlds import CLERMONT, ISSOIRE, broken, standing_of


def in_cohorts(proposal: Proposal) -> dict[int, tuple[int, str]]:
    """Who is in which cohort."""
    return {member.id: (each.coach, each.slot) for each in proposal.cohorts for member in each.members}


# Whoever there is


@given(worlds.candidates(), worlds.coaches(), worlds.options())
def test_each_candidate_is_in_one_cohort_or_left_over_with_a_reason(
    waiting: list[Candidate], available: list[Coach], options: Options
) -> None:
    proposal = propose(waiting, available, (), options)
    told = [member.id for each in proposal.cohorts for member in each.members]
    told += [each.id for each in proposal.left_over]
    assert Counter(told) == Counter(each.id for each in waiting)
    assert all(member.why for each in proposal.cohorts for member in each.members)
    assert all(each.why for each in proposal.cohorts)
    assert all(each.why for each in proposal.left_over)


@given(worlds.candidates(), worlds.coaches(), worlds.options())
def test_no_proposal_breaks_a_rule(
    waiting: list[Candidate], available: list[Coach], options: Options
) -> None:
    assert broken(propose(waiting, available, (), options), waiting, available, options) == []


@given(worlds.candidates(), worlds.coaches(), worlds.options(), st.randoms(use_true_random=False))
def test_the_order_that_people_come_in_changes_nothing(
    waiting: list[Candidate], available: list[Coach], options: Options, random: Random
) -> None:
    first = propose(waiting, available, (), options)
    again = list(waiting), list(available)
    random.shuffle(again[0])
    random.shuffle(again[1])
    assert propose(*again, (), options) == first


@given(st.data(), worlds.candidates(), worlds.coaches(), worlds.options())
def test_what_is_counted_while_searching_is_what_it_costs(
    data: st.DataObject, waiting: list[Candidate], available: list[Coach], options: Options
) -> None:
    """The search adds and takes away; here everything is counted anew."""
    seating = form(waiting, available, data.draw(worlds.standing(waiting, available)), options)
    closeness = Closeness(seating.candidates, options)
    for group in seating.groups.values():
        for member, counted in group.members.items():
            costs = [closeness.cost(member, other) for other in group.members if other != member]
            assert counted == sum(cost for cost in costs if cost < CONFLICT)
        assert group.pairs * 2 == sum(group.members.values())
    placed = {member for group in seating.groups.values() for member in group.members}
    assert not placed & seating.free


def test_another_seed_is_another_proposal_and_the_same_seed_the_same() -> None:
    waiting = [firm(number, commune=commune) for number, commune in enumerate([CLERMONT, ISSOIRE] * 12)]
    found = {seed: propose(waiting, [coach()], (), Options(seed=seed, rounds=3)) for seed in range(6)}
    assert len({each.cohorts for each in found.values()}) > 1
    assert propose(waiting, [coach()], (), Options(seed=3, rounds=3)) == found[3]


# Cohorts that stand


@given(st.data(), worlds.candidates(), worlds.coaches(), worlds.options())
def test_a_locked_member_stays_whatever_the_rules_say_and_they_hold_for_the_others(
    data: st.DataObject, waiting: list[Candidate], available: list[Coach], options: Options
) -> None:
    standing = data.draw(worlds.standing(waiting, available))
    proposal = propose(waiting, available, standing, options)
    locked = frozenset(member for each in standing for member in each.locked)
    placed = in_cohorts(proposal)
    assert {member: placed.get(member) for member in locked} == {
        member: (each.coach, each.slot) for each in standing for member in each.locked
    }
    assert broken(proposal, waiting, available, options, locked) == []


@given(worlds.candidates(), worlds.coaches(), worlds.options(), st.data())
def test_whoever_may_stay_stays(
    waiting: list[Candidate], available: list[Coach], options: Options, data: st.DataObject
) -> None:
    options = msgspec.structs.replace(options, stay=True)
    first = propose(waiting, available, (), options)
    fewer = data.draw(st.lists(st.sampled_from(waiting), unique=True)) if waiting else []
    second = propose([each for each in waiting if each not in fewer], available, standing_of(first), options)
    before, after = in_cohorts(first), in_cohorts(second)
    enough = {
        (each.coach, each.slot)
        for each in first.cohorts
        if len({member.id for member in each.members} - {one.id for one in fewer}) >= options.minimum
    }
    gone = {each.id for each in fewer}
    for member, seat in before.items():
        if member not in gone and seat in enough:
            assert after[member] == seat
    assert second.moved == sum(1 for member in after if before.get(member, after[member]) != after[member])


@given(worlds.candidates(), worlds.coaches(), worlds.options())
def test_the_same_again_moves_nobody(
    waiting: list[Candidate], available: list[Coach], options: Options
) -> None:
    options = msgspec.structs.replace(options, stay=True)
    first = propose(waiting, available, (), options)
    second = propose(waiting, available, standing_of(first), options)
    assert second.moved == 0
    assert in_cohorts(first).items() <= in_cohorts(second).items()


@given(worlds.candidates(), worlds.coaches(), worlds.options())
def test_what_a_move_costs_more_than_anything_gains_is_not_moved(
    waiting: list[Candidate], available: list[Coach], options: Options
) -> None:
    first = propose(waiting, available, (), options)
    dear = msgspec.structs.replace(options.weights, moved=10**6)
    second = propose(
        waiting, available, standing_of(first), msgspec.structs.replace(options, stay=False, weights=dear)
    )
    assert second.moved == 0


def test_a_new_firm_joins_a_standing_cohort_and_nobody_moves() -> None:
    waiting = [firm(number) for number in range(8)]
    first = propose(waiting, [coach()])
    second = propose([*waiting, firm(9)], [coach()], standing_of(first))
    assert [len(each.members) for each in second.cohorts] == [9]
    assert second.moved == 0


def test_a_standing_cohort_that_has_become_too_small_gives_its_members_to_others() -> None:
    waiting = [firm(number, availability={"mon-morning", "tue-evening"}) for number in range(12)]
    standing = [
        Standing(coach=1, slot="mon-morning", level="beginner", members=tuple(range(3))),
        Standing(coach=1, slot="tue-evening", level="beginner", members=tuple(range(3, 12))),
    ]
    proposal = propose(waiting, [coach(slots={"mon-morning", "tue-evening"})], standing)
    [cohort] = proposal.cohorts
    assert (cohort.slot, len(cohort.members), proposal.moved) == ("tue-evening", 12, 3)
    assert "that cohort is no more" in cohort.members[0].why


def test_a_locked_cohort_that_is_too_small_is_kept_and_says_so() -> None:
    standing = [
        Standing(coach=1, slot="mon-morning", level="beginner", members=(1, 2), locked=frozenset({1}))
    ]
    [cohort] = propose([firm(1), firm(2)], [coach()], standing).cohorts
    assert [member.id for member in cohort.members] == [1, 2]
    assert "only 2, kept for its locked members" in cohort.why


def test_what_a_person_decided_against_the_rules_is_said() -> None:
    standing = [
        Standing(coach=1, slot="tue-evening", level="advanced", members=(1, 2), locked=frozenset({1, 2}))
    ]
    waiting = [firm(1, naf="56.10A"), firm(2, naf="56.10C", department="15")]
    [cohort] = propose(waiting, [coach(cohorts=0)], standing, Options(maximum=10, ideal=6)).cohorts
    assert "the coach does not have this slot" in cohort.why
    assert "the coach takes 0" in cohort.why
    for said in ("of another level", "not free then", "competing"):
        assert f"although {said}" in cohort.members[0].why or "competing" in said
    assert "competing with, another" in cohort.members[0].why
    assert "although the coach does not work there" in cohort.members[1].why


# What contradicts itself


@pytest.mark.parametrize(
    ("standing", "options", "reason"),
    [
        ([Standing(coach=7, slot="a", level="beginner", members=(1,), locked=frozenset({1}))], Options(), "no such coach"),
        ([Standing(coach=1, slot="a", level="beginner", members=(), locked=frozenset({1}))], Options(), "no member of it"),
        ([Standing(coach=1, slot="a", level="beginner", members=(5,), locked=frozenset({5}))], Options(), "no candidate"),
        ([Standing(coach=1, slot=slot, level="beginner", members=(1,)) for slot in "ab"], Options(), "member of standing cohorts 1"),
        ([Standing(coach=1, slot="a", level="beginner", members=())] * 2, Options(), "is there twice"),
        ([], Options(minimum=1), "sizes must be"),
        ([], Options(minimum=11), "sizes must be"),
        ([], Options(maximum=9), "sizes must be"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_with_the_reason(
    standing: list[Standing], options: Options, reason: str
) -> None:
    with pytest.raises(Rejected, match=reason):
        propose([firm(1)], [coach()], standing, options)


def test_a_candidate_or_a_coach_who_is_there_twice_is_refused() -> None:
    with pytest.raises(Rejected, match="candidate 1 is there twice; coach 1 is there twice"):
        propose([firm(1), firm(1)], [coach(), coach()])


def firm(
    number: int,
    *,
    commune: str | None = CLERMONT,
    department: str | None = "63",
    availability: set[str] | None = None,
    naf: str | None = None,
) -> Candidate:
    return Candidate(
        id=number,
        name=f"Firm {number}",
        department=department,
        level="beginner",
        availability=frozenset({"mon-morning"} if availability is None else availability),
        commune=commune,
        naf=naf,
    )


def coach(*, slots: set[str] | None = None, cohorts: int = 2) -> Coach:
    return Coach(
        id=1,
        name="Anna",
        departments=frozenset({"63"}),
        slots=frozenset(slots or {"mon-morning"}),
        cohorts=cohorts,
    )
