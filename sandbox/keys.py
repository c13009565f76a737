"""The secrets that the stand-ins accept.

Belongs here: what a client must know. Does not: who asks for it (contractor.py, graph.py).
"""

from __future__ import annotations

import hmac

import msgspec


class Keys(msgspec.Struct, frozen=True):
    """The contractor's client and Graph's app and token; a test may choose others, to look for them afterwards."""

    client_id: str = "boostez"
    client_secret: str = "sandbox-secret"  # noqa: S105 - known to everybody
    page_token: str = "sandbox-page-token"  # noqa: S105 - known to everybody
    app_secret: str = "sandbox-app-secret"  # noqa: S105 - known to everybody

    @property
    def proof(self) -> str:
        """``appsecret_proof`` of the token."""
        return hmac.digest(self.app_secret.encode(), self.page_token.encode(), "sha256").hex()
