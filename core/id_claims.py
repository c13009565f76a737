"""What an ID token says, held against what was asked for.

Belongs here: judging claims. Does not: signatures (connectors/oidc/tokens.py), or roles (access.py).

Source: OpenID Connect Core 1.0 incorporating errata set 2, section 3.1.3.7 (ID Token Validation) and section 2.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from typing import Any, Final

import msgspec

SKEW: Final = dt.timedelta(minutes=2)  # that the provider's clock and ours may differ
FRESH: Final = dt.timedelta(minutes=10)  # that a token asked for just now may be old
LONGEST: Final = 255  # ASCII characters of ``sub``


class Asked(msgspec.Struct, frozen=True):
    """Of whom, by whom and with which nonce a token was asked for."""

    issuer: str
    client: str
    nonce: str


def fault(claims: Mapping[str, Any], asked: Asked, now: dt.datetime) -> str | None:
    """Why a token is not the one that was asked for; None when it is."""
    instant = now.timestamp()
    for what, holds in (
        ("iss", claims.get("iss") == asked.issuer),
        ("aud", asked.client in (audiences := _audiences(claims.get("aud")))),
        ("azp", claims.get("azp", None if len(audiences) > 1 else asked.client) == asked.client),
        ("sub", _is_subject(claims.get("sub"))),
        ("exp", _before(instant, claims.get("exp"), SKEW)),
        ("iat", _between(claims.get("iat"), instant)),
        ("nbf", "nbf" not in claims or _is_past(claims["nbf"], instant)),
        ("nonce", _is_same(claims.get("nonce"), asked.nonce)),
    ):
        if not holds:
            return f"its {what} is not what was asked for"
    return None


def _audiences(told: object) -> list[object]:
    return told if isinstance(told, list) else [told]


def _is_subject(told: object) -> bool:
    return isinstance(told, str) and 0 < len(told) <= LONGEST and told.isascii() and told.isprintable()


def _number(told: object) -> float | None:
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None


def _before(instant: float, told: object, skew: dt.timedelta) -> bool:
    end = _number(told)
    return end is not None and instant < end + skew.total_seconds()


def _is_past(told: object, instant: float) -> bool:
    begin = _number(told)
    return begin is not None and begin <= instant + SKEW.total_seconds()


def _between(told: object, instant: float) -> bool:
    return _is_past(told, instant) and _before(instant, told, FRESH + SKEW)


def _is_same(told: object, nonce: str) -> bool:
    return isinstance(told, str) and hmac.compare_digest(told.encode(), nonce.encode())
