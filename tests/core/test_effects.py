from __future__ import annotations

import datetime as dt
from itertools import product
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.effects import Found, Intent, Outcome, Receipt, marker_of, proof, subject_of
from core.plan import Operation
from schemas.offer import encode
from tests.makers import NOON, job

Sight = Literal["none", "this", "other"]
OPERATIONS: tuple[Operation, ...] = ("create", "update", "withdraw")
SIGHTS: tuple[Sight, ...] = ("none", "this", "other")
MARKER, OLDER = "0123456789ab-2f", "0123456789ab-1a"
# What a look-up proves, at the first look-up and at every later one.
PROVEN: dict[tuple[Operation, Sight], tuple[Outcome, Outcome]] = {
    # A creation that is not seen is proven by the ledger, which plans it again at the second look-up.
    ("create", "none"): ("unproven", "unproven"),
    ("create", "this"): ("done", "done"),
    ("create", "other"): ("unproven", "stale"),
    ("update", "none"): ("unproven", "missing"),
    ("update", "this"): ("done", "done"),
    ("update", "other"): ("unproven", "stale"),
    ("withdraw", "none"): ("done", "done"),
    # What is still there, whatever it shows, was not withdrawn: by the second look-up it is withdrawn again.
    ("withdraw", "this"): ("unproven", "stale"),
    ("withdraw", "other"): ("unproven", "stale"),
}


def intent(operation: Operation, lookups: int = 0) -> Intent:
    remote_id = None if operation == "create" else "1_2"
    content = None if operation == "withdraw" else encode(job())
    return Intent(7, "0123456789ab", operation, MARKER, remote_id, content, NOON, lookups)


def seen(sight: Sight) -> Found | None:
    return {"none": None, "this": Found(MARKER, "1_2"), "other": Found(OLDER, "1_2")}[sight]


@pytest.mark.parametrize(("operation", "sight", "lookups"), list(product(OPERATIONS, SIGHTS, (0, 1, 2, 9))))
def test_what_a_look_up_proves(operation: Operation, sight: Sight, lookups: int) -> None:
    receipt = proof(intent(operation, lookups), seen(sight))
    assert receipt.outcome == PROVEN[operation, sight][min(lookups, 1)]
    assert receipt.effect == 7
    assert receipt.error is None
    assert receipt.remote_id == (None if sight == "none" else "1_2")


def test_the_table_names_every_case() -> None:
    assert set(PROVEN) == set(product(OPERATIONS, SIGHTS))


@given(st.sampled_from(OPERATIONS), st.sampled_from(SIGHTS), st.integers(0, 100))
def test_an_absence_seen_once_proves_nothing_of_what_should_be_there(
    operation: Operation, sight: Sight, lookups: int
) -> None:
    receipt = proof(intent(operation, lookups), seen(sight))
    if operation != "withdraw" and sight != "this" and lookups == 0:
        assert receipt.outcome == "unproven"


@given(st.sampled_from(OPERATIONS), st.integers(0, 100), st.text(), st.text())
def test_an_object_with_another_marker_never_proves_a_write(
    operation: Operation, lookups: int, marker: str, remote_id: str
) -> None:
    receipt = proof(intent(operation, lookups), Found(marker, remote_id))
    assert receipt.remote_id == remote_id
    if marker != MARKER or operation == "withdraw":
        assert receipt.outcome in {"unproven", "stale"}


def test_a_proof_names_the_effect_and_keeps_the_id_it_found() -> None:
    assert proof(intent("create"), Found(MARKER, "1_9")) == Receipt(7, "done", "1_9")


# Markers


def test_a_marker_is_the_subject_and_the_lease_in_hexadecimal() -> None:
    assert marker_of("0123456789ab", 47) == MARKER
    assert subject_of(MARKER) == "0123456789ab"


@given(st.text(), st.integers(0, 2**63))
def test_a_marker_tells_its_subject_whatever_it_is(subject: str, lease: int) -> None:
    marker = marker_of(subject, lease)
    assert subject_of(marker) == subject
    assert int(marker.rpartition("-")[2], 16) == lease


@given(st.tuples(st.text(), st.integers(0, 2**63)), st.tuples(st.text(), st.integers(0, 2**63)))
def test_different_intents_have_different_markers(one: tuple[str, int], other: tuple[str, int]) -> None:
    assert (marker_of(*one) == marker_of(*other)) is (one == other)


def test_what_is_no_marker_speaks_of_no_subject() -> None:
    assert subject_of("sans") == ""


def test_an_intent_is_looked_up_from_nought() -> None:
    fresh = Intent(1, "a", "create", "a-1", None, encode(job()), dt.datetime(2026, 11, 24, tzinfo=dt.UTC))
    assert fresh.lookups == 0
