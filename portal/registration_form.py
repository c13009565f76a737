"""What a firm fills in to take part in the programme: its French fields, read into a registration, with what is wrong by field.

Belongs here: the fields, their limits, which field a rule of ours speaks of. Does not: sentences (templates/), routes
(registration.py), the rules themselves (core/registrations.py), the boxes of consents (consents.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec

from core import sirets
from core.registrations import canonical, line, longest
from portal import consents
from portal.consents import TICKED
from schemas.firm import SLOTS, FirmDraft, Headcount, Level, PersonDraft, Registration

FIELDS: Final = (  # in the order of the page, which is that of its error summary
    *("siret", "nom", "code_postal", "ville", "effectif"),
    *("personne", "fonction", "courriel", "telephone"),
    *("niveau", *(f"dispo_{slot}" for slot in SLOTS)),
    *map(consents.field_of, consents.OFFERED),
)
LENGTHS: Final = {
    "nom": longest("firm/name"),
    "ville": longest("firm/city"),
    "personne": longest("person/name"),
    "fonction": longest("person/role"),
    "courriel": longest("person/email"),
    "telephone": 40,
}
HEADCOUNTS: Final[dict[str, Headcount]] = {band: band for band in get_args(Headcount)}
LEVELS: Final[dict[str, Level]] = {
    "debutant": "beginner",
    "intermediaire": "intermediate",
    "avance": "advanced",
}
_NEEDED: Final = ("siret", "nom", "code_postal", "ville", "effectif", "personne", "courriel")
_POINTERS: Final = {  # which field a reason of core/registrations.py speaks of
    "/firm/siret": "siret",
    "/firm/name": "nom",
    "/firm/postal_code": "code_postal",
    "/firm/city": "ville",
    "/person": "courriel",
    "/person/name": "personne",
    "/person/role": "fonction",
    "/person/email": "courriel",
    "/person/phone": "telephone",
}
_POSTAL_CODE: Final = re.compile(r"[0-9]{5}")


class Filled(msgspec.Struct, frozen=True):
    """A form that was read. ``errors`` has a word for what is wrong, by field; without any there is a registration.

    ``values`` are shown again.
    """

    values: dict[str, str]
    errors: dict[str, str]
    registration: Registration | None = None


def shown(given: Mapping[str, str]) -> Filled:
    """A form as it stands, not judged."""
    return Filled({name: given.get(name, "") for name in FIELDS}, {})


def read(given: Mapping[str, str], session: str | None, origin: str, now: dt.datetime) -> Filled:
    """What a firm filled in, with everything that is wrong at once. ``origin`` says where, and under which wording."""
    values = {name: line(given.get(name)) or "" for name in FIELDS}
    values["siret"] = sirets.read(values["siret"]) or values["siret"]
    errors = _errors(values)
    registration = _registration(values, session, origin, now)
    verdict = canonical(registration)
    if isinstance(verdict, tuple):
        for reason in verdict:
            errors.setdefault(_field(reason.pointer, registration), reason.rule)
    if errors or isinstance(verdict, tuple):
        return Filled(values, {name: errors[name] for name in FIELDS if name in errors})
    return Filled(values, {}, verdict)


def _errors(values: Mapping[str, str]) -> dict[str, str]:
    errors = {name: "missing" for name in _NEEDED if not values[name]}
    if values["code_postal"] and not _POSTAL_CODE.fullmatch(values["code_postal"]):
        errors["code_postal"] = "postal_code"
    choices: dict[str, Mapping[str, Any]] = {"effectif": HEADCOUNTS, "niveau": LEVELS}
    for name, offered in choices.items():
        if values[name] and values[name] not in offered:
            errors[name] = "choice"
    return errors


def _registration(
    values: Mapping[str, str], session: str | None, origin: str, now: dt.datetime
) -> Registration:
    return Registration(
        firm=FirmDraft(
            siret=values["siret"],
            name=values["nom"],
            headcount=HEADCOUNTS.get(values["effectif"]),
            postal_code=values["code_postal"] if _POSTAL_CODE.fullmatch(values["code_postal"]) else None,
            city=values["ville"] or None,
        ),
        person=PersonDraft(
            name=values["personne"],
            email=values["courriel"] or None,
            phone=values["telephone"] or None,
            role=values["fonction"] or None,
        ),
        told_at=now,
        origin=origin,
        consents=consents.ticked(values),
        level=LEVELS.get(values["niveau"]),
        availability=tuple(slot for slot in SLOTS if values[f"dispo_{slot}"] == TICKED),
        session=session,
    )


def _field(pointer: str, told: Registration) -> str:
    """Which field a reason speaks of; a consent's is the address that it lacks."""
    if pointer.startswith("/consents/"):
        consent = told.consents[int(pointer.rpartition("/")[2])]
        return "courriel" if consent.transport == "mail" else "telephone"
    return _POINTERS[pointer]
