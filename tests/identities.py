"""An identity provider that tests command: it signs whatever it is told to, with whatever."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.settings import Settings
from sandbox.server import running

CLIENT, SECRET = "portail", "a secret & more"
Key = RSAKey | ECKey | OKPKey
Signing = Callable[[dict[str, Any], Key], str]


def key(kind: str = "EC", kid: str = "k-1") -> Key:
    """A new one; ``kid`` is what it is known by."""
    if kind == "RSA":
        return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})
    if kind == "OKP":
        return OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"})
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def signed(algorithm: str) -> Signing:
    """A signature as it should be."""

    def sign(claims: dict[str, Any], own: Key) -> str:
        return jwt.encode({"alg": algorithm, "kid": own.kid}, claims, own, [algorithm])

    return sign


def raw(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token that no library would make."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class Identities:
    """What the provider says of itself (``said``), signs with (``keys``, ``sign``) and claims (``claims``) is for a test to change."""

    def __init__(self) -> None:
        self.keys: list[Key] = [key()]
        self.other_keys: list[dict[str, Any]] = []
        self.sign: Signing = signed("ES256")
        self.said: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.answer: Response | None = None
        self.asked: list[str] = []
        self.form: dict[str, str] = {}
        self.authorization = ""
        self.base = ""
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/keys", self._keys),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def settings(self, settings: Settings | None = None, **changes: Any) -> Settings:
        """Settings that name it."""
        told = {"oidc_issuer": self.base, "oidc_client_id": CLIENT, **changes}
        return (settings or Settings()).model_copy(update=told)

    def good(self, nonce: str) -> dict[str, Any]:
        """What it claims of Ada when nobody says otherwise."""
        now = int(time.time())
        return {
            "iss": self.base,
            "aud": CLIENT,
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "name": "Ada Lovelace",
            "groups": ["boostez-offres", "elsewhere"],
        }

    async def _metadata(self, _: Request) -> Response:
        self.asked.append("metadata")
        told = {
            "issuer": self.base,
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "jwks_uri": f"{self.base}/keys",
        }
        return JSONResponse(told | self.said)

    async def _keys(self, _: Request) -> Response:
        self.asked.append("keys")
        told = KeySet(list(self.keys)).as_dict(private=False)
        return JSONResponse({"keys": [*self.other_keys, *told["keys"]]})

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        self.form = dict(parse_qsl((await request.body()).decode()))
        self.authorization = request.headers.get("authorization", "")
        if self.answer is not None:
            return self.answer
        claims = self.good(self.form["code"]) | self.claims  # tests send the nonce as the code
        return JSONResponse({"id_token": self.sign(claims, self.keys[0]), "access_token": "a"})


@contextmanager
def identities() -> Iterator[Identities]:
    """One that serves."""
    provider = Identities()
    with running(provider.app) as base:
        provider.base = base
        yield provider
