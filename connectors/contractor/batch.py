"""What goes back to the contractor, in its words: offers that firms posted on the portal.

Belongs here: an offer as an item of ``/v1/offers:batch``, an item's result as a receipt, what an offer of ours shows when it
is read back; pure. Does not: calling (channel.py), or the way from the contractor to us (wire.py).

An offer's reference there is made of its public key, so that it can be looked up by what the ledger knows of it, and an
upsert that is sent twice is one offer. The marker is in the link that ends the description.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from connectors.contractor import wire
from core.drafts import Draft
from core.effects import Found, Intent, Receipt, marker_of, subject_of
from core.wording import ANONYMOUS
from schemas.documents import visible
from schemas.errors import Rejected
from schemas.offer import Employer, Location, Offer, decode

SAID: Final = 300  # characters of a result's detail
_MARKER: Final = re.compile(r"/offres/([0-9a-z]+)\?e=(\1-[0-9a-f]+)\s*(?:</p>)?\s*\Z")


class Result(msgspec.Struct, frozen=True):
    """What the contractor says of one item."""

    ref: str
    status: Literal["created", "updated", "unchanged", "conflict", "invalid"]
    detail: str = ""


class _Answer(msgspec.Struct, frozen=True):
    results: list[msgspec.Raw]


_answer = msgspec.json.Decoder(_Answer)
_result = msgspec.json.Decoder(Result)


def ref_of(intent: Intent) -> str:
    """The contractor's reference of an intent's object."""
    return intent.remote_id or f"{wire.OWN}{intent.subject}"


def key_of(intents: Sequence[Intent]) -> str:
    """The Idempotency-Key of a batch: of 64 characters, and another one for every try.

    A key made of the body would not do: two closings of the same offer have the same body, and the second must happen.
    """
    return hashlib.sha256("\n".join(intent.marker for intent in intents).encode()).hexdigest()


def item(intent: Intent, publisher: str) -> dict[str, Any]:
    """One item of a batch."""
    if intent.content is None:
        return {"op": "close", "ref": ref_of(intent)}
    told = payload(decode(intent.content), intent.marker, publisher)
    told |= {"ref": ref_of(intent), "updated_at": f"{intent.at:%Y-%m-%dT%H:%M:%SZ}"}
    return {"op": "upsert", "ref": ref_of(intent), "offer": told}


def payload(offer: Offer, marker: str, publisher: str) -> dict[str, Any]:
    """An offer as the contractor takes it. Its version is the marker's lease, which grows from one try to the next."""
    subject, _, lease = marker.rpartition("-")
    link = f"{publisher}/offres/{subject}?e={marker}"
    told: dict[str, Any] = {
        "ref": f"{wire.OWN}{subject}",
        "version": max(int(lease, 16), 1),
        "kind": offer.kind,
        "status": "open",
        "title": offer.title,
        "description": offer.description + _origin().format(link=link),
        "updated_at": "1970-01-01T00:00:00Z",
        "employer": _employer(offer.employer),
        "location": _location(offer.location),
    }
    same = ("rome_code", "job", "training", "apply_url", "apply_email", "published_at", "expires_at")
    told |= {name: msgspec.to_builtins(getattr(offer, name)) for name in same}
    return {name: value for name, value in told.items() if value is not None}


def _employer(employer: Employer) -> dict[str, Any] | None:
    """The contract wants a name, of an anonymous employer too."""
    if employer.anonymous:
        return {"name": ANONYMOUS, "anonymous": True}
    told: dict[str, Any] = msgspec.to_builtins(employer)
    return told if employer.name else None


def _location(location: Location) -> dict[str, Any] | None:
    """The contract wants postal code and city, or no place at all; it knows no department."""
    told: dict[str, Any] = msgspec.to_builtins(location)
    told.pop("department", None)
    return told if location.postal_code and location.city else None


@cache
def _origin() -> str:
    return (files(__package__) / "origin.html").read_text("utf-8").strip()


def results(body: bytes) -> dict[str, Result | None]:
    """What the answer to a batch says, by reference and in whatever order; None for what it says twice.

    Raises:
        msgspec.DecodeError: it is no such answer.

    """
    told: dict[str, Result | None] = {}
    for raw in _answer.decode(body).results:
        try:
            one = _result.decode(raw)
        except msgspec.DecodeError:
            continue  # its intent has no result, which is unknown
        told[one.ref] = None if one.ref in told else one
    return told


def receipt(intent: Intent, result: Result | None) -> Receipt:
    """What a result says of its intent; without one it may have been carried out or not."""
    if result is None:
        return Receipt(intent.effect, "unknown", error="no result for this item", cause="answer")
    if result.status in {"conflict", "invalid"}:
        said = visible(" ".join(result.detail.split()))[:SAID]
        return Receipt(intent.effect, "rejected", error=f"{result.status}: {said}", cause="content")
    return Receipt(intent.effect, "done", result.ref)


def found(raw: bytes) -> Found | None:
    """An offer of ours as the contractor shows it; None when it is closed.

    It is known by its reference; without our link at its end, or with content that is none, it counts as edited.
    """
    ref = wire.peek(raw)[0] or ""
    try:
        shown: Any = msgspec.json.decode(raw)
        offer = wire.draft(shown)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Rejected):
        return Found(marker_of(ref.removeprefix(wire.OWN), 0), ref)
    if offer.status == "closed":
        return None
    subject = ref.removeprefix(wire.OWN)
    link = _MARKER.search(offer.description)
    marker = link[2] if link and subject_of(link[2]) == subject else marker_of(subject, 0)
    return Found(marker, ref, _digest(offer))


def digest(offer: Offer, marker: str, publisher: str) -> str:
    """The digest of an offer as ``found`` gives it."""
    return _digest(wire.draft(payload(offer, marker, publisher)))


def _digest(offer: Draft) -> str:
    """What tells one content from another, however it is spelt; version and instant are the contractor's to count."""
    told = msgspec.to_builtins(offer)
    for name in ("version", "updated_at"):
        del told[name]
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()[:16]
