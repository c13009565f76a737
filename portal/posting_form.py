"""What a firm fills in to post an offer: its French fields, read into a draft and back, with what is wrong by field.

Belongs here: the fields, their limits, which field a rule of ours speaks of. Does not: sentences (templates/), routes
(posting.py), the rules themselves (core/rules.py).
"""

from __future__ import annotations

import datetime as dt
import html
import math
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args

import msgspec

from core import addresses, sirets
from core.days import PARIS, paris_day
from core.drafts import Draft, Normalised
from core.html import printable
from core.normalise import normalise
from portal.addresses import CONTRACTS
from schemas.offer import Employer, Experience, Job, Remote, Salary

FIELDS: Final = (  # in the order of the page, which is that of its error summary
    *("siret", "nom", "courriel"),
    *("titre", "description"),
    *(
        "contrat",
        "duree",
        "heures",
        "salaire_min",
        "salaire_max",
        "salaire_unite",
        "experience",
        "postes",
        "debut",
    ),
    *("code_postal", "ville", "teletravail"),
    *("postuler_courriel", "postuler_site", "fin"),
)
LENGTHS: Final = {
    "nom": 160,
    "courriel": 254,
    "titre": 120,
    "description": 8000,
    "ville": 80,
    "postuler_courriel": 254,
    "postuler_site": 1000,
}
SHORTEST: Final = {"titre": 3, "description": 40}
LONGEST: Final = dt.timedelta(days=180)  # that an offer may be out
USUAL: Final = dt.timedelta(days=60)
UNITS: Final[dict[str, Any]] = {"heure": "hour", "mois": "month", "an": "year"}
REMOTES: Final[dict[str, Remote]] = {"aucun": "none", "possible": "partial", "complet": "full"}
EXPERIENCES: Final[dict[str, Experience]] = {
    "debutant": "none",
    "premiere": "junior",
    "confirme": "confirmed",
    "senior": "senior",
}
assert set(EXPERIENCES.values()) == set(get_args(Experience))
_URL: Final = re.compile(r"https?://[^\s<>\"{}|\\^`/?#@:.]+\.[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,2})?")
_FRENCH_DAY: Final = re.compile(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})")
_POINTERS: Final = {  # which field a reason of core/rules.py or of the canonical document speaks of
    "/employer/siret": "siret",
    "/employer/name": "nom",
    "/title": "titre",
    "/description": "description",
    "/location/city": "ville",
    "/location/commune": "ville",
    "/location/postal_code": "code_postal",
    "/job/salary/minimum": "salaire_min",
    "/job/salary/maximum": "salaire_max",
    "/job/hours_per_week": "heures",
    "/job/openings": "postes",
    "/job/duration_months": "duree",
    "/job/starts_on": "debut",
    "/apply_email": "postuler_courriel",
    "/apply_url": "postuler_site",
    "/expires_at": "fin",
}
T = TypeVar("T")


class Filled(msgspec.Struct, frozen=True):
    """A form that was read. ``errors`` has a word for what is wrong, by field; without any there is a canonical offer.

    ``values`` are shown again; the draft's ``ref`` is a place-holder.
    """

    values: dict[str, str]
    errors: dict[str, str]
    contact: str = ""
    draft: Draft | None = None
    canonical: Normalised | None = None


def empty(now: dt.datetime) -> dict[str, str]:
    """What stands in the fields at first."""
    usual = {"salaire_unite": "mois", "teletravail": "aucun", "postes": "1"}
    return dict.fromkeys(FIELDS, "") | usual | {"fin": (paris_day(now) + USUAL).isoformat()}


def written(draft: Draft) -> dict[str, str]:
    """A draft as it stands in the fields; the contact is not part of it."""
    job, employer = draft.job, draft.employer
    assert job is not None
    assert employer is not None
    values = {
        "siret": employer.siret,
        "nom": employer.name,
        "titre": draft.title,
        "description": html.unescape(draft.description),
        "contrat": _word(CONTRACTS, job.contract),
        "duree": job.duration_months,
        "heures": _figure(job.hours_per_week),
        "salaire_min": _figure(job.salary.minimum if job.salary else None),
        "salaire_max": _figure(job.salary.maximum if job.salary else None),
        "salaire_unite": _word(UNITS, job.salary.unit) if job.salary else "mois",
        "experience": _word(EXPERIENCES, job.experience),
        "postes": job.openings,
        "debut": job.starts_on,
        "code_postal": draft.postal_code,
        "ville": draft.city,
        "teletravail": _word(REMOTES, draft.remote),
        "postuler_courriel": draft.apply_email,
        "postuler_site": draft.apply_url,
        "fin": paris_day(draft.expires_at) if draft.expires_at else None,
    }
    return dict.fromkeys(FIELDS, "") | {
        name: "" if value is None else str(value) for name, value in values.items()
    }


def read(given: Mapping[str, str], now: dt.datetime, *, contact: bool = True) -> Filled:
    """What a firm filled in, with everything that is wrong at once. An edit needs no ``contact``: it is known."""
    reading = _Reading(given, now)
    if contact:
        reading.contact()
    draft = reading.draft()
    if reading.errors:
        return Filled(reading.values, reading.errors)
    verdict = normalise(msgspec.structs.replace(draft, published_at=now.replace(microsecond=0)))
    if isinstance(verdict, tuple):
        return Filled(
            reading.values, {_POINTERS.get(reason.pointer, "titre"): reason.rule for reason in verdict}
        )
    return Filled(reading.values, {}, reading.values["courriel"], draft, verdict)


class _Reading:
    """One form under way."""

    def __init__(self, given: Mapping[str, str], now: dt.datetime) -> None:
        self.values = {name: _tidy(name, given.get(name, "")) for name in FIELDS}
        self.errors: dict[str, str] = {}
        self.now = now

    def draft(self) -> Draft:
        """The draft, for what it is worth when there are errors."""
        for name, longest in LENGTHS.items():
            if len(self.values[name]) > longest:
                self.errors[name] = "too_long"
        siret = sirets.read(self.values["siret"])
        if siret is None:
            self._wrong("siret", "siret_checksum" if self.values["siret"] else "missing")
        else:
            self.values["siret"] = siret
        email, site = self._email("postuler_courriel"), self._site()
        if not self.values["postuler_courriel"] and not self.values["postuler_site"]:
            self._wrong("postuler_courriel", "apply_missing")
        return Draft(
            source="portal",
            ref="new",
            version=1,
            kind="job",
            status="open",
            title=self._needed("titre"),
            description=html.escape(self._needed("description"), quote=False),
            updated_at=self.now,
            employer=Employer(name=self._needed("nom"), siret=siret),
            postal_code=self._postal_code(),
            city=self._needed("ville"),
            remote=self._chosen("teletravail", REMOTES) or "none",
            job=self._job(),
            apply_url=site,
            apply_email=email,
            expires_at=self._end(),
        )

    def contact(self) -> None:
        """Who is written to."""
        self._needed("courriel")
        self._email("courriel")

    def _wrong(self, name: str, code: str) -> None:
        self.errors.setdefault(name, code)

    def _needed(self, name: str) -> str:
        value = self.values[name]
        if len(value) < SHORTEST.get(name, 1):
            self._wrong(name, "too_short" if value else "missing")
        return value

    def _email(self, name: str) -> str | None:
        value = self.values[name]
        address = addresses.email(value)
        if value and address is None:
            self._wrong(name, "email")
        self.values[name] = address or value
        return address

    def _site(self) -> str | None:
        value = self.values["postuler_site"]
        if value and "://" not in value:
            value = self.values["postuler_site"] = f"https://{value}"
        if value and not _URL.fullmatch(value):
            self._wrong("postuler_site", "url")
        return value or None

    def _postal_code(self) -> str:
        value = self._needed("code_postal")
        if value and not re.fullmatch(r"[0-9]{5}", value):
            self._wrong("code_postal", "postal_code")
        return value

    def _chosen(self, name: str, choices: Mapping[str, T]) -> T | None:
        value = self.values[name]
        if value and value not in choices:
            self._wrong(name, "choice")
        return choices.get(value)

    def _amount(self, name: str) -> float | None:
        value = re.sub(r"\s|€", "", self.values[name])
        if not value:
            return None
        if not _AMOUNT.fullmatch(value):
            self._wrong(name, "number")
            return None
        return float(value.replace(",", "."))

    def _whole(self, name: str, least: int, most: int) -> int | None:
        amount = self._amount(name)
        if amount is None:
            return None
        if not amount.is_integer() or not least <= amount <= most:
            self._wrong(name, "number_range")
            return None
        return int(amount)

    def _job(self) -> Job:
        contract = self._chosen("contrat", CONTRACTS)
        if contract is None:
            self._wrong("contrat", "missing")
        hours = self._amount("heures")
        if hours is not None and not 0 < hours <= 48:
            self._wrong("heures", "number_range")
        return Job(
            contract=contract or "CDI",
            duration_months=self._whole("duree", 1, 60),
            hours_per_week=hours,
            salary=self._salary(),
            experience=self._chosen("experience", EXPERIENCES),
            openings=self._whole("postes", 1, 999) or 1,
            starts_on=self._day("debut"),
        )

    def _salary(self) -> Salary | None:
        least, most = self._amount("salaire_min"), self._amount("salaire_max")
        unit = self._chosen("salaire_unite", UNITS)
        if least is None:
            if most is not None:
                self._wrong("salaire_min", "missing")
            return None
        if unit is None:
            self._wrong("salaire_unite", "missing")
        return Salary(unit or "month", least, most)

    def _day(self, name: str) -> dt.date | None:
        value = self.values[name]
        try:
            if french := _FRENCH_DAY.fullmatch(value):
                return dt.date(int(french[3]), int(french[2]), int(french[1]))
            return dt.date.fromisoformat(value) if value else None
        except ValueError:
            self._wrong(name, "date")
            return None

    def _end(self) -> dt.datetime | None:
        """The last second of the last day, in Paris."""
        self._needed("fin")
        day, today = self._day("fin"), paris_day(self.now)
        if day is None:
            return None
        if not today < day <= today + LONGEST:
            self._wrong("fin", "date_range")
            return None
        return dt.datetime.combine(day, dt.time(23, 59, 59), PARIS).astimezone(dt.UTC)


def _tidy(name: str, value: str) -> str:
    text = printable(value)
    return text.strip() if name == "description" else " ".join(text.split())


def _figure(value: float | None) -> str | None:
    if value is None or not math.isfinite(value):
        return None
    return f"{value:.2f}".removesuffix(".00").replace(".", ",")


def _word(words: Mapping[str, T], meant: T | None) -> str | None:
    return next((word for word, value in words.items() if value == meant), None)
