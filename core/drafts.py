"""A draft: an offer as a source tells it, in our fields, before anything is checked or mended.

Belongs here: the one record between every source's wire form and the canonical offer. Does not: how a source's words
become it (connectors/*/wire.py), what makes it right (core/rules.py) or canonical (core/normalise.py).
"""

from __future__ import annotations

import datetime as dt

import msgspec

from schemas.documents import Reason
from schemas.offer import Employer, Job, Kind, Offer, Remote, Status, Training


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What one payload says. Texts are as they came; ``description`` is HTML, possibly hostile.

    ``version`` grows at each change of the offer at its source. Timestamps carry an offset.
    """

    source: str
    ref: str
    version: int
    kind: Kind
    status: Status
    title: str
    description: str
    updated_at: dt.datetime
    employer: Employer | None = None  # with its names even when it is anonymous
    postal_code: str | None = None
    city: str | None = None
    commune: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    remote: Remote = "none"
    rome_code: str | None = None
    job: Job | None = None
    training: Training | None = None
    apply_url: str | None = None
    apply_email: str | None = None
    published_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None


class Normalised(msgspec.Struct, frozen=True):
    """A draft made canonical. ``withheld`` is the anonymous employer, for the Region's database only."""

    offer: Offer
    withheld: Employer | None


Verdict = Normalised | tuple[Reason, ...]
