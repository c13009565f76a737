"""What an ID token says, held against what was asked for.

Belongs here: judging claims. Does not: signatures (connectors/oidc/tokens.py), or roles (access.py).

Source: OpenID Connect Core 1.0 incorporating errata set 2, section 3.1.3.7 (ID Token Validation) and section 2.
"""

from __future__ import annotations

import datetime as dt
import math
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
    """Why a token is not the one that was asked for; None when it is.

    The nonce is compared like any other word: it travels in addresses, and only a signed token comes this far.
    """
    instant, skew = now.timestamp(), SKEW.total_seconds()
    audiences = told if isinstance(told := claims.get("aud"), list) else [told]
    for what, holds in (
        ("iss", claims.get("iss") == asked.issuer),
        ("aud", asked.client in audiences),
        ("azp", claims.get("azp", None if len(audiences) > 1 else asked.client) == asked.client),
        ("sub", _is_subject(claims.get("sub"))),
        ("exp", _is_within(claims.get("exp"), instant - skew, math.inf)),
        ("iat", _is_within(claims.get("iat"), instant - skew - FRESH.total_seconds(), instant + skew)),
        ("nbf", _is_within(claims.get("nbf", instant), -math.inf, instant + skew)),
        ("nonce", claims.get("nonce") == asked.nonce),
    ):
        if not holds:
            return f"its {what} is not what was asked for"
    return None


def _is_subject(told: object) -> bool:
    return isinstance(told, str) and 0 < len(told) <= LONGEST and told.isascii() and told.isprintable()


def _is_within(told: object, after: float, until: float) -> bool:
    """Seconds, however large: what no float holds is compared all the same."""
    return isinstance(told, int | float) and not isinstance(told, bool) and after < told <= until
