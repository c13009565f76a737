from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.plan import SIGNS, Example, Plan

counts = st.integers(0, 60_000)
examples = st.lists(
    st.builds(
        Example,
        st.sampled_from(["create", "update", "withdraw"]),
        st.text("0123456789ab", min_size=1),
        st.text(),
    ),
    max_size=10,
).map(tuple)


def test_a_plan_without_changes_says_so_in_one_line() -> None:
    assert list(Plan("open_portal", 7).lines()) == ["open_portal: nothing to do"]


def test_a_plan_reads_as_its_numbers_its_examples_and_what_is_left() -> None:
    shown = (
        Example("create", "aaaaaaaaaaaa", "Boulanger"),
        Example("update", "bbbbbbbbbbbb", "Soudeur"),
        Example("withdraw", "cccccccccccc", "CAP Pâtisserie"),
    )
    assert list(Plan("facebook_page", 7, 10, 2, 1, shown).lines()) == [
        "facebook_page: 10 to create, 2 to update, 1 to withdraw",
        "  + aaaaaaaaaaaa  Boulanger",
        "  ~ bbbbbbbbbbbb  Soudeur",
        "  - cccccccccccc  CAP Pâtisserie",
        "  … and 10 more",
    ]


def test_a_plan_that_shows_everything_leaves_nothing_unsaid() -> None:
    shown = (Example("withdraw", "aaaaaaaaaaaa", "Boulanger"),)
    assert list(Plan("facebook_page", 7, withdraw=1, examples=shown).lines())[1:] == [
        "  - aaaaaaaaaaaa  Boulanger"
    ]


@given(counts, counts, counts)
def test_the_changes_are_the_sum_of_the_three(create: int, update: int, withdraw: int) -> None:
    assert Plan("a", 1, create, update, withdraw).changes == create + update + withdraw


@given(counts, counts, counts, examples)
def test_the_examples_and_what_is_left_are_the_whole_plan(
    create: int, update: int, withdraw: int, shown: tuple[Example, ...]
) -> None:
    plan = Plan("a", 1, create, update, withdraw, shown)
    lines = list(plan.lines())
    if plan.changes > len(shown):
        assert lines[-1] == f"  … and {plan.changes - len(shown)} more"
        assert len(lines) == 2 + len(shown)
    elif plan.changes:
        assert len(lines) == 1 + len(shown)
        assert not any(line.startswith("  …") for line in lines)
    else:
        assert len(lines) == 1


def test_what_a_guard_keeps_is_said_with_the_way_out() -> None:
    assert list(Plan("facebook_page", 7, held=30, held_by=4).lines()) == [
        "facebook_page: a guard keeps 30 from being withdrawn; decide with `boostez plan approve|refuse 4`",
        "facebook_page: nothing to do",
    ]


def test_what_nobody_can_decide_on_any_more_names_no_number() -> None:
    """It said `boostez plan approve|refuse None` after a refusal."""
    first, _ = Plan("facebook_page", 7, held=30).lines()
    assert (
        first == "facebook_page: a guard keeps 30 from being withdrawn; `boostez plan list --all` shows why"
    )


def test_every_operation_has_a_sign_of_its_own() -> None:
    assert set(SIGNS) == {"create", "update", "withdraw"}
    assert len(set(SIGNS.values())) == 3
