"""The canonical offer: a job or a training as the Region publishes it.

Belongs here: the frozen records of ``json/offer.v1.json``, field for field, and their one encoding.
Does not: how a source's words become these (connectors/*/wire.py) or what is right (core/).

Vocabulary: ROME and contract kinds after France Travail, commune after INSEE, RNCP/RS after France compétences,
SIRET after INSEE, levels after the European qualifications framework.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Literal

import msgspec

Kind = Literal["job", "training"]
Status = Literal["open", "closed"]
Contract = Literal[
    "CDI",
    "CDD",
    "interim",
    "apprenticeship",
    "professionalisation",
    "seasonal",
    "internship",
    "civic_service",
    "freelance",
]
Remote = Literal["none", "partial", "full"]
Experience = Literal["none", "junior", "confirmed", "senior"]


class Employer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who recruits or teaches. When ``anonymous`` every other field is None: the names stay in the database."""

    name: str | None = None
    siret: str | None = None
    url: str | None = None
    anonymous: bool = False


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where. ``commune`` is an INSEE code, ``city`` the commune's official name when it is known."""

    postal_code: str | None = None
    city: str | None = None
    commune: str | None = None
    department: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    remote: Remote = "none"


class Salary(msgspec.Struct, frozen=True, omit_defaults=True):
    """Gross pay in euros a ``unit``; ``maximum`` is None when one figure was given."""

    unit: Literal["hour", "month", "year"]
    minimum: float
    maximum: float | None = None


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """What only a job has. Hours are a week's."""

    contract: Contract
    duration_months: int | None = None
    hours_per_week: float | None = None
    salary: Salary | None = None
    experience: Experience | None = None
    openings: int = 1
    starts_on: dt.date | None = None


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """One dated run of a training."""

    starts_on: dt.date
    ends_on: dt.date
    seats: int | None = None


class Training(msgspec.Struct, frozen=True, omit_defaults=True):
    """What only a training has. ``rncp`` is like ``RNCP38565`` or ``RS5616``; ``level`` is 1 to 8."""

    sessions: tuple[Session, ...]
    rncp: str | None = None
    cpf_eligible: bool | None = None
    level: int | None = None
    hours: int | None = None
    price_eur: float | None = None


class Offer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One offer in the Region's form: all of it may be published.

    ``description`` is sanitised HTML. Timestamps are UTC.
    """

    source: str
    ref: str
    kind: Kind
    title: str
    description: str
    employer: Employer
    location: Location
    rome_code: str | None = None
    rome_label: str | None = None
    job: Job | None = None
    training: Training | None = None
    apply_url: str | None = None
    apply_email: str | None = None
    published_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Offer)


def encode(offer: Offer) -> bytes:
    """The offer as JSON bytes; equal offers give equal bytes.

    Amounts, hours and coordinates must be floats, as decoding gives them: 1900 equals 1900.0 and encodes differently.
    """
    return _encoder.encode(offer)


def decode(content: bytes | str) -> Offer:
    """Read back what ``encode`` wrote.

    Raises:
        msgspec.ValidationError: the content is not a canonical offer.

    """
    return _decoder.decode(content)


def content_hash(content: bytes) -> bytes:
    """The 32-byte hash that says whether two encoded offers are the same."""
    return hashlib.sha256(content).digest()


def key_of(source: str, ref: str) -> str:
    """The offer's public key: 12 characters of base 32, the same in every database and for ever.

    It stands in addresses and markers, so it must not depend on insertion order.
    """
    digest = hashlib.sha256(f"{source}\n{ref}".encode()).digest()
    number = int.from_bytes(digest[:8], "big") >> 4
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
    return "".join(alphabet[(number >> shift) & 31] for shift in range(55, -1, -5))
