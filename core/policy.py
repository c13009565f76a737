"""What a channel wants: its policy, one record a channel.

Belongs here: the frozen form of deployments/channels.toml and its fingerprint. Does not: reading the file
(connectors/registry.py) or what a channel can do (its own ``CAPABILITIES``).
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from schemas.offer import Kind


class Policy(msgspec.Struct, frozen=True):
    """``kinds`` of offers wanted; ``budget`` new offers a Paris day, None for every offer (a mirror).

    ``drift``: whether what an audit finds changed by hand is healed, or reported to a person. ``sources``: the only ones whose
    offers are wanted; empty for every one.
    """

    channel: str
    kinds: tuple[Kind, ...]
    budget: int | None = None
    enabled: bool = True
    drift: Literal["heal", "report"] = "report"
    sources: tuple[str, ...] = ()

    def takes(self, source: str) -> bool:
        """Whether a source's offers may ever be on the channel."""
        return not self.sources or source in self.sources

    def fingerprint(self, form: str) -> str:
        """What a plan was made with: what this policy wants, and the channel's ``form`` (version of what it writes)."""
        wants = {name: getattr(self, name) for name in ("channel", "kinds", "budget", "enabled")}
        if self.sources:  # without any it is what it was before there were sources: nothing is planned anew
            wants["sources"] = self.sources
        return hashlib.sha256(msgspec.json.encode((wants, form))).hexdigest()[:16]
