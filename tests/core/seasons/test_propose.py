"""Proposals against every calendar of small seasons, tried one by one and judged by the checker."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.seasons import Impossible, Placement, Problem, Proposal, broken, propose
from core.seasons.score import score
from schemas.errors import Rejected
from tests.core.seasons import worlds
from tests.examples import scaled

few = settings(max_examples=scaled(60))


def calendar_of(proposal: Proposal | Impossible) -> dict[str, Placement]:
    assert isinstance(proposal, Proposal), proposal
    return {each.key: each.placement for each in proposal.placed}


@few
@given(worlds.problems())
def test_a_season_is_planned_when_it_can_be_and_then_no_rule_is_broken(problem: Problem) -> None:
    found = propose(problem)
    first = next(worlds.calendars(problem), None)
    if isinstance(found, Impossible):
        assert first is None
    else:
        assert broken(problem, calendar_of(found)) == []


@few
@given(worlds.problems(most=2))
def test_as_few_as_can_be_move_and_of_those_calendars_it_is_the_best(problem: Problem) -> None:
    tried = list(islice(worlds.calendars(problem), 3000))
    assume(tried)
    assume(len(tried) < 3000)
    found = propose(problem)
    assert isinstance(found, Proposal)
    assert (found.fewest, found.best) == (True, True)
    weights = problem.rules.weights
    costs = [(each.moved, each.cost(weights)) for each in (score(problem, calendar) for calendar in tried)]
    assert (found.score.moved, found.score.cost(weights)) == min(costs)


@few
@given(worlds.problems(), st.randoms(use_true_random=False))
def test_the_order_that_things_come_in_changes_nothing(problem: Problem, random: Random) -> None:
    again = replace(
        problem,
        **{
            field: tuple(random.sample(several, len(several)))
            for field in ("wanted", "officials", "moderators", "venues")
            for several in [getattr(problem, field)]
        },
    )
    assert propose(again) == propose(problem)


def test_nothing_wanted_is_planned_at_once() -> None:
    assert calendar_of(propose(worlds.problem([]))) == {}


def test_what_is_locked_stays_where_no_slot_is_and_without_notice() -> None:
    locked = Placement(starts=worlds.at("2027-10-04 11:15"), official=1, moderator=1, venue=1)
    problem = worlds.problem([worlds.wanted(locked=locked)], season=worlds.rules(notice_days=20))
    assert calendar_of(propose(problem)) == {"D-1": locked}


def test_what_was_proposed_before_stays_without_new_notice() -> None:
    previous = Placement(starts=worlds.at("2027-10-05 18:30"), official=1, moderator=1, venue=1)
    problem = worlds.problem([worlds.wanted(previous=previous)], season=worlds.rules(notice_days=6))
    assert calendar_of(propose(problem)) == {"D-1": previous}


def test_preferred_slots_are_taken_first() -> None:
    several = [worlds.wanted(number) for number in (1, 2)]
    problem = worlds.problem(several, venues=[worlds.venue(1), worlds.venue(2, "69")])
    assert isinstance(found := propose(problem), Proposal)
    assert found.score.off_hours == 1  # one moderator cannot be in both at preferred slots of one evening


def test_dialogues_are_shared_between_departments_and_officials() -> None:
    several = [worlds.wanted(number) for number in (1, 2, 3)]
    problem = worlds.problem(
        several,
        officials=[worlds.official(number) for number in (1, 2, 3)],
        moderators=[worlds.moderator(number) for number in (1, 2, 3)],
        venues=[worlds.venue(number, code) for number, code in enumerate(worlds.DEPARTMENTS)],
    )
    assert isinstance(found := propose(problem), Proposal)
    assert (found.score.departments, found.score.officials) == (0, 0)


# What contradicts itself

LOCK = Placement(starts=worlds.at("2027-10-05 18:30"), official=1, moderator=1, venue=1)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (worlds.problem([worlds.wanted(), worlds.wanted()]), "dialogue D-1 is there twice"),
        (worlds.problem([], officials=[worlds.official()] * 2), "official 1 is there twice"),
        (worlds.problem([], venues=[worlds.venue()] * 2), "venue 1 is there twice"),
        (worlds.problem([], venues=[worlds.venue(department="2A")]), "Venue 1 is in 2A, to which no travel time is known"),
        (worlds.problem([worlds.wanted(official=7)]), "with official 7, who is not there"),
        (worlds.problem([worlds.wanted(minutes=0)]), "D-1 takes no time"),
        (worlds.problem([worlds.wanted(locked=replace(LOCK, official=7))]), "locked with official 7, who is not there"),
        (worlds.problem([worlds.wanted(locked=replace(LOCK, moderator=7))]), "locked with moderator 7"),
        (worlds.problem([worlds.wanted(locked=replace(LOCK, venue=None))]), "locked at venue None"),
        (worlds.problem([worlds.wanted(locked=LOCK, form="written")]), "at a venue, and written"),
        (worlds.problem([worlds.wanted(locked=LOCK, department="15")]), "locked in 63 and wanted in 15"),
        (worlds.problem([], season=worlds.rules(last=worlds.TODAY)), "before it begins"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_with_the_reason(problem: Problem, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        propose(problem)
