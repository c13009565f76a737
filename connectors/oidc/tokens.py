"""ID tokens: whether a provider signed one, by which of its keys.

Belongs here: signatures, algorithms, keys that change. Does not: what the claims must say (core/id_claims.py), or fetching keys
(provider.py).

Source: RFC 7515, RFC 8725 sections 3.1 to 3.3 (the algorithm is ours to choose, not the token's); OpenID Connect Core 1.0 section 10.1.1
(a key that is not known is asked for anew).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from schemas.errors import Rejected

ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
)
"""Signatures by a key that only the provider has. None and HMAC are not among them, so no public key is ever a secret."""
LARGEST: Final = 64 * 1024  # characters of a token
_REGISTRY: Final = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


def claims(token: str, keys: KeySet, newer: Callable[[], KeySet]) -> dict[str, Any]:
    """What a token says that one of the provider's keys signed; ``newer`` gives them anew, where that is time.

    Raises:
        Rejected: it is none, or nobody of the provider signed it.

    """
    if len(token) > LARGEST:
        raise Rejected("the ID token is larger than any")
    try:
        try:
            return jwt.decode(token, keys, registry=_REGISTRY).claims
        except InvalidKeyIdError:
            return jwt.decode(token, newer(), registry=_REGISTRY).claims
    except (JoseError, ValueError, RecursionError) as error:
        raise Rejected(f"the ID token is not signed as it should be: {type(error).__name__}") from error
