"""The contractor's words, made ours.

Belongs here: its wire form 1.0 (contractor.openapi.yaml) to a draft, pure. Does not: calling it (client.py), or what is
right (core/rules.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from core.drafts import Draft
from schemas.errors import Rejected
from schemas.offer import Employer, Job, Kind, Remote, Status, Training

SCHEMA: Final = "contractor.offer.v1"
SOURCE: Final = "contractor"
OWN: Final = (
    "ara:"  # what the reference of every offer begins with that the Region sent (contractor.openapi.yaml)
)


class _Key(msgspec.Struct, frozen=True):
    ref: str
    version: Any = None
    updated_at: Any = None


class _Location(msgspec.Struct, frozen=True):
    postal_code: str
    city: str
    commune: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    remote: Remote = "none"


class _Offer(msgspec.Struct, frozen=True):
    ref: str
    version: int
    kind: Kind
    status: Status
    title: str
    description: str
    updated_at: dt.datetime
    employer: Employer | None = None
    location: _Location | None = None
    rome_code: str | None = None
    job: Job | None = None
    training: Training | None = None
    apply_url: str | None = None
    apply_email: str | None = None
    published_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None


_key = msgspec.json.Decoder(_Key)


def peek(raw: bytes) -> tuple[str | None, int | None, str | None]:
    """Ref, version and change instant as they stand, without decoding the rest; None for what cannot be read."""
    try:
        key = _key.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None, None
    version = key.version if isinstance(key.version, int) and not isinstance(key.version, bool) else None
    return key.ref or None, version, key.updated_at if isinstance(key.updated_at, str) else None


def is_own(ref: str | None) -> bool:
    """Whether it is the reference of an offer that the Region sent."""
    return ref is not None and ref.startswith(OWN)


def draft(payload: Any) -> Draft:
    """A payload that fits its schema, as a draft.

    Raises:
        Rejected: a value that no schema can refuse but no calendar knows (2026-02-30).

    """
    try:
        offer = msgspec.convert(payload, _Offer)
    except msgspec.ValidationError as error:
        raise Rejected(str(error)) from error
    location = offer.location
    return Draft(
        source=SOURCE,
        ref=offer.ref,
        version=offer.version,
        kind=offer.kind,
        status=offer.status,
        title=offer.title,
        description=offer.description,
        updated_at=offer.updated_at,
        employer=offer.employer,
        postal_code=location.postal_code if location else None,
        city=location.city if location else None,
        commune=location.commune if location else None,
        latitude=location.latitude if location else None,
        longitude=location.longitude if location else None,
        remote=location.remote if location else "none",
        rome_code=offer.rome_code,
        job=offer.job if offer.kind == "job" else None,
        training=offer.training if offer.kind == "training" else None,
        apply_url=offer.apply_url,
        apply_email=offer.apply_email,
        published_at=offer.published_at,
        expires_at=offer.expires_at,
    )
