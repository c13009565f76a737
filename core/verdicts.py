"""The verdict on one raw payload of a source: a canonical offer, or every reason to refuse it.

Belongs here: the order in which a payload is judged, and whether what passes is open. Does not: the single judgements
(schemas/documents.py, rules.py, normalise.py), or which sources there are (connectors/registry.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

import msgspec

from core.drafts import Draft, Normalised
from core.normalise import normalise
from core.payloads import decode
from schemas import documents
from schemas.documents import Reason
from schemas.errors import Rejected


class Form(Protocol):
    """A source's wire form: the schema of its payload, and how a valid payload is put in our words."""

    @property
    def schema(self) -> str:
        """The name of a document in schemas/json."""

    @property
    def draft(self) -> Callable[[Any], Draft]:
        """From a payload that fits the schema; raises Rejected."""


class Accepted(msgspec.Struct, frozen=True):
    """A payload that may become an offer: its draft and its canonical form."""

    draft: Draft
    canonical: Normalised


DUPLICATE: Final = (
    Reason(
        "/ref", "duplicate_ref", "", "Another payload of the same walk has this ref. Send each offer once."
    ),
)


def judge(form: Form, raw: bytes) -> Accepted | tuple[Reason, ...]:
    """The verdict on one raw payload: all the reasons when it is refused."""
    try:
        payload = decode(raw)
    except Rejected as error:
        shown = documents.shown(raw[:80].decode("utf-8", "replace"))
        return (Reason("", "json", shown, f"Not plain JSON: {error}."),)
    if not documents.valid(form.schema, payload):
        return tuple(documents.report(form.schema, payload))
    try:
        draft = form.draft(payload)
    except Rejected as error:
        return tuple(documents.impossible(form.schema, payload)) or (Reason("", "meaning", "", f"{error}."),)
    verdict = normalise(draft)
    if isinstance(verdict, tuple):
        return verdict
    return Accepted(draft, verdict)


def closure(verdict: Accepted, now: dt.datetime) -> Literal["closed", "expired"] | None:
    """Why an accepted offer is not open: its source says so, or its end date has passed."""
    if verdict.draft.status == "closed":
        return "closed"
    expires = verdict.canonical.offer.expires_at
    return "expired" if expires is not None and expires <= now else None
