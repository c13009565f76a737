"""Shares that add up, and bars."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from core.digests.shares import Share, filled, shares

COUNTED = st.dictionaries(st.text(max_size=5), st.integers(1, 60_000), max_size=30)


@given(COUNTED)
@example({"a": 1, "b": 1, "c": 1})
@example({str(n): 1 for n in range(2000)})
def test_they_sum_to_a_hundred_per_cent_and_none_is_far_from_what_it_is(counted: dict[str, int]) -> None:
    told = shares(counted)
    total = sum(counted.values())
    assert sum(each.share for each in told) == (1000 if counted else 0)
    assert {each.name: each.number for each in told} == counted
    assert all(abs(each.share - 1000 * each.number / total) < 1 for each in told)
    assert [each.number for each in told] == sorted(counted.values(), reverse=True)


@given(COUNTED, st.lists(COUNTED, max_size=4))
def test_every_week_has_every_cause(counted: dict[str, int], before: list[dict[str, int]]) -> None:
    told = shares(counted, before)
    assert len({each.name for each in told}) == len(told)
    for number, week in enumerate(before):
        assert {each.name: each.before[number] for each in told if each.before[number]} == week


def test_what_is_over_is_told_with_what_it_was() -> None:
    assert shares({"type": 2}, [{"enum": 5}, {"enum": 1, "type": 2}]) == [
        Share("type", 2, 1000, (0, 2)),
        Share("enum", 0, 0, (5, 1)),
    ]


@given(st.integers(-5, 10**6), st.integers(-5, 10**6), st.integers(2, 100))
def test_a_bar_is_never_longer_than_its_rail_shows_anything_and_is_full_only_when_all_is_reached(
    part: int, whole: int, width: int
) -> None:
    full = filled(part, whole, width)
    assert 0 <= full <= width
    assert (full > 0) == (part > 0 and whole > 0)
    assert (full == width) == (0 < whole <= part)
