"""A stand-in of the Region's identity provider: OpenID Connect, with a few invented people.

Belongs here: discovery, the page at which somebody says who they are, codes, ID tokens, keys, signing out. Does not: passwords (whoever
reaches a sandbox may be anybody), or what a group lets somebody do.

Source: OpenID Connect Core 1.0 sections 3.1.2 to 3.1.3, Discovery 1.0, RP-Initiated Logout 1.0; RFC 7636; RFC 9207. What it issues is
in memory: a restart forgets codes, and signs with another key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
import secrets
import time
from typing import Final
from urllib.parse import unquote, urlencode

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.forms import read_form
from sandbox.keys import Keys

PATH: Final = "/identity"
CODE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 300
_CLIENT_HOST: Final = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?/[!-~]*")


class Person(msgspec.Struct, frozen=True):
    """Somebody who may sign in; ``groups`` are told in the claim of that name."""

    sub: str
    name: str
    email: str
    about: str
    groups: tuple[str, ...]


PEOPLE: Final = (
    Person(
        "11c5a9f2",
        "Camille Durand",
        "camille.durand@region.example",
        "relit les offres et modère les questions",
        ("agents", "boostez-offres", "boostez-questions"),
    ),
    Person(
        "27e0b314",
        "Nadia Benali",
        "nadia.benali@region.example",
        "exploite le service",
        ("agents", "boostez-exploitation"),
    ),
    Person(
        "3d91c6ab",
        "Paul Martin",
        "paul.martin@region.example",
        "contrôle ce qui a été fait",
        ("agents", "boostez-audit"),
    ),
    Person("45f8d2e0", "Lou Petit", "lou.petit@region.example", "n’a aucun rôle", ("agents",)),
)


class _Grant(msgspec.Struct, frozen=True):
    """What a code stands for, and until when (monotonic seconds)."""

    person: Person
    redirect_uri: str
    nonce: str
    challenge: str
    until: float


class Identity:
    """The provider at ``/identity``. Its client is ``keys``' own: ``boostez``."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._grants: dict[str, _Grant] = {}
        self.rotate()

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is told no more."""
        self._key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})

    def routes(self) -> list[Route]:
        """What a client and a browser ask."""
        return [
            Route(f"{PATH}/.well-known/openid-configuration", self.discovery),
            Route(f"{PATH}/keys", self.keys),
            Route(f"{PATH}/authorize", self.authorize, methods=["GET"]),
            Route(f"{PATH}/authorize", self.let_in, methods=["POST"]),
            Route(f"{PATH}/token", self.token, methods=["POST"]),
            Route(f"{PATH}/logout", self.logout),
        ]

    async def discovery(self, request: Request) -> Response:
        """What it says of itself."""
        issuer = _issuer(request)
        return JSONResponse(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/authorize",
                "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys",
                "end_session_endpoint": f"{issuer}/logout",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, _: Request) -> Response:
        """What its signatures are checked with."""
        return JSONResponse(KeySet([self._key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        """A button a person."""
        asked = dict(request.query_params)
        if fault := self._fault(asked):
            return HTMLResponse(_page("Demande refusée", f"<p>{html.escape(fault)}</p>"), 400)
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in asked.items()
        )
        people = "".join(
            f'<p><button name="person" value="{person.sub}">{html.escape(person.name)}</button> {html.escape(person.about)}</p>'
            for person in PEOPLE
        )
        return HTMLResponse(
            _page(
                "Qui êtes-vous ?",
                f'<form method="post">{fields}{people}<p><button name="person" value="">Personne</button></p></form>',
            )
        )

    async def let_in(self, request: Request) -> Response:
        """Back to the client, with a code or a refusal."""
        asked = read_form(await request.body())
        if self._fault(asked):
            return Response(status_code=400)
        person = next((each for each in PEOPLE if each.sub == asked.get("person")), None)
        told = {"state": asked.get("state", ""), "iss": _issuer(request)}
        if person is None:
            told["error"] = "access_denied"
        else:
            told["code"] = code = secrets.token_urlsafe(24)
            self._grants[code] = _Grant(
                person,
                asked["redirect_uri"],
                asked.get("nonce", ""),
                asked["code_challenge"],
                time.monotonic() + CODE_SECONDS,
            )
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 303)

    async def token(self, request: Request) -> Response:
        """An ID token for a code, once."""
        asked = read_form(await request.body())
        if not self._knows(request, asked):
            return JSONResponse({"error": "invalid_client"}, 401, {"WWW-Authenticate": "Basic"})
        grant = self._grants.pop(asked.get("code", ""), None)
        proof = _s256(asked.get("code_verifier", ""))
        if (
            grant is None
            or grant.until < time.monotonic()
            or asked.get("redirect_uri") != grant.redirect_uri
            or not hmac.compare_digest(proof, grant.challenge)
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "id_token": self._id_token(_issuer(request), grant),
            },
            headers={"Cache-Control": "no-store"},
        )

    async def logout(self, request: Request) -> Response:
        """Signing out: nobody stays signed in at this provider, so there is nothing to end."""
        back = request.query_params.get("post_logout_redirect_uri", "")
        link = f'<p><a href="{html.escape(back)}">Revenir</a></p>' if _CLIENT_HOST.fullmatch(back) else ""
        return HTMLResponse(_page("Session terminée", link))

    def _id_token(self, issuer: str, grant: _Grant) -> str:
        now = int(time.time())
        person = grant.person
        claims = {
            "iss": issuer,
            "aud": self._keys.client_id,
            "sub": person.sub,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": grant.nonce,
            "name": person.name,
            "email": person.email,
            "email_verified": True,
            "groups": list(person.groups),
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key)

    def _fault(self, asked: dict[str, str]) -> str:
        if asked.get("client_id") != self._keys.client_id:
            return "Client inconnu."
        if not _CLIENT_HOST.fullmatch(asked.get("redirect_uri", "")):
            return "Ce bac à sable ne renvoie que vers cette machine."
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return "Seul le code d’OpenID Connect est servi."
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return "PKCE (S256) est demandé."
        return ""

    def _knows(self, request: Request, asked: dict[str, str]) -> bool:
        client, secret = asked.get("client_id", ""), asked.get("client_secret", "")
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client, _, secret = base64.b64decode(pair, validate=True).decode().partition(":")
            except ValueError:
                return False
            client, secret = unquote(client), unquote(secret)
        return client == self._keys.client_id and hmac.compare_digest(
            secret.encode(), self._keys.client_secret.encode()
        )


def _issuer(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}{PATH}"


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{body}</body></html>"
    )
