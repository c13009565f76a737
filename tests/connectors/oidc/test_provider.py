"""The identity provider: whom it proves is believed, and whatever else comes from it is not."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stamina
from joserfc import jwe, jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from starlette.responses import HTMLResponse, JSONResponse, Response

from connectors.oidc.attempt import Attempt, begun
from connectors.oidc.provider import AGAIN, KEPT, Provider, provider
from connectors.settings import Settings
from schemas.errors import BoostezError, Misconfigured, Permanent, Rejected, Unknown, Unreachable
from tests.identities import CLIENT, SECRET, Identities, Signing, identities, key, raw, signed
from tests.ports import free_port

BACK = "https://portail.example/agents/retour"


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def impatient() -> Iterator[None]:
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@pytest.fixture
def there() -> Iterator[Identities]:
    with identities() as serving:
        yield serving


def claims(client: Provider, attempt: Attempt, issuer: str | None = None) -> dict[str, Any]:
    return client.claims(attempt.nonce, issuer, attempt, BACK, dt.datetime.now(dt.UTC))


def of(there: Identities, **changes: Any) -> Provider:
    return Provider(there.settings(**changes), there.base)


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256"), ("OKP", "Ed25519")]
)
def test_who_comes_back_is_who_the_provider_says(there: Identities, kind: str, algorithm: str) -> None:
    there.keys, there.sign = [key(kind)], signed(algorithm)
    attempt = begun()
    told = claims(of(there), attempt)
    assert (told["sub"], told["name"]) == ("u-1", "Ada Lovelace")
    assert there.form == {
        "grant_type": "authorization_code",
        "code": attempt.nonce,
        "redirect_uri": BACK,
        "code_verifier": attempt.verifier,
        "client_id": CLIENT,
    }


def test_the_way_to_sign_in_says_what_only_this_browser_can_answer(there: Identities) -> None:
    there.said = {"authorization_endpoint": f"{there.base}/authorize?tenant=1"}
    attempt = begun()
    asked = parse_qs(urlsplit(of(there).authorization(attempt, BACK, ("profile",))).query)
    assert {name: value for name, (value,) in asked.items()} == {
        "tenant": "1",
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid profile",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": attempt.challenge,
        "code_challenge_method": "S256",
    }
    words = {attempt.secret, attempt.state, attempt.nonce, attempt.verifier, attempt.challenge}
    assert len(words) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", word) for word in words)
    digest = hashlib.sha256(attempt.verifier.encode()).digest()
    assert attempt.challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")


@pytest.mark.parametrize(
    "methods", [None, ["client_secret_basic", "client_secret_post"], ["private_key_jwt"]]
)
def test_our_secret_goes_in_a_header_where_that_is_known(
    there: Identities, methods: list[str] | None
) -> None:
    there.said = {} if methods is None else {"token_endpoint_auth_methods_supported": methods}
    claims(of(there, oidc_client_secret=SecretStr(SECRET)), begun())
    pair = base64.b64decode(there.authorization.removeprefix("Basic ")).decode()
    assert pair == "portail:a%20secret%20%26%20more"
    assert "client_secret" not in there.form


def test_our_secret_goes_in_the_form_where_nothing_else_is_known(there: Identities) -> None:
    there.said = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    claims(of(there, oidc_client_secret=SecretStr(SECRET)), begun())
    assert (there.form["client_secret"], there.authorization) == (SECRET, "")


# Hostile tokens


def _none(told: dict[str, Any], _: Any) -> str:
    return raw({"alg": "none", "kid": "k-1"}, told)


def _nothing(told: dict[str, Any], _: Any) -> str:
    return raw({"kid": "k-1"}, told)


def _public_pem_as_secret(told: dict[str, Any], own: Any) -> str:
    return _hmac(told, own.as_pem(private=False))


def _public_jwk_as_secret(told: dict[str, Any], own: Any) -> str:
    return _hmac(told, json.dumps(own.as_dict(private=False)).encode())


def _hmac(told: dict[str, Any], secret: bytes) -> str:
    unsigned = raw({"alg": "HS256", "kid": "k-1"}, told).rpartition(".")[0]
    mac = hmac.digest(secret, unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _of_somebody_else(told: dict[str, Any], _: Any) -> str:
    return signed("ES256")(told, key("EC", "k-1"))


def _that_brings_its_key(told: dict[str, Any], _: Any) -> str:
    mine = key("EC", "k-1")
    return jwt.encode(
        {"alg": "ES256", "kid": "k-1", "jwk": mine.as_dict(private=False)}, told, mine, ["ES256"]
    )


def _changed_after(told: dict[str, Any], own: Any) -> str:
    head, _, signature = signed("ES256")(told, own).split(".")
    return ".".join([head, raw({}, told | {"sub": "u-2"}).split(".")[1], signature])


def _without_signature(told: dict[str, Any], own: Any) -> str:
    return signed("ES256")(told, own).rpartition(".")[0] + "."


def _encrypted(told: dict[str, Any], _: Any) -> str:
    mine = RSAKey.generate_key(2048)
    head = {"alg": "RSA-OAEP", "enc": "A256GCM", "kid": "k-1"}
    return jwe.encrypt_compact(head, json.dumps(told).encode(), mine)


@pytest.mark.parametrize(
    "sign",
    [
        *(_none, _nothing, _public_pem_as_secret, _public_jwk_as_secret, _of_somebody_else),
        *(_that_brings_its_key, _changed_after, _without_signature, _encrypted),
        *(lambda _told, _own: "a.b.c", lambda _told, _own: "", lambda _told, _own: "x" * 100_000),
    ],
)
def test_a_token_that_the_provider_did_not_sign_proves_nothing(there: Identities, sign: Signing) -> None:
    there.sign = sign
    with pytest.raises(Rejected):
        claims(of(there), begun())


@pytest.mark.parametrize("kind", ["RSA", "OKP"])
def test_a_key_of_another_kind_signs_nothing(there: Identities, kind: str) -> None:
    there.keys = [key(kind), key()]
    there.sign = lambda told, _own: raw({"alg": "ES256", "kid": "k-1"}, told, b"\0" * 64)
    with pytest.raises(Rejected):
        claims(of(there), begun())


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://id.other.example"},
        {"exp": 1},
        {"iat": 1},
        {"azp": "another"},
    ],
)
def test_a_token_for_somebody_or_something_else_proves_nothing(
    there: Identities, changes: dict[str, Any]
) -> None:
    there.claims = changes
    (claim,) = changes
    with pytest.raises(Rejected, match=f"its {claim} is not what was asked for"):
        claims(of(there), begun())


def test_a_code_that_another_provider_gave_is_not_sent_to_ours(there: Identities) -> None:
    """RFC 9207: a mix-up would hand the code to whoever it is not meant for."""
    with pytest.raises(Rejected, match="another provider"):
        claims(of(there), begun(), "https://id.other.example")
    there.said = {"authorization_response_iss_parameter_supported": True}
    with pytest.raises(Rejected, match="another provider"):
        claims(of(there), begun())
    assert "token" not in there.asked
    assert claims(of(there), begun(), there.base)["sub"] == "u-1"


# Answers


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (JSONResponse({"error": "invalid_grant"}, 400), Rejected),
        (JSONResponse({"error": "invalid_client"}, 401), Misconfigured),
        (JSONResponse({"error": "server_error"}, 500), Unreachable),
        (Response(status_code=302, headers={"Location": "https://elsewhere.example"}), Unknown),
        (HTMLResponse("<p>"), Rejected),
        (JSONResponse({"access_token": "a"}), Rejected),
        (JSONResponse({"id_token": 7}), Rejected),
        (Response(b'{"more":' + b"[" * 100_000), Rejected),
    ],
)
def test_whatever_a_code_is_answered_nobody_is_signed_in_by_it(
    there: Identities, answer: Response, error: type[BoostezError]
) -> None:
    there.answer = answer
    with pytest.raises(error) as caught:
        claims(of(there, oidc_client_secret=SecretStr(SECRET)), begun())
    assert SECRET not in str(caught.value)
    assert there.asked.count("token") == 1, "a code is sent once"


def test_keys_that_change_are_asked_for_anew_and_not_for_every_unknown_one(there: Identities) -> None:
    seconds = Clock()
    client = Provider(there.settings(), there.base, clock=seconds)
    claims(client, begun())
    claims(client, begun())
    assert there.asked.count("keys") == 1
    there.keys = [key("EC", "k-2")]
    with pytest.raises(Rejected):
        claims(client, begun())
    seconds.now += AGAIN + 1
    claims(client, begun())
    assert there.asked.count("keys") == 2
    there.sign = lambda told, own: signed("ES256")(told, key("EC", f"unknown-{own.kid}"))
    for _ in range(5):
        with pytest.raises(Rejected):
            claims(client, begun())
    assert there.asked.count("keys") == 2


def test_a_key_that_is_taken_back_is_believed_for_an_hour_at_most(there: Identities) -> None:
    seconds = Clock()
    client = Provider(there.settings(), there.base, clock=seconds)
    stolen = there.keys[0]
    claims(client, begun())
    there.keys = [key("EC", "k-2")]
    there.sign = lambda told, _own: signed("ES256")(told, stolen)
    seconds.now += KEPT + 1
    with pytest.raises(Rejected):
        claims(client, begun())
    assert there.asked.count("metadata") == 2


def test_keys_that_we_cannot_use_are_no_obstacle(there: Identities) -> None:
    """One on a curve that the library does not know made the whole set unreadable, and nobody could sign in."""
    there.keys = [there.keys[0], RSAKey.generate_key(2048, {"kid": "e", "use": "enc"})]
    there.other_keys = [
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AA"},
        {"kty": ["RSA"]},
        {},
    ]
    assert claims(of(there), begun())["sub"] == "u-1"
    there.keys = []
    with pytest.raises(Permanent, match="of the provider's 6 keys none can be used"):
        of(there).keys()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"issuer": "https://id.other.example"}, "set what it says"),
        ({"authorization_endpoint": "http://id.region.example/a"}, "without https"),
        ({"end_session_endpoint": "http://id.region.example/a"}, "without https"),
        ({"token_endpoint": "http://id.region.example/a"}, "must be https"),
        ({"jwks_uri": "file:///etc/passwd"}, "cannot be read"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "cannot be read"),
        ({"token_endpoint": None}, "cannot be read"),
    ],
)
def test_a_provider_that_says_nonsense_of_itself_is_not_used(
    there: Identities, said: dict[str, Any], told: str
) -> None:
    there.said = said
    with pytest.raises(Permanent, match=told):
        claims(of(there), begun())


def test_a_provider_that_is_away_is_said_to_be() -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable):
        Provider(Settings(), address).metadata()


@pytest.mark.parametrize(
    "issuer", ["http://id.region.example", "id.region.example", "https://u:p@id.example"]
)
def test_an_issuer_that_is_no_safe_address_is_named(issuer: str) -> None:
    with pytest.raises(Misconfigured, match="BOOSTEZ_OIDC_ISSUER"):
        provider(Settings(oidc_issuer=issuer))


def test_without_an_issuer_there_is_no_provider() -> None:
    assert provider(Settings()) is None


def test_where_sessions_end_is_the_provider_s_to_say(there: Identities) -> None:
    assert of(there).end_session("https://portail.example/agents") is None
    there.said = {"end_session_endpoint": f"{there.base}/logout"}
    address = of(there).end_session("https://portail.example/agents")
    assert address == (
        f"{there.base}/logout?client_id=portail&post_logout_redirect_uri=https%3A%2F%2Fportail.example%2Fagents"
    )
