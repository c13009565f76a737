from __future__ import annotations

from itertools import combinations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from core.policy import Policy

FORM = "post-1 https://portail.example"
policies = st.builds(
    Policy,
    channel=st.text(),
    kinds=st.sampled_from([("job",), ("training",), ("job", "training")]),
    budget=st.none() | st.integers(1, 100_000),
    enabled=st.booleans(),
    sources=st.sampled_from([(), ("portal",), ("portal", "lheo")]),
)


def test_a_fingerprint_is_different_for_each_field_and_form() -> None:
    base = Policy("facebook_page", ("job",), 300)
    changed = [
        base,
        msgspec.structs.replace(base, channel="open_portal"),
        msgspec.structs.replace(base, kinds=("job", "training")),
        msgspec.structs.replace(base, budget=301),
        msgspec.structs.replace(base, budget=None),
        msgspec.structs.replace(base, enabled=False),
        msgspec.structs.replace(base, sources=("portal",)),
        msgspec.structs.replace(base, sources=("portal", "lheo")),
    ]
    prints = [policy.fingerprint(FORM) for policy in changed]
    prints += [base.fingerprint("post-2"), base.fingerprint("")]
    assert len(set(prints)) == len(prints)


def test_what_an_audit_does_plans_nothing_anew() -> None:
    base = Policy("facebook_page", ("job",), 300)
    assert msgspec.structs.replace(base, drift="heal").fingerprint(FORM) == base.fingerprint(FORM)


def test_every_field_of_a_policy_is_in_the_tests_above() -> None:
    assert Policy.__struct_fields__ == ("channel", "kinds", "budget", "enabled", "drift", "sources")


def test_a_policy_takes_every_source_or_those_that_it_names() -> None:
    policy = Policy("contractor", ("job",))
    assert policy.takes("portal")
    assert policy.takes("contractor")
    only = msgspec.structs.replace(policy, sources=("portal",))
    assert (only.takes("portal"), only.takes("contractor")) == (True, False)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    assert Policy("facebook_page", ("job", "training"), 300).fingerprint("post-1") == "41722e1604424240"


@given(policies, st.text())
def test_a_fingerprint_has_sixteen_hexadecimal_digits(policy: Policy, form: str) -> None:
    text = policy.fingerprint(form)
    assert len(text) == 16
    assert set(text) <= set("0123456789abcdef")
    assert text == msgspec.structs.replace(policy).fingerprint(form)


@given(st.lists(st.tuples(policies, st.text()), max_size=6, unique=True))
def test_different_policies_or_forms_have_different_fingerprints(wanted: list[tuple[Policy, str]]) -> None:
    for (one, form), (other, another) in combinations(wanted, 2):
        assert one.fingerprint(form) != other.fingerprint(another)
