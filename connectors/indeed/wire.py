"""Indeed's words to ours: a job of a feed to a draft. Pure.

Belongs here: what each element means in our fields, and nothing when it says nothing sure. Does not: XML (client.py),
judging or mending a draft (core/).

README.md beside this file says where the facts come from.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

import msgspec

from core.days import PARIS
from core.drafts import Draft
from core.folding import compact
from schemas.errors import Rejected
from schemas.offer import Contract, Employer, Experience, Job, Remote, Salary

SCHEMA: Final = "indeed.job.v1"
SOURCE: Final = "indeed"
UNDATED: Final = dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)
"""``updated_at`` of a job without a date: the moment of version 1."""

CONTRACTS: Final[dict[str, Contract]] = {
    "cdi": "CDI",
    "permanent": "CDI",
    "cdd": "CDD",
    "contract": "CDD",
    "interim": "interim",
    "temporary": "interim",
    "apprenticeship": "apprenticeship",
    "apprentissage": "apprenticeship",
    "contratdapprentissage": "apprenticeship",
    "contratdeprofessionnalisation": "professionalisation",
    "internship": "internship",
    "stage": "internship",
    "volunteer": "civic_service",
    "servicecivique": "civic_service",
    "saisonnier": "seasonal",
    "freelance": "freelance",
    "independant": "freelance",
}
"""Words of ``jobtype``, folded. ``fulltime`` and ``parttime`` tell hours, which are no contract."""

EXPERIENCES: Final[dict[str, Experience]] = {
    "debutantaccepte": "none",
    "junior": "junior",
    "confirme": "confirmed",
    "senior": "senior",
}
REMOTES: Final[dict[str, Remote]] = {
    "fullyremote": "full",
    "hybridremote": "partial",
    "hybrid": "partial",
}
ANONYMOUS: Final = frozenset({"employeuranonyme", "confidentiel", "anonyme", "confidential"})
_UNITS: Final[dict[str, Any]] = {"heure": "hour", "mois": "month", "an": "year"}
_AMOUNT: Final = r"([0-9]{1,7}(?:[.,][0-9]{1,2})?)"
_SALARY: Final = re.compile(
    rf"{_AMOUNT}(?: ?- ?{_AMOUNT})? ?(?:EUR|€|euros?) (?:par |/ ?)(heure|mois|an)", re.IGNORECASE
)


class _Key(msgspec.Struct, frozen=True):
    referencenumber: Any = None
    date: Any = None


_key = msgspec.json.Decoder(_Key)


def peek(raw: bytes) -> tuple[str | None, str | None]:
    """The job's reference and date as they stand; None for what cannot be read."""
    try:
        key = _key.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    ref, date = key.referencenumber, key.date
    return ref if isinstance(ref, str) else None, date if isinstance(date, str) else None


def draft(payload: Any) -> Draft:
    """The draft of a payload that fits the schema. ``version`` is its date, in whole seconds since 1970.

    Raises:
        Rejected: the calendar has no such date.

    """
    published = _moment(payload.get("date"))
    updated = published or UNDATED
    company = payload["company"]
    contract = CONTRACTS.get(compact(payload.get("jobtype", "")))
    return Draft(
        source=SOURCE,
        ref=payload["referencenumber"],
        version=max(1, int(updated.timestamp())),
        kind="job",
        status="open",
        title=payload["title"],
        description=payload["description"],
        updated_at=updated,
        employer=Employer(anonymous=True) if compact(company) in ANONYMOUS else Employer(name=company),
        postal_code=payload.get("postalcode"),
        city=payload.get("city"),
        remote=REMOTES.get(compact(payload.get("remotetype", "")), "none"),
        job=contract and Job(contract, salary=_salary(payload), experience=_experience(payload)),
        apply_url=payload["url"],
        apply_email=payload.get("email"),
        published_at=published,
        expires_at=_moment(payload.get("expirationdate")),
    )


_THEIRS: Final = {  # where the rules' words for a field (core/rules.py) come from
    "/employer/name": "/company",
    "/location/postal_code": "/postalcode",
    "/location/city": "/city",
    "/job/salary/minimum": "/salary",
    "/job/salary/maximum": "/salary",
    "/apply_url": "/url",
    "/apply_email": "/email",
    "/published_at": "/date",
    "/updated_at": "/date",
    "/expires_at": "/expirationdate",
    "/ref": "/referencenumber",
}


def in_their_words(pointer: str) -> str:
    """A pointer of a reason, into a payload's canonical form or the payload itself, as one into the payload."""
    return _THEIRS.get(pointer, pointer)


def _moment(text: str | None) -> dt.datetime | None:
    """A date or an instant of ISO 8601; a day begins, and an instant without an offset stands, in Paris."""
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=PARIS)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Rejected(f"{text} is no date of the calendar.") from None


def _salary(payload: Any) -> Salary | None:
    found = _SALARY.fullmatch(payload.get("salary", ""))
    if found is None:
        return None
    least, most = (float(amount.replace(",", ".")) if amount else None for amount in found.group(1, 2))
    return Salary(_UNITS[found[3].lower()], least or 0.0, most)


def _experience(payload: Any) -> Experience | None:
    return EXPERIENCES.get(compact(payload.get("experience", "")))
