from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import zstandard

from tests.sandbox.conftest import JOBS, TRAININGS, Sandbox

SCHEMA = Path(__file__).parents[2] / "schemas" / "json" / "contractor.offer.v1.json"
# Not for a schema to see: calendars, checksums, tables, order.
BEYOND_SCHEMA = {
    "impossible_date",
    "siret_checksum",
    "rome_unknown",
    "postal_code_unknown",
    "sessions_order",
    "salary_order",
}


def test_a_call_without_a_token_is_a_problem_that_says_invalid_token(sandbox: Sandbox) -> None:
    answer = httpx.get(f"{sandbox.url}/v1/offers")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["error"] == "invalid_token"


def test_an_unknown_client_gets_no_token(sandbox: Sandbox) -> None:
    form = {"grant_type": "client_credentials", "client_id": "boostez", "client_secret": "wrong"}
    assert sandbox.http.post("/oauth/token", data=form).status_code == 401


def test_a_token_dies_of_age(sandbox: Sandbox) -> None:
    assert sandbox.offers().status_code == 200
    sandbox.admin("clock", advance_seconds=901)
    assert sandbox.offers().status_code == 401


def test_a_snapshot_is_every_open_offer_oldest_change_first(sandbox: Sandbox) -> None:
    items = sandbox.walk(limit=173)
    assert len(items) == JOBS + TRAININGS == sandbox.truth()["contractor"]["total_served"]
    stamps = [i["updated_at"] for i in items if isinstance(i, dict) and len(i.get("updated_at") or "") == 24]
    assert stamps == sorted(stamps)


def test_what_is_not_malformed_fits_the_contract_and_the_truth_counts_the_rest(sandbox: Sandbox) -> None:
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8")))
    truth = sandbox.truth()["contractor"]
    seen: set[Any] = set()
    wrong = sum(not validator.is_valid(item) for item in sandbox.walk(limit=1000))
    for item in sandbox.walk(limit=1000):
        if isinstance(item, dict) and isinstance(item.get("ref"), str):
            seen.add(item["ref"])
    beyond = sum(
        n for how, n in truth["by_malformation"].items() if how in {*BEYOND_SCHEMA, "ref_duplicated"}
    )
    assert wrong == truth["malformed"] - beyond
    assert truth["malformed"] == sum(truth["by_malformation"].values()) > 0


@pytest.mark.parametrize(("kind", "count"), [("job", JOBS), ("training", TRAININGS)])
def test_a_snapshot_of_one_kind_has_an_etag_of_its_own(sandbox: Sandbox, kind: str, count: int) -> None:
    answer = sandbox.offers(kind=kind)
    assert answer.json()["total"] == count
    again = {"If-None-Match": answer.headers["etag"]}
    assert sandbox.http.get("/v1/offers", params={"kind": kind}, headers=again).status_code == 304
    assert sandbox.http.get("/v1/offers", headers=again).status_code == 200


def test_a_change_voids_the_etag_and_the_snapshot_id_of_a_walk_that_began_before(sandbox: Sandbox) -> None:
    first = sandbox.offers(limit=100)
    sandbox.admin("contractor/change", count=1)
    assert sandbox.http.get("/v1/offers", headers={"If-None-Match": first.headers["etag"]}).status_code == 200
    second = sandbox.offers(limit=100, cursor=first.json()["next_cursor"]).json()
    assert second["snapshot_id"] != first.json()["snapshot_id"]


@pytest.mark.parametrize("cursor", ["gA", "é", "x" * 5_000])
def test_a_cursor_that_nobody_gave_is_gone(sandbox: Sandbox, cursor: str) -> None:
    assert sandbox.offers(cursor=cursor).status_code == 410


def test_a_cursor_lives_fifteen_minutes(sandbox: Sandbox) -> None:
    sandbox.admin("settings", token_seconds=10_000)
    sandbox.renew()
    cursor = sandbox.offers(limit=10).json()["next_cursor"]
    sandbox.admin("clock", advance_seconds=899)
    assert sandbox.offers(cursor=cursor).status_code == 200
    sandbox.admin("clock", advance_seconds=2)
    assert sandbox.offers(cursor=cursor).status_code == 410
    sandbox.admin("settings", token_seconds=900)


def test_changes_since_are_inclusive_ordered_and_tell_what_was_closed(sandbox: Sandbox) -> None:
    sandbox.admin("clock", advance_seconds=60)
    done = sandbox.admin("contractor/change", count=5, close=3, appear=2)
    items = sandbox.walk(updated_since=done["at"], limit=4)
    refs = [item["ref"] for item in items]
    assert refs == sorted(done["changed"] + done["closed"] + done["appeared"])
    assert {i["ref"] for i in items if i["status"] == "closed"} == set(done["closed"])
    assert len(sandbox.walk(limit=1000)) == JOBS + TRAININGS - 3 + 2
    assert sandbox.http.get(f"/v1/offers/{done['closed'][0]}").json()["status"] == "closed"


@pytest.mark.parametrize(
    "bad", [{"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"kind": "stage"}, {"updated_since": "hier"}]
)
def test_bad_parameters_are_problems(sandbox: Sandbox, bad: dict[str, Any]) -> None:
    answer = sandbox.offers(**bad)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_an_offer_that_never_was_is_not_found(sandbox: Sandbox) -> None:
    answer = sandbox.http.get("/v1/offers/EMP-999999")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_pages_are_compressed_as_the_client_likes(sandbox: Sandbox) -> None:
    for accepted, unpack in (("gzip", gzip.decompress), ("zstd, gzip", _unzstd)):
        with sandbox.http.stream("GET", "/v1/offers", headers={"Accept-Encoding": accepted}) as answer:
            assert answer.headers["content-encoding"] == accepted.split(",")[0]
            assert json.loads(unpack(b"".join(answer.iter_raw())))["total"] == JOBS + TRAININGS
    plain = sandbox.http.get("/v1/offers", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers


def _unzstd(data: bytes) -> bytes:
    return bytes(zstandard.ZstdDecompressor().decompressobj().decompress(data))


def test_the_answers_date_is_the_sandboxs_clock(sandbox: Sandbox) -> None:
    before = sandbox.offers(limit=1).headers["date"]
    sandbox.admin("clock", advance_seconds=86_400)
    sandbox.renew()
    assert sandbox.offers(limit=1).headers["date"][:16] != before[:16]


def test_statistics_are_the_same_twice_and_empty_for_days_to_come(sandbox: Sandbox) -> None:
    first = sandbox.http.get("/v1/stats", params={"day": "2026-11-20"})
    assert first.json() == sandbox.http.get("/v1/stats", params={"day": "2026-11-20"}).json()
    assert len(first.json()["items"]) == JOBS + TRAININGS
    assert sandbox.http.get("/v1/stats", params={"day": "2999-01-01"}).json() == {
        "items": [],
        "next_cursor": None,
    }
    assert sandbox.http.get("/v1/stats", params={"day": "2026-02-30"}).status_code == 400


def _send(sandbox: Sandbox, key: str, *items: dict[str, Any]) -> httpx.Response:
    return sandbox.http.post(
        "/v1/offers:batch", json={"items": list(items)}, headers={"Idempotency-Key": key}
    )


def _own(sandbox: Sandbox, ref: str) -> dict[str, Any]:
    offer: dict[str, Any] = next(
        item
        for item in sandbox.walk(kind="job")
        if isinstance(item, dict) and item.get("title") and item.get("job")
    )
    return {**offer, "ref": ref, "kind": "job", "title": "Agent d'accueil", "status": "open", "version": 1}


def test_the_regions_offers_are_created_updated_and_closed_one_by_one(sandbox: Sandbox) -> None:
    sandbox.admin("contractor/heal")
    own = _own(sandbox, "ara:1")
    item = {"op": "upsert", "ref": "ara:1", "offer": own}
    other = {"op": "upsert", "ref": "ara:1", "offer": {**own, "title": "Agente d'accueil"}}
    results = _send(sandbox, "k1", item, item, other, {"op": "upsert", "ref": "x:1", "offer": own}).json()[
        "results"
    ]
    assert [result["status"] for result in results] == ["created", "unchanged", "updated", "invalid"]
    assert sandbox.http.get("/v1/offers/ara:1").json()["title"] == "Agente d'accueil"
    close = {"op": "close", "ref": "ara:1"}
    statuses = [result["status"] for result in _send(sandbox, "k2", close, close).json()["results"]]
    assert statuses == ["updated", "unchanged"]
    assert sandbox.http.get("/v1/offers/ara:1").json()["status"] == "closed"


def test_a_correction_stays_over_later_revisions_and_conflicts_on_an_old_version(sandbox: Sandbox) -> None:
    sandbox.admin("contractor/heal")
    ref = sandbox.admin("contractor/change", count=1)["changed"][0]
    version = sandbox.http.get(f"/v1/offers/{ref}").json()["version"]
    item = {"op": "correct", "ref": ref, "fields": {"title": "Intitulé corrigé"}, "base_version": version}
    assert _send(sandbox, "k1", item).json()["results"] == [
        {"ref": ref, "status": "updated", "version": version + 1}
    ]
    assert _send(sandbox, "k2", item).json()["results"][0]["status"] == "conflict"
    wrong = {"op": "correct", "ref": ref, "fields": {"title": ""}}
    assert _send(sandbox, "k3", wrong).json()["results"][0]["status"] == "invalid"
    sandbox.admin("contractor/change", share=1.0)
    after = sandbox.http.get(f"/v1/offers/{ref}").json()
    assert (after["title"], after["version"]) == ("Intitulé corrigé", version + 2)


def test_an_idempotency_key_gives_the_same_answer_for_a_day(sandbox: Sandbox) -> None:
    sandbox.admin("contractor/heal")
    item = {"op": "upsert", "ref": "ara:2", "offer": _own(sandbox, "ara:2")}
    first = _send(sandbox, "k1", item)
    assert _send(sandbox, "k1", item).content == first.content
    assert _send(sandbox, "k1", item, item).status_code == 422
    sandbox.admin("clock", advance_seconds=86_401)
    sandbox.renew()
    assert _send(sandbox, "k1", item).json()["results"][0]["status"] == "unchanged"


def test_a_batch_has_at_most_200_items_and_a_key(sandbox: Sandbox) -> None:
    assert _send(sandbox, "k", *[{"op": "close", "ref": "ara:1"}] * 201).status_code == 413
    assert sandbox.http.post("/v1/offers:batch", json={"items": []}).status_code == 400
    bad = sandbox.http.post("/v1/offers:batch", content=b"[", headers={"Idempotency-Key": "k"})
    assert bad.status_code == 400


def _some(sandbox: Sandbox, *numbers: int) -> list[dict[str, Any]]:
    return [{"op": "upsert", "ref": f"ara:{n}", "offer": _own(sandbox, f"ara:{n}")} for n in numbers]


@pytest.mark.parametrize(
    ("fault", "statuses", "there"),
    [
        ("null_item", ["created", "created"], 2),
        ("null_item_after", ["created", "created"], 3),
        ("item_error", ["created", "invalid", "created"], 2),
        ("reordered", ["created", "created", "created"], 3),
    ],
)
def test_an_item_of_a_batch_misbehaves_on_command(
    sandbox: Sandbox, fault: str, statuses: list[str], there: int
) -> None:
    sandbox.admin("contractor/heal")
    items = _some(sandbox, 101, 102, 103)
    sandbox.admin("faults", path="/v1/offers:batch", fault=fault, item=1)
    results = _send(sandbox, "k", *items).json()["results"]
    assert [result["status"] for result in results] == statuses
    refs = [result["ref"] for result in results]
    assert refs == sorted(refs, reverse=fault == "reordered")
    truth = sandbox.truth()["contractor"]
    assert (truth["region"], truth["region_open"], truth["received"]) == (there, there, {"created": there})
    assert len(_send(sandbox, "k", *items).json()["results"]) == len(results), "the same answer again"
    assert sandbox.truth()["contractor"]["received"] == {"created": there}


def test_the_regions_closed_offers_are_not_the_contractors_to_open_again(sandbox: Sandbox) -> None:
    sandbox.admin("contractor/heal")
    _send(sandbox, "k1", *_some(sandbox, 101))
    _send(sandbox, "k2", {"op": "close", "ref": "ara:101"})
    assert sandbox.http.post("/_sandbox/contractor/change", json={"reopen": 1}).status_code == 400
