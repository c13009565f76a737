"""Roles: what a claim grants, and that nothing else does."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access import ROLES, Role, Rules, claimed, granted

values = st.frozensets(st.sampled_from("abcdef"), max_size=4)
rules = st.builds(
    Rules,
    claim=st.just("groups"),
    ask=st.just("l’équipe"),
    scopes=st.just(()),
    roles=st.dictionaries(st.sampled_from(ROLES), values, max_size=4),
    idle=st.just(dt.timedelta(minutes=30)),
    longest=st.just(dt.timedelta(hours=8)),
)


@given(rules, values)
def test_a_role_is_had_by_whom_something_grants_it_and_by_nobody_else(
    rule: Rules, had: frozenset[str]
) -> None:
    for role in ROLES:
        assert (role in granted(rule, had)) == bool(had & rule.roles.get(role, frozenset()))
    assert granted(rule, had) == granted(rule, had & rule.values), "no other value needs to be kept"
    assert granted(rule, ()) == frozenset[Role]()


@pytest.mark.parametrize(
    ("claims", "name", "found"),
    [
        ({"groups": ["a", "b"]}, "groups", {"a", "b"}),
        ({"groups": "a b"}, "groups", {"a b"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"https://region.example/roles": ["a"]}, "https://region.example/roles", {"a"}),
        ({"groups": [1, None, "a", {"b": 1}]}, "groups", {"a"}),
        ({"groups": {"a": True}}, "groups", set()),
        ({"realm_access": "a"}, "realm_access.roles", set()),
        ({}, "groups", set()),
    ],
)
def test_a_claim_is_read_in_whatever_form_providers_write_it(
    claims: dict[str, Any], name: str, found: set[str]
) -> None:
    assert claimed(claims, name) == found
