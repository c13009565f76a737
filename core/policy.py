"""What a channel wants: its policy, one record a channel.

Belongs here: the frozen form of deployments/channels.toml and its fingerprint. Does not: reading the file
(connectors/registry.py) or what a channel can do (its own ``CAPABILITIES``).
"""

from __future__ import annotations

import hashlib

import msgspec

from schemas.offer import Kind


class Policy(msgspec.Struct, frozen=True):
    """``kinds`` of offers wanted; ``budget`` new offers a Paris day, None for every offer (a mirror)."""

    channel: str
    kinds: tuple[Kind, ...]
    budget: int | None = None
    enabled: bool = True

    def fingerprint(self, form: str) -> str:
        """What a plan was made with: this policy and the channel's ``form`` (version of what it writes)."""
        return hashlib.sha256(msgspec.json.encode((self, form))).hexdigest()[:16]
