"""The Region's identity provider: where it lets people sign in, and who came back.

Belongs here: discovery, the authorization request, the code's exchange, the provider's keys. Does not: signatures (tokens.py), cookies and
pages (portal/signing_in.py), or what somebody may do (core/access.py).

Source: OpenID Connect Core 1.0 section 3.1; OpenID Connect Discovery 1.0 sections 3 and 4.3; RFC 6749 section 2.3.1; RFC 7636; RFC 9207;
OpenID Connect RP-Initiated Logout 1.0.
"""

from __future__ import annotations

import base64
import datetime as dt
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key
from pydantic import SecretStr

from connectors.http import Http, Response, Values, problem
from connectors.network import is_this_machine
from connectors.oidc import tokens
from connectors.oidc.attempt import Attempt
from connectors.settings import Settings
from core.id_claims import Asked, fault
from schemas.errors import Misconfigured, Permanent, Rejected, Unreachable

T = TypeVar("T")
SETTING: Final = "BOOSTEZ_OIDC_ISSUER"
KEPT: Final = 3600.0  # seconds that metadata and keys are believed
AGAIN: Final = 30.0  # seconds between two times that keys are asked for since one is not known
TIMEOUT: Final = 5.0  # seconds: somebody waits for the page
ATTEMPTS: Final = 2
_Address = Annotated[str, msgspec.Meta(pattern=r"\Ahttps?://[!-~]+\Z", max_length=2048)]


class Metadata(msgspec.Struct, frozen=True):
    """What a provider says of itself, of what we use."""

    issuer: str
    authorization_endpoint: _Address
    token_endpoint: _Address
    jwks_uri: _Address
    end_session_endpoint: _Address | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Keys(msgspec.Struct, frozen=True):
    keys: tuple[dict[str, Any], ...]


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class Provider:
    """A client of one provider; thread-safe. Nothing is called before it is needed.

    What two threads need at once is asked twice: if one waited for the other, a slow provider would have all of them queue.
    """

    def __init__(
        self, settings: Settings, issuer: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``clock`` gives the seconds by which metadata and keys grow old.

        Raises:
            Misconfigured: the issuer is no address that a provider may have.

        """
        self.issuer = issuer
        self._client, self._secret = settings.oidc_client_id, settings.oidc_client_secret
        self._private_hosts = settings.private_hosts
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._at(issuer)[0].close()

    def metadata(self) -> Metadata:
        """What the provider says of itself, an hour old at most.

        Raises:
            Unreachable: it does not answer.
            Permanent: what it says makes no sense; the message says what.

        """
        kept = self._metadata
        if kept is None or self._clock() - kept[0] > KEPT:
            told = self._read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration", _metadata)
            self._check(told)
            kept = self._metadata = (self._clock(), told)
        return kept[1]

    def authorization(self, attempt: Attempt, back: str, scopes: tuple[str, ...]) -> str:
        """The address at which somebody signs in, to come ``back`` then. Raises as ``metadata``."""
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": back,
            "scope": " ".join(("openid", *scopes)),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return _asking(self.metadata().authorization_endpoint, asked)

    def claims(
        self, code: str, issuer: str | None, attempt: Attempt, back: str, now: dt.datetime
    ) -> dict[str, Any]:
        """Who came back with a code; ``issuer`` is who says that it gave it, where that is said.

        Raises:
            Rejected: it proves nothing of anybody; the message says why.
            Unreachable, Unknown: the provider does not answer.
            Permanent: it does not know us, or what it says makes no sense.

        """
        told = self.metadata()
        if issuer != self.issuer and (
            issuer is not None or told.authorization_response_iss_parameter_supported
        ):
            raise Rejected("the code is of another provider")
        token = self._exchange(told, code, attempt, back)
        said = tokens.claims(token, self._key_set(KEPT), lambda: self._key_set(AGAIN))
        if why := fault(said, Asked(self.issuer, self._client, attempt.nonce), now):
            raise Rejected(f"the ID token is refused: {why}")
        return said

    def keys(self) -> list[str]:
        """The names of the keys that it signs with. Raises as ``metadata``."""
        return [str(key.kid) for key in self._key_set(KEPT)]

    def end_session(self, back: str) -> str | None:
        """The address at which somebody ends their session with the provider, too; None where it has none. Raises as ``metadata``."""
        told = self.metadata().end_session_endpoint
        return told and _asking(told, {"client_id": self._client, "post_logout_redirect_uri": back})

    def _exchange(self, told: Metadata, code: str, attempt: Attempt, back: str) -> str:
        form: dict[str, str | SecretStr] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": attempt.verifier,
        }
        headers: Values = {"Accept": "application/json"}
        methods = told.token_endpoint_auth_methods_supported
        if self._secret is None:
            form["client_id"] = self._client
        elif "client_secret_basic" in methods or "client_secret_post" not in methods:
            headers = {**headers, "Authorization": _basic(self._client, self._secret.get_secret_value())}
        else:
            form |= {"client_id": self._client, "client_secret": self._secret}
        http, path = self._at(told.token_endpoint)
        with closing(http):
            return _id_token(http.write(path, data=form, headers=headers))

    def _key_set(self, oldest: float) -> KeySet:
        """Its keys, so many seconds old at most."""
        uri, kept = self.metadata().jwks_uri, self._keys
        if kept is None or self._clock() - kept[0] > oldest:
            kept = self._keys = (self._clock(), self._read(uri, _key_set))
        return kept[1]

    def _read(self, address: str, parse: Callable[[Response], T]) -> T:
        http, path = self._at(address)
        with closing(http):
            return http.read(path, parse)

    def _at(self, address: str) -> tuple[Http, str]:
        """A client for an address, and its path there."""
        parts = urlsplit(address)
        http = Http(
            f"{parts.scheme}://{parts.netloc}",
            timeout=TIMEOUT,
            setting=SETTING,
            private_hosts=self._private_hosts,
            attempts=ATTEMPTS,
        )
        return http, f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    def _check(self, told: Metadata) -> None:
        if told.issuer != self.issuer:
            raise Misconfigured(
                f"{SETTING} is {self.issuer}, and who answers there is {told.issuer}: set what it says, to the last slash."
            )
        for address in (told.authorization_endpoint, told.end_session_endpoint):
            parts = urlsplit(address or self.issuer)
            if parts.scheme != "https" and not is_this_machine(parts.hostname or ""):
                raise Misconfigured(f"{SETTING}: people would sign in without https at {parts.netloc}")


def provider(settings: Settings) -> Provider | None:
    """The provider of the settings; None when there is none.

    Raises:
        Misconfigured: its address is none.

    """
    return Provider(settings, settings.oidc_issuer) if settings.oidc_issuer else None


def _metadata(response: Response) -> Metadata:
    return _told(response, Metadata)


def _key_set(response: Response) -> KeySet:
    """The keys that we can use. Others are no obstacle (RFC 7517 section 5): of another kind, on an unknown curve, broken."""
    told = _told(response, _Keys).keys
    if keys := [key for each in told if (key := _key(each))]:
        return KeySet(keys)
    raise Permanent(f"{SETTING}: of the provider's {len(told)} keys none can be used")


def _told(response: Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(response.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Permanent(f"{SETTING}: what the provider says of itself cannot be read: {error}") from error


def _key(told: dict[str, Any]) -> Key | None:
    try:
        return import_key(told)
    except (JoseError, LookupError, TypeError, ValueError):
        return None


def _asking(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def _id_token(response: Response) -> str:
    status = response.status_code
    if status == 401:
        raise Misconfigured(
            f"The provider does not know us: check BOOSTEZ_OIDC_CLIENT_ID and BOOSTEZ_OIDC_CLIENT_SECRET ({problem(response)})."
        )
    if status >= 500 or status == 429:
        raise Unreachable(f"the provider answered {status} to a code")
    if status != 200:
        raise Rejected(f"the provider refused the code: {problem(response)}")
    try:
        return msgspec.json.decode(response.content, type=_Tokens).id_token
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected(f"the provider gave no ID token: {error}") from error


def _basic(client: str, secret: str) -> SecretStr:
    pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
    return SecretStr(f"Basic {base64.b64encode(pair.encode()).decode()}")
