"""One attempt to sign in: what goes to the provider, and what alone fits what comes back.

Belongs here: state, nonce and PKCE's verifier, all of one secret. Does not: the provider (provider.py), or where attempts are kept
(connectors/region/access/officer_sessions.py).

The secret is in one browser's cookie and nowhere else, so whatever comes back to another browser fits nothing. None of the four words
tells another.

Source: RFC 7636 sections 4.1 and 4.2; RFC 9700 sections 2.1.1 and 4.7.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

import msgspec


class Attempt(msgspec.Struct, frozen=True):
    """What is made of ``secret``, 256 bits; each word has 43 characters that need no escape."""

    secret: str

    @property
    def state(self) -> str:
        """What the provider gives back."""
        return self._word("state")

    @property
    def nonce(self) -> str:
        """What the ID token must say."""
        return self._word("nonce")

    @property
    def verifier(self) -> str:
        """What opens the code."""
        return self._word("verifier")

    @property
    def challenge(self) -> str:
        """What the verifier must fit (S256)."""
        return _plain(hashlib.sha256(self.verifier.encode()).digest())

    def _word(self, kind: str) -> str:
        return _plain(hashlib.sha256(f"{kind}\n{self.secret}".encode()).digest())


def begun() -> Attempt:
    """A new one."""
    return Attempt(secrets.token_urlsafe(32))


def _plain(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
