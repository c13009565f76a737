"""The web hook by which a relay tells of letters that came back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.settings import Settings
from portal.app import create_app
from portal.bounces import LARGEST
from tests.hands import sql
from tests.programme import Programme

pytestmark = pytest.mark.database
TOKEN = "a token of a relay"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def relay(region: Region, chosen: Settings) -> Iterator[TestClient]:
    told = chosen.model_copy(update={"bounce_token": SecretStr(TOKEN)})
    with TestClient(create_app(region, told)) as client:
        yield client


def letter(region: Region) -> tuple[int, dict[str, Any]]:
    """A letter that left, and what its relay tells of it."""
    programme = Programme(region)
    contact = programme.person(email="ada@fournil.example")
    programme.enrol(programme.session(), contact)
    programme.post.send("mail")
    ((marker,),) = sql(region, "SELECT marker FROM effect")
    told = {
        "message_id": f"<{marker}@portail.example>",
        "recipient": "ada@fournil.example",
        "kind": "hard",
        "status": "5.1.1",
        "at": "2026-11-24T12:00:00Z",
    }
    return contact, told


def stopped(region: Region, contact: int) -> str | None:
    found = contacts.get(region, contact)
    assert found is not None
    return found.mail_stopped


def test_a_relay_tells_and_the_address_is_suspended_once(region: Region, relay: TestClient) -> None:
    contact, told = letter(region)
    for _ in range(2):
        answer = relay.post("/api/bounces", json=told, headers=BEARER)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["cache-control"] == "no-store"
    assert stopped(region, contact) == "hard"
    assert sql(region, "SELECT count(*) FROM bounce")[0][0] == 1


def test_a_letter_that_is_not_ours_is_no_error(region: Region, relay: TestClient) -> None:
    contact, told = letter(region)
    strange = told | {"message_id": "<other.7-2f@portail.example>"}
    assert relay.post("/api/bounces", json=strange, headers=BEARER).status_code == 204
    assert stopped(region, contact) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer é".encode()},
    ],
    ids=["nothing", "no token", "another", "another scheme", "no scheme", "no ASCII"],
)
def test_whoever_does_not_bear_the_token_tells_nothing(
    region: Region, relay: TestClient, headers: dict[str, Any]
) -> None:
    contact, told = letter(region)
    answer = relay.post("/api/bounces", json=told, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert stopped(region, contact) is None


def test_without_a_token_there_is_no_web_hook(client: TestClient) -> None:
    assert client.post("/api/bounces", json={}, headers=BEARER).status_code == 404


def test_the_web_hook_cannot_be_read(relay: TestClient) -> None:
    assert relay.get("/api/bounces", headers=BEARER).status_code in {404, 405}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"kind": "hard"}',
        b"\xff\xfe",
        json.dumps(
            {"message_id": "<x>", "recipient": "a@b", "kind": "hard", "at": "2026-11-24T12:00:00Z"}
        ).encode(),
        json.dumps(
            {"message_id": "<a-1@b>", "recipient": "a@b", "kind": "hard", "at": "2026-02-30T12:00:00Z"}
        ).encode(),
        b"[" * 10_000,
    ],
)
def test_what_is_no_bounce_is_refused_with_a_reason(relay: TestClient, body: bytes) -> None:
    answer = relay.post("/api/bounces", content=body, headers=BEARER)
    assert answer.status_code == 400
    assert answer.json()["errors"]


def test_what_is_too_large_is_refused(relay: TestClient) -> None:
    assert relay.post("/api/bounces", content=b" " * (LARGEST + 1), headers=BEARER).status_code == 413
