"""The stand-in of an identity provider: it lets in whom it is told to, and gives a token for a code once, to whoever proves that it is theirs."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.applications import Starlette
from starlette.testclient import TestClient

from sandbox.identity import PEOPLE, Identity
from sandbox.keys import Keys

VERIFIER: Final = "v" * 43
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED: Final = {
    "client_id": "boostez",
    "redirect_uri": "http://127.0.0.1:4480/agents/retour",
    "response_type": "code",
    "scope": "openid profile",
    "state": "s",
    "nonce": "n",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
GRANTED: Final = {
    "grant_type": "authorization_code",
    "redirect_uri": ASKED["redirect_uri"],
    "code_verifier": VERIFIER,
}


@pytest.fixture
def identity() -> Identity:
    return Identity(Keys())


@pytest.fixture
def client(identity: Identity) -> TestClient:
    app = Starlette(routes=identity.routes())
    return TestClient(app, "http://127.0.0.1:4401", follow_redirects=False)


def code(client: TestClient) -> str:
    answer = client.post("/identity/authorize", data={**ASKED, "person": PEOPLE[0].sub})
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (told["state"], told["iss"]) == (["s"], ["http://127.0.0.1:4401/identity"])
    return str(told["code"][0])


def token(client: TestClient, **form: str) -> Any:
    return client.post("/identity/token", data={**GRANTED, **form}, auth=("boostez", "sandbox-secret"))


def test_a_code_is_worth_a_token_that_its_keys_signed_once(client: TestClient, identity: Identity) -> None:
    given = code(client)
    signed = token(client, code=given).json()["id_token"]
    keys = KeySet.import_key_set(client.get("/identity/keys").json())
    claims = jwt.decode(signed, keys).claims
    assert (claims["sub"], claims["nonce"], claims["aud"]) == (PEOPLE[0].sub, "n", "boostez")
    assert claims["groups"] == list(PEOPLE[0].groups)
    assert token(client, code=given).status_code == 400
    identity.rotate()
    with pytest.raises(JoseError):
        jwt.decode(signed, KeySet.import_key_set(client.get("/identity/keys").json()))


@pytest.mark.parametrize(
    "form", [{"code_verifier": "w" * 43}, {"redirect_uri": "http://127.0.0.1:1/"}, {"code": "another"}]
)
def test_a_code_in_other_hands_is_worth_nothing(client: TestClient, form: dict[str, str]) -> None:
    assert token(client, **{"code": code(client)} | form).status_code == 400


def test_who_is_not_its_client_gets_nothing(client: TestClient) -> None:
    answer = client.post("/identity/token", data={**GRANTED, "code": code(client)}, auth=("boostez", "x"))
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://portail.example/agents/retour"},
        {"redirect_uri": "http://127.0.0.1.evil.example/"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
    ],
)
def test_what_it_does_not_serve_is_refused_on_both_its_pages(
    client: TestClient, changes: dict[str, str]
) -> None:
    asked = {**ASKED, **changes}
    assert client.get("/identity/authorize", params=asked).status_code == 400
    assert client.post("/identity/authorize", data={**asked, "person": PEOPLE[0].sub}).status_code == 400
