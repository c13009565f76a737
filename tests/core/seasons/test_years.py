"""A season as large as they come: 60 dialogues, 25 officials, 12 departments."""

from __future__ import annotations

import pytest

from core.seasons import Placement, Problem, Proposal, broken, propose
from tests.core.seasons.years import ill, season, standing

EFFORT = 0.5  # enough for a calendar: a better one takes more


@pytest.fixture(scope="module")
def planned() -> tuple[Problem, Proposal]:
    problem = season()
    found = propose(problem, EFFORT)
    assert isinstance(found, Proposal)
    return problem, found


def calendar_of(proposal: Proposal) -> dict[str, Placement]:
    return {each.key: each.placement for each in proposal.placed}


def test_it_is_planned_and_no_rule_is_broken(planned: tuple[Problem, Proposal]) -> None:
    problem, proposal = planned
    assert len(proposal.placed) == 60
    assert broken(problem, calendar_of(proposal)) == []


def test_when_an_official_falls_ill_only_their_dialogues_change(planned: tuple[Problem, Proposal]) -> None:
    problem, proposal = planned
    who = proposal.placed[10].placement.official
    again = ill(standing(problem, proposal), who)
    theirs = {each.key for each in proposal.placed if each.placement.official == who}
    found = propose(again, EFFORT)
    assert isinstance(found, Proposal)
    assert broken(again, calendar_of(found)) == []
    assert {each.key for each in found.placed if each.moved} == theirs
    assert found.fewest
