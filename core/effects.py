"""The effect protocol's values and its one decision: what a look-up proves.

Belongs here: intents, receipts, findings, and the pure rule that turns a finding into a receipt. Does not: where they are
kept (connectors/region/ledger/ledger.py) or how a channel is called (connectors/*/channel.py).

    planned ─> intent ─> call ─> receipt: done | missing | rejected | retry
                  └──────────> unknown ─> looked up ─> done | missing | stale | unproven ─> planned
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from core.plan import Operation
from schemas.errors import Cause

Outcome = Literal["done", "missing", "stale", "rejected", "retry", "unknown", "unproven", "parked"]


class Intent(msgspec.Struct, frozen=True):
    """One change that a worker has committed to make.

    ``content`` is the JSON of what to say: an encoded offer, or a once-only effect's own; None for a withdrawal and in a
    look-up. ``marker`` will be visible in the remote object; ``remote_id`` is the channel's own, None before the creation.
    """

    effect: int
    subject: str
    operation: Operation
    marker: str
    remote_id: str | None
    content: bytes | None
    at: dt.datetime
    lookups: int = 0


class Receipt(msgspec.Struct, frozen=True):
    """What came of an intent.

    ``done``: the channel says so. ``missing``: the object is not there (any more). ``rejected``: the content is refused
    for good. ``stale``: the object is there, with older content. ``retry``: not done, ask again in ``after`` seconds. ``unknown``: no trustworthy answer. ``unproven``:
    looked up and not found, once. ``parked``: cannot be looked up, a person must.
    """

    effect: int
    outcome: Outcome
    remote_id: str | None = None
    after: float = 0.0
    error: str | None = None
    cause: Cause | None = None


class Found(msgspec.Struct, frozen=True):
    """One object of ours on a channel: the marker it shows, the channel's own id, a digest of what it shows."""

    marker: str
    remote_id: str
    digest: str = ""


class Only(msgspec.Struct, frozen=True):
    """Which effects of those that are due: one subject's, or what is planned for one cause; with neither, all."""

    subject: str | None = None
    cause: Cause | None = None

    def values(self) -> dict[str, str | None]:
        """By field."""
        return msgspec.structs.asdict(self)


ALL = Only()


def subject_of(marker: str) -> str:
    """The subject a marker speaks of; markers are ``<subject>-<lease>``."""
    return marker.rpartition("-")[0]


def marker_of(subject: str, lease: int) -> str:
    """The marker of a subject's intent under a lease."""
    return f"{subject}-{lease:x}"


def proof(intent: Intent, found: Found | None) -> Receipt:
    """What a look-up proves of an unknown intent.

    ``found`` is the subject's object as the channel shows it now, None when there is none. An absence must be seen
    twice, the channel's settle time apart, before it is believed of a creation or an update.
    """
    if found is None:
        if intent.operation == "withdraw":
            return Receipt(intent.effect, "done")
        gone = intent.operation == "update" and intent.lookups > 0
        return Receipt(intent.effect, "missing" if gone else "unproven")
    if intent.operation != "withdraw" and found.marker == intent.marker:
        return Receipt(intent.effect, "done", found.remote_id)
    return Receipt(intent.effect, "stale" if intent.lookups else "unproven", found.remote_id)
