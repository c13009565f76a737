from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from core.registration import Change, Thing, changes

values = st.none() | st.integers(0, 2) | st.lists(st.integers(0, 1), max_size=2)
names = st.tuples(st.sampled_from(["pool", "deployment"]), st.sampled_from("abcd"))


@st.composite
def servers(draw: st.DrawFn, *, ours: bool | None = None) -> list[Thing]:
    fields = st.dictionaries(st.sampled_from("xyz"), values, max_size=3)
    owned = st.booleans() if ours is None else st.just(ours)
    chosen = draw(st.lists(names, unique=True))
    return [Thing(kind, name, draw(fields), draw(owned)) for kind, name in chosen]


def carried_out(plan: Sequence[Change], found: Sequence[Thing]) -> list[Thing]:
    """The server, after a plan."""
    there = {(thing.kind, thing.name): thing for thing in found}
    for change in plan:
        key = (change.kind, change.name)
        if change.does == "remove":
            del there[key]
            continue
        assert (change.does == "create") is (key not in there)
        before = there[key].fields if key in there else {}
        told = {name: after for name, (_, after) in change.fields.items()}
        there[key] = Thing(*key, {**before, **told})
    return list(there.values())


def contents(things: Sequence[Thing]) -> dict[tuple[str, str], dict[str, object]]:
    """A field that is None says nothing."""
    return {
        (thing.kind, thing.name): {name: value for name, value in thing.fields.items() if value is not None}
        for thing in things
    }


@given(declared=servers(ours=True), found=servers())
def test_a_plan_makes_the_server_know_what_is_declared_and_leaves_what_is_not_ours(
    declared: list[Thing], found: list[Thing]
) -> None:
    wanted = contents(declared)
    foreign = contents([thing for thing in found if not thing.ours])
    assert contents(carried_out(changes(declared, found), found)) == {**foreign, **wanted}


@given(declared=servers(ours=True), found=servers())
def test_a_second_plan_changes_nothing(declared: list[Thing], found: list[Thing]) -> None:
    after = carried_out(changes(declared, found), found)
    assert changes(declared, after) == ()


@given(declared=servers(ours=True), found=servers())
def test_a_change_tells_only_fields_that_differ_as_they_were_and_as_they_will_be(
    declared: list[Thing], found: list[Thing]
) -> None:
    there, wanted = contents(found), contents(declared)
    for change in changes(declared, found):
        key = (change.kind, change.name)
        for name, (before, after) in change.fields.items():
            assert before != after
            assert before == there.get(key, {}).get(name)
            assert after == wanted[key].get(name)


def test_things_are_made_in_their_order_and_removed_in_the_reverse_one() -> None:
    """An automation names the deployment that it starts: it comes after it and goes before it."""
    pair = [Thing("deployment", "recover", {}), Thing("automation", "crash", {})]
    assert [change.name for change in changes(pair, [])] == ["recover", "crash"]
    assert [change.name for change in changes([], pair)] == ["crash", "recover"]
