"""Once-only effects: planned in the commit that calls for them, one a subject."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest

from connectors.region.database import Region
from connectors.region.ledger import once
from tests.at_once import ROUNDS, at_once
from tests.hands import sql

pytestmark = pytest.mark.database
CHANNEL = "mail"


def plan(region: Region, **wanted: str) -> dict[str, int]:
    with region.begin() as connection:
        return once.plan(
            connection,
            CHANNEL,
            {subject: f'{{"about": "{said}"}}'.encode() for subject, said in wanted.items()},
        )


def said(region: Region) -> dict[str, str]:
    rows = sql(region, "SELECT subject, content ->> 'about' AS about FROM effect WHERE channel = 'mail'")
    return {row.subject: row.about for row in rows}


def test_what_is_planned_again_happens_once_and_says_what_it_said(region: Region) -> None:
    first = plan(region, a="one", b="two")
    assert set(first) == {"a", "b"}
    assert set(plan(region, b="three", c="four")) == {"c"}, "only what is new"
    assert said(region) == {"a": "one", "b": "two", "c": "four"}
    assert sql(region, "SELECT DISTINCT state FROM effect")[0].state == "planned"


def test_the_hash_of_an_effect_is_that_of_what_it_says(region: Region) -> None:
    plan(region, é="« à »")
    ((wanted,),) = sql(region, "SELECT wanted_hash FROM effect")
    assert bytes(wanted) == hashlib.sha256('{"about": "« à »"}'.encode()).digest()


def test_nothing_is_planned_of_nothing(region: Region) -> None:
    assert plan(region) == {}
    assert sql(region, "SELECT FROM channel") == []


def test_what_is_planned_in_a_commit_that_fails_is_not(region: Region) -> None:
    with region.begin() as connection:
        once.plan(connection, CHANNEL, {"a": b"{}"})
        connection.rollback()
    assert said(region) == {}


def test_two_who_plan_the_same_at_once_plan_it_once(region: Region) -> None:
    for number in range(ROUNDS // 2):
        one, other = at_once(*[partial(plan, region, **{f"s{number}": "x"})] * 2)
        assert len(one) + len(other) == 1


@pytest.mark.parametrize("state", ["planned", "intent", "done", "unknown", "parked", "rejected"])
def test_an_effect_says_something_else_only_while_nobody_has_begun_it(region: Region, state: str) -> None:
    (number,) = plan(region, a="one").values()
    sql(region, "UPDATE effect SET state = :state", state=state)
    with region.begin() as connection:
        assert once.rewrite(connection, number, b'{"about": "two"}') is (state == "planned")
    assert said(region) == {"a": "two" if state == "planned" else "one"}
    ((wanted,),) = sql(region, "SELECT wanted_hash FROM effect")
    assert bytes(wanted) == hashlib.sha256(f'{{"about": "{said(region)["a"]}"}}'.encode()).digest()
