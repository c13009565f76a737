"""France Travail's words to ours: an "Offres d'emploi v2" record to a draft. Pure.

Belongs here: what each of their fields means in our fields, and nothing when it says nothing. Does not: reading files
(client.py), judging or mending a draft (core/).

README.md beside this file names the sources of every outside fact.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from core.drafts import Draft
from schemas.errors import Rejected
from schemas.offer import Contract, Employer, Experience, Job, Salary

SCHEMA: Final = "france_travail.offer.v2"
SOURCE: Final = "france_travail"

UNDATED: Final = dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)
"""``updated_at`` of an offer without a date: the moment of version 1."""

CONTRACTS: Final[dict[str, Contract]] = {
    "CDI": "CDI",
    "DIN": "CDI",  # CDI intérimaire: the contract is a CDI, with the agency
    "CDD": "CDD",
    "CDS": "CDD",  # CDD senior
    "DDI": "CDD",  # CDD d'insertion
    "DDT": "CDD",  # CDD tremplin
    "MIS": "interim",
    "TTI": "interim",  # travail temporaire d'insertion
    "SAI": "seasonal",
    "LIB": "freelance",
    "CCE": "freelance",  # profession commerciale: an independent agent
}
"""``typeContrat`` to ours. FRA (franchise) and REP (a firm to take over) are no contracts: they have no row."""

PLAUSIBLE: Final[dict[str, tuple[float, float]]] = {
    "hour": (4.0, 1_000.0),
    "month": (100.0, 50_000.0),
    "year": (1_000.0, 600_000.0),
}
"""Euros a unit. Beyond, the unit was mistyped ("Annuel de 35.0 Euros") and nothing is known."""

JUNIOR_UNTIL: Final = 24  # months, excluded
CONFIRMED_UNTIL: Final = 60  # months, excluded
HOURS_LIMIT: Final = 48.0  # a week, Code du travail L3121-20
DURATION_LIMIT: Final = 60  # months

_REF: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_URL: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_EMAIL: Final = re.compile(r"[^\s@<>()\",;:]+@[^\s@<>()\",;:]+\.[^\s@<>()\",;:]+")
_AMOUNT: Final = r"([0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+|[0-9]+)([.,][0-9]{1,2})?(?![0-9.,])"
_SALARY: Final = re.compile(
    rf"(Horaire|Mensuel|Annuel) de {_AMOUNT}(?: ?Euros)?(?: à {_AMOUNT}(?: ?Euros)?)?", re.IGNORECASE
)
_UNITS: Final[dict[str, Any]] = {"horaire": "hour", "mensuel": "month", "annuel": "year"}
_HOURS: Final = re.compile(r"([0-9]{1,2}) ?[Hh] ?([0-5][0-9])?(?![0-9])(?! ?/ ?(?:mois|an))")
_SPAN: Final = re.compile(r"([0-9]{1,3}) ?(an|mois)", re.IGNORECASE)
_MONTHS: Final = re.compile(r" - ([0-9]{1,3}) mois\b", re.IGNORECASE)
_PLACE: Final = re.compile(r"(?:[0-9]{2,3}|2[AB]) ?- ?(.+)")


class _Heading(msgspec.Struct, rename="camel"):
    id: Any = None
    date_actualisation: Any = None
    date_creation: Any = None


_heading = msgspec.json.Decoder(_Heading)


def peek(raw: bytes) -> tuple[str | None, str | None]:
    """The offer's reference and its date of change as it stands; (None, None) when they cannot be read."""
    try:
        heading = _heading.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    if not isinstance(heading.id, str) or not _REF.fullmatch(heading.id):
        return None, None
    changed = heading.date_actualisation or heading.date_creation
    return heading.id, changed if isinstance(changed, str) else None


def draft(payload: Any) -> Draft:
    """The draft of a payload that fits the schema.

    ``version`` is ``dateActualisation`` (else ``dateCreation``) in whole seconds since 1970, 1 when neither is there.

    Raises:
        Rejected: no contract of ours (a franchise, a firm to take over, an unknown code), or an impossible date.

    """
    changed = _moment(payload, "dateActualisation") or _moment(payload, "dateCreation") or UNDATED
    place, contact = payload.get("lieuTravail", {}), payload.get("contact", {})
    postal_code, commune = _place_code(place.get("codePostal")), _place_code(place.get("commune"))
    return Draft(
        source=SOURCE,
        ref=payload["id"],
        version=max(1, int(changed.timestamp())),
        kind="job",
        status="open",
        title=payload["intitule"],
        description=paragraphs(payload["description"]),
        updated_at=changed,
        employer=_employer(payload.get("entreprise", {})),
        postal_code=postal_code,
        city=city(place.get("libelle"), coded=bool(postal_code or commune)),
        commune=commune,
        latitude=place.get("latitude"),
        longitude=place.get("longitude"),
        rome_code=payload.get("romeCode"),
        job=_job(payload),
        apply_url=_url(contact.get("urlPostulation"))
        or _url(payload.get("origineOffre", {}).get("urlOrigine")),
        apply_email=_email(contact.get("courriel")),
        published_at=_moment(payload, "dateCreation"),
    )


def is_echo(payload: Any, own_host: str) -> bool:
    """Whether the offer is one that we published there: a partner is named Boostez, or it leads to ``own_host``.

    ``own_host`` is our host name, with or without its port; its subdomains are ours too.
    """
    origin = payload.get("origineOffre", {})
    partners = origin.get("partenaires", [])
    if any("boostez" in partner.get("nom", "").casefold() for partner in partners):
        return True
    addresses = [origin.get("urlOrigine"), *(partner.get("url") for partner in partners)]
    return any(_leads_to(address, own_host.casefold()) for address in addresses if address)


def contract(payload: Any) -> Contract:
    """Our contract; the nature of an alternance says more than its ``typeContrat`` (a CDD, mostly).

    Raises:
        Rejected: their contract is none of ours.

    """
    nature = f"{payload.get('natureContrat', '')} {payload.get('typeContratLibelle', '')}".casefold()
    if "apprentissage" in nature or payload.get("natureContrat") == "E2":
        return "apprenticeship"
    if "professionnalisation" in nature or payload.get("natureContrat") == "FS":
        return "professionalisation"
    try:
        return CONTRACTS[payload["typeContrat"]]
    except KeyError:
        raise Rejected(
            f"typeContrat {payload['typeContrat']} is none of our contracts: {', '.join(CONTRACTS)} are read."
        ) from None


def salary(label: str | None) -> Salary | None:
    """``salaire.libelle`` in figures: «Mensuel de 1800.0 Euros à 2200.0 Euros sur 13 mois».

    The figure is the one that is written: ``sur N mois`` counts the payments of a year and changes neither a month's
    pay nor a year's. Two figures are put in order; what is out of ``PLAUSIBLE`` says nothing.
    """
    found = _SALARY.match(label.strip()) if label else None
    if not found:
        return None
    unit = _UNITS[found[1].casefold()]
    low = _amount(found[2], found[3])
    low, high = sorted((low, _amount(found[4], found[5]) if found[4] else low))
    least, most = PLAUSIBLE[unit]
    if low < least or high > most:
        return None
    return Salary(unit=unit, minimum=low, maximum=high if high > low else None)


def hours(label: str | None) -> float | None:
    """``dureeTravailLibelle`` in hours a week: «35H Horaires normaux», «24H30 …», «39H/semaine Travail en journée»."""
    found = _HOURS.match(label.strip()) if label else None
    if not found:
        return None
    week = int(found[1]) + int(found[2] or 0) / 60
    return round(week, 2) if 0 < week <= HOURS_LIMIT else None


def experience(code: str | None, label: str | None) -> Experience | None:
    """``experienceExige`` (D beginners welcome, S wished, E required) and its label: «3 mois», «2 an(s)».

    Under two years is junior, under five confirmed, then senior.
    """
    if code == "D" or (label and "débutant" in label.casefold()):
        return "none"
    found = _SPAN.search(label) if label else None
    if not found:
        return None
    months = int(found[1]) * (12 if found[2].casefold() == "an" else 1)
    if months == 0:
        return "none"
    if months < JUNIOR_UNTIL:
        return "junior"
    return "confirmed" if months < CONFIRMED_UNTIL else "senior"


def city(label: str | None, *, coded: bool) -> str | None:
    """``lieuTravail.libelle``, «69 - LYON 03», without its department.

    Without a code beside it (``coded``) it is often a whole department, «69 - Rhône»: then it stays as it came, since
    the rules of core/ read it so. What has no department («France») is no city.
    """
    found = _PLACE.fullmatch(label.strip()) if label else None
    if not found:
        return None
    return found[1].strip() if coded else found[0]


def paragraphs(text: str) -> str:
    """Plain text as HTML: an empty line ends a paragraph, a line feed a line."""
    blocks = re.split(r"\n[ \t]*\n\s*", text.replace("\r\n", "\n").strip())
    return "".join(
        f"<p>{'<br>'.join(html.escape(line, quote=False) for line in block.split(chr(10)))}</p>"
        for block in blocks
    )


def _job(payload: Any) -> Job:
    months = _MONTHS.search(payload.get("typeContratLibelle", ""))
    duration = int(months[1]) if months else 0
    return Job(
        contract=contract(payload),
        duration_months=duration if 0 < duration <= DURATION_LIMIT else None,
        hours_per_week=hours(payload.get("dureeTravailLibelle")),
        salary=salary(payload.get("salaire", {}).get("libelle")),
        experience=experience(payload.get("experienceExige"), payload.get("experienceLibelle")),
        openings=payload.get("nombrePostes", 1),
    )


def _employer(firm: Any) -> Employer | None:
    name = firm.get("nom", "").strip()
    return Employer(name=name, url=_url(firm.get("url"))) if name else None


def _moment(payload: Any, field: str) -> dt.datetime | None:
    text = payload.get(field)
    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Rejected(f"{field} {text} is no date of the calendar.") from None


def _place_code(code: str | None) -> str | None:
    return None if code in ("00000", "99999") else code


def _amount(whole: str, decimals: str | None) -> float:
    return float(re.sub(r"[^0-9]", "", whole) + (decimals or "").replace(",", "."))


def _url(text: str | None) -> str | None:
    return text.strip() if text and _URL.fullmatch(text.strip()) else None


def _email(text: str | None) -> str | None:
    return text.strip() if text and _EMAIL.fullmatch(text.strip()) else None


def _leads_to(address: str, own_host: str) -> bool:
    try:
        parts = urlsplit(address)
        name = parts.hostname or ""
    except ValueError:
        return False
    own_name = own_host.partition(":")[0]
    if ":" in own_host:
        return parts.netloc.rpartition("@")[2].casefold() == own_host
    return bool(own_name) and (name == own_name or name.endswith(f".{own_name}"))
