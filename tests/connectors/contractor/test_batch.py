from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contractor import batch, wire
from core.effects import Found, Intent, Outcome, marker_of
from core.normalise import normalise
from core.wording import ANONYMOUS
from schemas.offer import Employer, Location, Offer, encode
from tests.makers import NOON, job, training

PORTAL = "https://portail.example"
KEY = "0123456789ab"
MARKER = f"{KEY}-1f"
SCHEMA = Path(__file__).parents[3] / "schemas" / "json" / "contractor.offer.v1.json"
CONTRACT = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")))
_words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=3, max_size=60)
told = st.builds(
    job,
    title=_words,
    description=_words.map(lambda text: f"<p>Un texte assez long&nbsp;: {text}</p>"),
    employer=st.builds(Employer, name=st.none() | _words, anonymous=st.booleans()),
    location=st.builds(
        Location,
        postal_code=st.none() | st.from_regex(r"[0-9]{5}", fullmatch=True).filter(str.isascii),
        city=st.none() | _words,
        department=st.just("69"),
        latitude=st.none() | st.floats(44, 46),
    ),
    apply_url=st.none() | st.just("https://fournil.example/?a=1&e=000000000000-1"),
)


def intent(offer: Offer | None = None, **changes: Any) -> Intent:
    operation = "create" if offer else "withdraw"
    made = Intent(7, KEY, operation, MARKER, None, encode(offer) if offer else None, NOON)  # type: ignore[arg-type]
    return msgspec.structs.replace(made, **changes)


def shown(offer: Offer, **changes: Any) -> bytes:
    """What the contractor shows of an offer that it was sent."""
    sent = batch.item(intent(offer), PORTAL)["offer"]
    return msgspec.json.encode({**sent, "version": 3, "updated_at": "2026-11-25T08:00:00.000Z", **changes})


@given(told)
def test_whatever_an_offer_holds_its_item_fits_the_contract_and_is_found_again(offer: Offer) -> None:
    item = batch.item(intent(offer), PORTAL)
    assert (item["op"], item["ref"], item["offer"]["ref"]) == ("upsert", f"ara:{KEY}", f"ara:{KEY}")
    assert CONTRACT.is_valid(json.loads(msgspec.json.encode(item["offer"]))), item["offer"]
    found = batch.found(shown(offer))
    assert found == Found(MARKER, f"ara:{KEY}", batch.digest(offer, MARKER, PORTAL))


def test_a_whole_job_and_a_whole_training_keep_all_that_the_contract_knows() -> None:
    for offer in (job(), training()):
        draft = wire.draft(json.loads(shown(offer)))
        again = normalise(msgspec.structs.replace(draft, source=offer.source, ref=offer.ref))
        assert not isinstance(again, tuple)
        link = f"{PORTAL}/offres/{KEY}?e={MARKER}"
        assert link in again.offer.description
        same = msgspec.structs.replace(again.offer, description=offer.description, location=offer.location)
        assert same == offer


def test_a_link_in_the_firms_own_text_is_no_marker() -> None:
    own = f"<p>Un texte assez long, voir {PORTAL}/offres/{KEY}?e={KEY}-ffff</p>"
    found = batch.found(shown(job(description=own)))
    assert found is not None
    assert found.marker == MARKER
    other = batch.found(shown(job(), description=f"{own[:-4]}/offres/abc?e=abc-1"))
    assert other is not None
    assert other.marker == marker_of(KEY, 0), "of another offer"


def test_an_edit_at_the_contractor_is_seen_and_another_spelling_is_none() -> None:
    offer = job()
    right = batch.digest(offer, MARKER, PORTAL)
    for same in (
        {"published_at": "2026-11-22T12:00:00.000+00:00"},
        {
            "job": {
                "contract": "CDI",
                "hours_per_week": 35,
                "salary": {"unit": "month", "minimum": 1900, "maximum": 2100},
            }
        },
        {"views": 3},
    ):
        assert batch.found(shown(offer, **same)) == Found(MARKER, f"ara:{KEY}", right)
    for edit in ({"title": "Boulanger"}, {"apply_email": "x@y.example"}, {"employer": {"name": "X"}}):
        found = batch.found(shown(offer, **edit))
        assert found is not None
        assert found.digest != right


def test_a_closed_offer_is_not_there_and_a_spoilt_one_is() -> None:
    assert batch.found(shown(job(), status="closed")) is None
    spoilt = batch.found(shown(job(), kind="song"))
    assert spoilt == Found(marker_of(KEY, 0), f"ara:{KEY}")


def test_an_anonymous_employer_stays_so() -> None:
    item = batch.item(intent(job(employer=Employer(anonymous=True))), PORTAL)
    assert item["offer"]["employer"] == {"name": ANONYMOUS, "anonymous": True}


def test_every_try_has_a_key_of_its_own_and_the_same_try_the_same() -> None:
    """Two closings of one offer have the same body: under a key made of it, the second would be the first's answer."""
    closing = intent()
    again = intent(marker=f"{KEY}-20")
    assert batch.item(closing, PORTAL) == batch.item(again, PORTAL) == {"op": "close", "ref": f"ara:{KEY}"}
    assert batch.key_of([closing]) != batch.key_of([again])
    assert batch.key_of([closing]) == batch.key_of([closing])
    assert len(batch.key_of([closing])) == 64


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("created", "done"),
        ("updated", "done"),
        ("unchanged", "done"),
        ("invalid", "rejected"),
        ("conflict", "rejected"),
    ],
)
def test_a_result_is_a_receipt(status: Any, outcome: Outcome) -> None:
    receipt = batch.receipt(intent(job()), batch.Result(f"ara:{KEY}", status, "trop\u202elong\n"))
    assert receipt.outcome == outcome
    if outcome == "rejected":
        assert "\u202e" not in str(receipt.error)


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=6))
def test_results_are_read_by_reference_in_any_order_and_two_for_one_prove_nothing(refs: list[str]) -> None:
    body = msgspec.json.encode({"results": [{"ref": ref, "status": "created"} for ref in refs]})
    told = batch.results(body)
    assert {ref: bool(result) for ref, result in told.items()} == {ref: refs.count(ref) == 1 for ref in refs}
    assert batch.receipt(intent(job()), told.get("z")).outcome == "unknown"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    )
)
def test_whatever_stands_among_the_results_the_others_count(junk: Any) -> None:
    body = msgspec.json.encode({"results": [junk, {"ref": "a", "status": "created"}, {"ref": "b"}]})
    told = batch.results(body)
    assert told["a"] == batch.Result("a", "created")
    assert told.get("b") is None
    with pytest.raises(msgspec.DecodeError):
        batch.results(msgspec.json.encode({"results": {"a": junk}}))
