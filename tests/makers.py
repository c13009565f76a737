"""Offers and rows for tests: complete, plain, changed by naming what differs."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import msgspec

from connectors.region.offers.offers import Incoming
from connectors.region.offers.walks import Item
from core.drafts import Draft
from schemas.offer import Employer, Job, Location, Offer, Salary, Session, Training, encode

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def job(ref: str = "J-1", **changes: Any) -> Offer:
    offer = Offer(
        source="contractor",
        ref=ref,
        kind="job",
        title="Boulanger, boulangère",
        description="<p>Vous façonnez et cuisez le pain d’une boutique du centre.</p>",
        employer=Employer(name="Fournil des Pentes", siret="73282932000074"),
        location=Location(
            postal_code="69001", city="Lyon 1er Arrondissement", commune="69381", department="69"
        ),
        rome_code="D1102",
        rome_label="Boulanger / Boulangère",
        job=Job(contract="CDI", hours_per_week=35.0, salary=Salary("month", 1900.0, 2100.0)),
        apply_email="emploi@fournil.example",
        published_at=NOON - dt.timedelta(days=2),
    )
    return msgspec.structs.replace(offer, **changes)


def training(ref: str = "T-1", **changes: Any) -> Offer:
    offer = Offer(
        source="contractor",
        ref=ref,
        kind="training",
        title="CAP Pâtisserie",
        description="<p>Préparer le certificat d’aptitude en un an.</p>",
        employer=Employer(name="Institut du Forez"),
        location=Location(postal_code="42000", city="Saint-Étienne", commune="42218", department="42"),
        training=Training(
            sessions=(Session(dt.date(2027, 1, 4), dt.date(2027, 6, 30)),), hours=420, cpf_eligible=True
        ),
        published_at=NOON - dt.timedelta(days=3),
    )
    return msgspec.structs.replace(offer, **changes)


def portal_draft(**changes: Any) -> Draft:
    """What a firm writes on the portal."""
    draft = Draft(
        source="portal",
        ref="new",
        version=1,
        kind="job",
        status="open",
        title="Boulanger, boulangère",
        description="Vous façonnez et cuisez le pain.\n\nDu mardi au samedi, dès 5 h.",
        updated_at=NOON,
        employer=Employer(name="Fournil des Pentes", siret="73282932000074"),
        postal_code="69001",
        city="Lyon",
        job=Job(contract="CDI", hours_per_week=35.0, salary=Salary("month", 1900.0, 2100.0)),
        apply_email="emploi@fournil.example",
        expires_at=NOON + dt.timedelta(days=60),
    )
    return msgspec.structs.replace(draft, **changes)


def raw_hash(offer: Offer, version: int) -> bytes:
    return hashlib.sha256(encode(offer) + str(version).encode()).digest()


def incoming(offer: Offer, version: int = 1, closed_reason: str | None = None) -> Incoming:
    return Incoming(offer.ref, version, raw_hash(offer, version), encode(offer), None, NOON, closed_reason)


def item(offer: Offer, ordinal: int = 0, version: int = 1) -> Item:
    return Item(ordinal, offer.ref, version, raw_hash(offer, version), 0, 1)


def contractor_job(ref: str = "J-100", **changes: Any) -> dict[str, Any]:
    """A job as the contractor sends it, with every member that it may have."""
    return {
        "ref": ref,
        "version": 3,
        "kind": "job",
        "status": "open",
        "title": "Boulanger, boulangère",
        "description": "<p>Vous façonnez et cuisez le pain d’une boutique du centre.</p>",
        "employer": {
            "name": "Fournil des Pentes",
            "siret": "73282932000074",
            "url": "https://fournil.example/",
        },
        "location": {
            "postal_code": "69001",
            "city": "Lyon",
            "latitude": 45.767,
            "longitude": 4.834,
            "remote": "none",
        },
        "rome_code": "D1102",
        "job": {
            "contract": "CDD",
            "duration_months": 6,
            "hours_per_week": 35,
            "salary": {"unit": "month", "minimum": 1900, "maximum": 2100},
            "experience": "none",
            "openings": 2,
            "starts_on": "2027-02-01",
        },
        "apply_url": "https://fournil.example/postuler",
        "apply_email": "emploi@fournil.example",
        "published_at": "2026-11-20T08:00:00Z",
        "updated_at": "2026-11-22T08:00:00Z",
        "expires_at": "2037-01-31T08:00:00Z",
        **changes,
    }
