"""The daily choice of an editorial channel."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from core.selection import Candidate, choose

MOMENTS = st.integers(0, 30).map(lambda day: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=day))
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        key=st.text("abcdef0123", min_size=1, max_size=5),
        department=st.sampled_from(["01", "38", "69", None]),
        published_at=MOMENTS,
    ),
    unique_by=lambda candidate: candidate.key,
    max_size=30,
)


def rank(candidate: Candidate) -> tuple[float, str]:
    return -candidate.published_at.timestamp(), candidate.key


@given(CANDIDATES, st.integers(-2, 40))
def test_the_budget_is_used_and_never_exceeded(candidates: list[Candidate], budget: int) -> None:
    chosen = choose(candidates, budget)
    assert len(chosen) == len(set(chosen)) == min(max(budget, 0), len(candidates))
    assert set(chosen) <= set(candidates)


@given(CANDIDATES, st.integers(0, 40))
def test_departments_with_candidates_left_differ_by_one_at_most(
    candidates: list[Candidate], budget: int
) -> None:
    chosen = choose(candidates, budget)
    given_, all_ = Counter(c.department for c in chosen), Counter(c.department for c in candidates)
    left = [given_[department] for department in all_ if given_[department] < all_[department]]
    assert not left or max(given_.values(), default=0) - min(left) <= 1


@given(CANDIDATES, st.integers(0, 40))
def test_each_department_gives_its_newest_first(candidates: list[Candidate], budget: int) -> None:
    chosen = choose(candidates, budget)
    for department in {candidate.department for candidate in candidates}:
        own = sorted((c for c in candidates if c.department == department), key=rank)
        picked = [c for c in chosen if c.department == department]
        assert picked == own[: len(picked)]


@given(CANDIDATES, st.integers(0, 40), st.randoms())
def test_the_order_of_the_candidates_does_not_matter(
    candidates: list[Candidate], budget: int, random: Random
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert choose(shuffled, budget) == choose(candidates, budget)


@given(CANDIDATES.filter(bool), st.integers(1, 40))
def test_the_newest_of_all_comes_first(candidates: list[Candidate], budget: int) -> None:
    assert choose(candidates, budget)[0] == min(candidates, key=rank)
