"""Who may sit with whom, and what a pair costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cohorts import Candidate, Options, Weights
from core.cohorts.closeness import CONFLICT, Closeness, group_cost
from schemas.reference_tables import communes
from tests.core.cohorts.worlds import AURILLAC, CLERMONT, ISSOIRE, LE_PUY, LYON, candidate

CAYROLS = "15030"  # in Cantal; no coordinates, and none in its postal code either


def firm(
    commune: str | None = CLERMONT, *, naf: str | None = None, department: str | None = "63"
) -> Candidate:
    return Candidate(
        id=1,
        name="Firm",
        department=department,
        level="beginner",
        availability=frozenset(),
        commune=commune,
        naf=naf,
    )


def cost(one: Candidate, other: Candidate, options: Options | None = None) -> int:
    return Closeness([one, other], options or Options(reach=200)).cost(0, 1)


@given(candidate(1), candidate(2))
def test_a_pair_costs_the_same_from_both_sides(one: Candidate, other: Candidate) -> None:
    assert cost(one, other) == cost(other, one)


@pytest.mark.parametrize(
    ("one", "other", "kilometres"),
    [(CLERMONT, ISSOIRE, 29), (CLERMONT, AURILLAC, 108), (CLERMONT, LE_PUY, 103), (CLERMONT, LYON, 136)],
)
def test_distances_are_those_of_the_map(one: str, other: str, kilometres: int) -> None:
    """As the crow flies, on any map of the Region."""
    assert abs(cost(firm(one), firm(other)) / 1000 - kilometres) < 1


def test_two_may_be_as_far_apart_as_the_reach_and_no_farther() -> None:
    assert cost(firm(CLERMONT), firm(ISSOIRE), Options(reach=30)) < CONFLICT
    assert cost(firm(CLERMONT), firm(ISSOIRE), Options(reach=28)) == CONFLICT


def test_without_a_place_two_must_be_of_one_department() -> None:
    """The village of Cayrols has no coordinates, nor has any commune of its postal code."""
    options = Options(unknown=30)
    assert communes()[CAYROLS].latitude is None
    assert cost(firm(CAYROLS, department="15"), firm(AURILLAC, department="15"), options) == 30_000
    assert cost(firm(None), firm(CLERMONT), options) == 30_000
    assert cost(firm(CAYROLS, department="15"), firm(CLERMONT), options) == CONFLICT
    assert cost(firm(None, department=None), firm(CLERMONT), options) == CONFLICT


def test_one_sector_costs_more_and_a_direct_competitor_is_not_allowed() -> None:
    options = Options(weights=Weights(sector=25))
    restaurant = firm(naf="56.10A")
    assert cost(restaurant, firm(naf="43.21A"), options) == 0
    assert cost(restaurant, firm(naf="55.10Z"), options) == 25_000
    assert cost(restaurant, firm(naf="56.10C"), options) == CONFLICT
    assert cost(restaurant, firm(ISSOIRE, naf="56.10A"), options) < CONFLICT
    assert cost(firm(None, naf="56.10A"), restaurant, options) < CONFLICT


@given(st.integers(1, 20), st.integers(0, 10**6))
def test_of_groups_of_the_ideal_size_the_better_company_costs_less(members: int, pairs: int) -> None:
    options = Options(ideal=10)
    assert group_cost(pairs, 10, options) <= group_cost(pairs + members, 10, options)
    assert group_cost(pairs, 10, options) <= group_cost(pairs, 9, options)


def test_a_group_costs_what_its_members_have_between_them_on_average() -> None:
    """Of three, each 10 km from the two others: 30 km, whatever the number of pairs; and the size that is not the ideal one."""
    assert group_cost(3 * 10_000, 3, Options(minimum=2, ideal=3, maximum=3)) == 30_000
    assert group_cost(6 * 10_000, 4, Options(minimum=2, ideal=4, maximum=4)) == 40_000
    assert group_cost(0, 8, Options(weights=Weights(size=2))) == 2 * 1000 * 4
    assert group_cost(0, 1, Options(weights=Weights(size=0))) == 0
