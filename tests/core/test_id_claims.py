"""ID tokens: each claim that is not what was asked for is refused, and says which."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.id_claims import FRESH, SKEW, Asked, fault

NOW: Final = dt.datetime(2026, 11, 30, 9, tzinfo=dt.UTC)
T: Final = int(NOW.timestamp())
ASKED: Final = Asked("https://id.region.example", "portail", "nonce")
GOOD: Final = {
    "iss": ASKED.issuer,
    "aud": "portail",
    "sub": "u-1",
    "iat": T - 1,
    "exp": T + 300,
    "nonce": "nonce",
}
LATE: Final = int(SKEW.total_seconds())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": ["portail"]},
        {"aud": ["portail", "other"], "azp": "portail"},
        {"azp": "portail"},
        {"nbf": T + LATE},
        {"exp": T - LATE + 1},
        {"iat": T + LATE},
        {"exp": float(T + 1)},
        {"exp": 10**400},  # which no float holds
    ],
)
def test_what_was_asked_for_is_taken(changes: dict[str, Any]) -> None:
    assert fault(GOOD | changes, ASKED, NOW) is None


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("iss", "https://id.region.example/"),
        ("iss", ["https://id.region.example"]),
        ("aud", "other"),
        ("aud", ["other"]),
        ("aud", []),
        ("aud", {"portail": 1}),
        ("azp", "other"),
        ("azp", None),
        ("sub", ""),
        ("sub", "u" * 256),
        ("sub", "é"),
        ("sub", 7),
        ("exp", T - LATE),
        ("exp", str(T + 300)),
        ("exp", True),
        ("exp", float("nan")),
        ("iat", T + LATE + 1),
        ("iat", T - int((FRESH + SKEW).total_seconds())),
        ("iat", "now"),
        ("iat", 10**400),
        ("nbf", T + LATE + 1),
        ("nbf", None),
        ("nonce", "other"),
        ("nonce", ""),
        ("nonce", "\ud800"),  # which JSON may hold, and UTF-8 may not
        ("nonce", ["nonce"]),
    ],
)
def test_what_was_not_asked_for_is_refused_and_named(claim: str, told: object) -> None:
    assert fault(GOOD | {claim: told}, ASKED, NOW) == f"its {claim} is not what was asked for"


@pytest.mark.parametrize("claim", sorted(GOOD))
def test_what_is_missing_is_refused_and_named(claim: str) -> None:
    assert fault({name: told for name, told in GOOD.items() if name != claim}, ASKED, NOW) == (
        f"its {claim} is not what was asked for"
    )


def test_of_several_audiences_one_must_be_said_to_be_the_one_that_asked() -> None:
    assert fault(GOOD | {"aud": ["portail", "other"]}, ASKED, NOW) == "its azp is not what was asked for"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["iss", "aud", "azp", "sub", "exp", "iat", "nbf", "nonce"]), anything))
def test_whatever_a_token_says_is_judged(claims: dict[str, Any]) -> None:
    assert fault(claims, ASKED, NOW) is not None
    assert fault({**GOOD, "name": claims}, ASKED, NOW) is None
