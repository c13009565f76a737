"""A draft made canonical: the form that the Region keeps and publishes.

Belongs here: mending what can be mended without guessing. Does not: the reasons to refuse (core/rules.py), the match of
communes (core/communes.py), what is hidden of an anonymous employer (core/withhold.py).

What is mended: control characters go, empty texts count as absent, white space in titles and names is collapsed
(capitals stay), descriptions are sanitised, timestamps become whole seconds of UTC. Years 0001 and 9999 are what some
systems write for "not set" and "never": such a timestamp is dropped. The postal code stays as it came (a CEDEX too);
without one, a commune's only postal code is taken.

Coordinates: given ones are kept inside the Region's box and for offers outside the Region; otherwise the commune's are
taken. 0, 0 counts as absent. All have five decimals, about a metre.
"""

from __future__ import annotations

import datetime as dt
import math

import msgspec

from core import sirets
from core.communes import NOWHERE, department_of, match
from core.drafts import Draft, Normalised, Verdict
from core.html import printable, sanitise
from core.rules import check, giveaways, meaningful
from core.withhold import redact, redact_html
from schemas.documents import Reason, report, shown, valid
from schemas.offer import Employer, Location, Offer, Training, encode
from schemas.reference_tables import Commune, departments, rome_labels

SCHEMA = "offer.v1"
TITLE_LIMIT = 200
# Region 84 lies within 44.12 to 46.80 north and 2.06 to 7.19 east (IGN Admin Express); a tenth of a degree of margin.
SOUTH, NORTH, WEST, EAST = 44.02, 46.90, 1.96, 7.29
DECIMALS = 5


def normalise(draft: Draft) -> Verdict:
    """The canonical offer with what is withheld of it, or every reason to refuse the draft.

    The offer fits the document ``offer.v1``: what no rule foresaw is refused with the document's own reasons.
    """
    description = sanitise(draft.description)
    reasons = check(draft) + (() if description else (_undescribed(draft),))
    if reasons:
        return reasons
    employer = _employer(draft.employer or Employer())
    offer = _offer(draft, description, employer)
    if not valid(SCHEMA, msgspec.to_builtins(offer)):
        return tuple(report(SCHEMA, msgspec.json.decode(encode(offer))))
    named = employer.name or employer.siret or employer.url
    return Normalised(offer, employer if employer.anonymous and named else None)


def _undescribed(draft: Draft) -> Reason:
    return Reason(
        "/description",
        "description_empty",
        shown(draft.description),
        "Nothing of the description is left once markup that may not be published is removed. Send text.",
    )


def _offer(draft: Draft, description: str, employer: Employer) -> Offer:
    title = _line(draft.title) or ""
    published, expires = _instant(draft.published_at), _instant(draft.expires_at)
    apply_url, apply_email = _line(draft.apply_url), _line(draft.apply_email)
    if employer.anonymous:
        telling = giveaways(draft)
        title, description = _shortened(redact(title, employer)), redact_html(description, employer)
        apply_url = None if "apply_url" in telling else apply_url
        apply_email = None if "apply_email" in telling else apply_email
    rome_code = draft.rome_code or None
    return Offer(
        source=draft.source,
        ref=draft.ref,
        kind=draft.kind,
        title=title,
        description=description,
        employer=Employer(anonymous=True) if employer.anonymous else employer,
        location=_location(draft),
        rome_code=rome_code,
        rome_label=rome_labels()[rome_code] if rome_code else None,
        job=draft.job,
        training=_training(draft.training),
        apply_url=apply_url,
        apply_email=apply_email,
        published_at=published,
        expires_at=expires,
    )


def _employer(given: Employer) -> Employer:
    siret = _line(given.siret)
    return Employer(
        name=_line(given.name),
        siret=siret and sirets.read(siret),
        url=_line(given.url),
        anonymous=given.anonymous,
    )


def _training(given: Training | None) -> Training | None:
    if given is None or given.rncp != "":
        return given
    return msgspec.structs.replace(given, rncp=None)


def _location(draft: Draft) -> Location:
    postal_code = None if draft.postal_code == NOWHERE else draft.postal_code or None
    commune = match(draft.postal_code, draft.city, draft.commune)
    if commune is None:
        department = department_of(postal_code, draft.commune, draft.city)
        latitude, longitude = _coordinates(draft, None, inside=department in departments())
        city = _line(draft.city)
        return Location(postal_code, city, None, department, latitude, longitude, draft.remote)
    latitude, longitude = _coordinates(draft, commune, inside=True)
    only = commune.postal_codes[0] if len(commune.postal_codes) == 1 else None
    return Location(
        postal_code or only, commune.name, commune.code, commune.department, latitude, longitude, draft.remote
    )


def _coordinates(draft: Draft, commune: Commune | None, *, inside: bool) -> tuple[float | None, float | None]:
    """Latitude and longitude, or None twice."""
    given = draft.latitude, draft.longitude
    for latitude, longitude in (given, (commune.latitude, commune.longitude) if commune else (None, None)):
        if (
            latitude is None
            or longitude is None
            or not (math.isfinite(latitude) and math.isfinite(longitude))
        ):
            continue
        if inside and not (SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST):
            continue
        if latitude or longitude:
            return round(latitude, DECIMALS), round(longitude, DECIMALS)
    return None, None


def _instant(moment: dt.datetime | None) -> dt.datetime | None:
    kept = meaningful(moment)
    return None if kept is None else kept.astimezone(dt.UTC).replace(microsecond=0)


def _line(text: str | None) -> str | None:
    """One line of printable text, its white space collapsed; None when nothing is left."""
    return " ".join(printable(text).split()) or None if text else None


def _shortened(title: str) -> str:
    """A title that « l'employeur » made too long, cut at a word."""
    return title if len(title) <= TITLE_LIMIT else title[: TITLE_LIMIT - 1].rsplit(" ", 1)[0] + "…"
