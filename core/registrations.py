"""A registration made canonical, or every reason to refuse it.

Belongs here: what no schema can say of a firm, a person and what they agreed to, and mending what needs no guess. Does not:
reading sheets (seminar_sheets.py), what is known already (import_preview.py), anything that depends on today's date.

Mended: white space in names is collapsed and what cannot be seen taken out; SIRET, telephone and e-mail get their one spelling
(sirets.py, addresses.py); the commune's code and official name are taken from what places it; consents and slots are sorted,
each once; instants are of UTC.

| rule | refused when |
| --- | --- |
| siret_checksum | the SIRET is none |
| name_empty | nothing of a name can be seen |
| email, phone | nobody can be reached there |
| contact_missing | there is neither an e-mail address nor a telephone number |
| commune_unknown | the place is of the Region, or of no department at all, and no commune matches |
| naf, headcount, level, slot, session_ref | it has not the form |
| consent_unreachable | a consent by e-mail without an address, or by text message without a mobile number |
| told_at | it carries no offset from UTC |
| too_long | a text has more characters than the document allows |

Not refused, on purpose: a firm outside the Region or without a place, a NAF code that the table lacks (naf.py), no consent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, get_args

import msgspec

from core import addresses, naf, sirets
from core.communes import NOWHERE, match, unplaced
from core.html import printable
from core.payloads import decode
from schemas import documents
from schemas.documents import Reason, shown
from schemas.errors import Rejected
from schemas.firm import (
    HEADCOUNTS,
    SLOTS,
    FirmDraft,
    Level,
    PersonDraft,
    Registration,
)

SCHEMA: Final = "registration.v1"
SESSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.-]{0,63}")
_TEXTS: Final = ("firm/name", "firm/city", "person/name", "person/email", "person/role", "origin")
_MESSAGES: Final = {
    "siret_checksum": "{} is no SIRET: its checksum is wrong. Send the establishment's 14 digits as registered with INSEE.",
    "name_empty": "{} shows nothing. Send the name.",
    "email": "{} is no address that mail can reach. Send one, or leave it out.",
    "phone": "{} is no number that can be called. Send it as in +33612345678, or leave it out.",
    "contact_missing": "There is no way to reach the person. Send /person/email or /person/phone.",
    "commune_unknown": "{} is no commune that the postal code serves. Send the city's own postal code, or its INSEE code as "
    "/firm/commune.",
    "naf": "{} has not the form of a NAF code. Send it as in 47.11B, or leave it out.",
    "headcount": "{} is no band of employees. Send one of the document's.",
    "level": "{} is no level. Send one of the document's.",
    "slot": "{} is no slot. Send it as in tue-evening.",
    "session_ref": "{} has not the form of a session's reference.",
    "consent_unreachable": "The consent is for {}, and there is no address for it: an e-mail address for mail, a mobile number of "
    "France or a neighbour for sms. Send it, or leave the consent out.",
    "told_at": "{} carries no offset from UTC. Send it as in 2026-01-31T08:00:00+01:00.",
    "too_long": "{} is longer than the document allows. Shorten it.",
}


def read(payload: bytes) -> Registration | tuple[Reason, ...]:
    """What a partner's JSON says, canonical, or every reason to refuse it."""
    try:
        told = decode(payload)
    except Rejected as error:
        return (
            Reason("", "json", shown(payload[:80].decode("utf-8", "replace")), f"Not plain JSON: {error}."),
        )
    if not documents.valid(SCHEMA, told):
        return tuple(documents.report(SCHEMA, told))
    if wrong := documents.impossible(SCHEMA, told):
        return tuple(wrong)
    try:
        registration = msgspec.convert(told, Registration)
    except msgspec.ValidationError as error:
        return (Reason("", "meaning", "", f"{error}."),)
    return canonical(registration)


def canonical(told: Registration) -> Registration | tuple[Reason, ...]:
    """The registration in the one form that is kept, or every reason to refuse it."""
    reasons = tuple(_reasons(told))
    return reasons or msgspec.structs.replace(
        told,
        firm=_firm(told.firm),
        person=_person(told.person),
        told_at=told.told_at.astimezone(dt.UTC),
        origin=line(told.origin) or "",
        consents=tuple(sorted(set(told.consents))),
        availability=tuple(slot for slot in SLOTS if slot in told.availability),
    )


def line(text: str | None) -> str | None:
    """One line of printable text; None when nothing is left."""
    return " ".join(printable(text).split()) or None if text else None


@cache
def longest(member: str) -> int:
    """How many characters the document allows a member such as ``firm/name``."""
    part: Any = documents.document(SCHEMA)
    for step in member.split("/"):
        part = part["properties"][step]
    return int(part["maxLength"])


def _firm(told: FirmDraft) -> FirmDraft:
    postal_code = None if told.postal_code == NOWHERE else told.postal_code or None
    commune = match(postal_code, told.city, told.commune)
    only = commune.postal_codes[0] if commune and len(commune.postal_codes) == 1 else None
    return FirmDraft(
        siret=sirets.read(told.siret) or "",
        name=line(told.name) or "",
        naf=naf.read(told.naf) if told.naf else None,
        headcount=told.headcount,
        commune=commune.code if commune else told.commune,
        postal_code=postal_code or only,
        city=commune.name if commune else line(told.city),
    )


def _person(told: PersonDraft) -> PersonDraft:
    return PersonDraft(
        name=line(told.name) or "",
        email=addresses.email(told.email) if told.email else None,
        phone=addresses.phone(told.phone) if told.phone else None,
        role=line(told.role),
    )


def _reasons(told: Registration) -> Iterator[Reason]:
    firm, person = told.firm, told.person
    if sirets.read(firm.siret) is None:
        yield _reason("/firm/siret", "siret_checksum", firm.siret)
    for pointer, name in (("/firm/name", firm.name), ("/person/name", person.name)):
        if line(name) is None:
            yield _reason(pointer, "name_empty", name)
    yield from _contact(person)
    if unplaced(firm.postal_code, firm.city, firm.commune):
        pointer = "/firm/city" if firm.city else "/firm/postal_code" if firm.postal_code else "/firm/commune"
        yield _reason(pointer, "commune_unknown", firm.city or firm.postal_code or firm.commune)
    yield from _forms(told)
    yield from _consents(told)
    yield from _lengths(told)


def _contact(person: PersonDraft) -> Iterator[Reason]:
    if not (person.email or person.phone):
        yield _reason("/person", "contact_missing", None)
    if person.email and addresses.email(person.email) is None:
        yield _reason("/person/email", "email", person.email)
    if person.phone and addresses.phone(person.phone) is None:
        yield _reason("/person/phone", "phone", person.phone)


def _forms(told: Registration) -> Iterator[Reason]:
    """What the document judges too: a sheet does not pass by it."""
    firm = told.firm
    if firm.naf and naf.read(firm.naf) is None:
        yield _reason("/firm/naf", "naf", firm.naf)
    if firm.headcount is not None and firm.headcount not in HEADCOUNTS:
        yield _reason("/firm/headcount", "headcount", firm.headcount)
    if told.level is not None and told.level not in get_args(Level):
        yield _reason("/level", "level", told.level)
    for place, slot in enumerate(told.availability):
        if slot not in SLOTS:
            yield _reason(f"/availability/{place}", "slot", slot)
    if told.told_at.utcoffset() is None:
        yield _reason("/told_at", "told_at", told.told_at.isoformat())
    if told.session is not None and not SESSION.fullmatch(told.session):
        yield _reason("/session", "session_ref", told.session)


def _consents(told: Registration) -> Iterator[Reason]:
    phone = addresses.phone(told.person.phone) if told.person.phone else None
    reached = {"mail": bool(told.person.email), "sms": phone is not None and addresses.textable(phone)}
    for place, consent in enumerate(told.consents):
        if not reached[consent.transport]:
            yield _reason(f"/consents/{place}", "consent_unreachable", consent.transport)


def _lengths(told: Registration) -> Iterator[Reason]:
    for member in _TEXTS:
        owner, _, name = member.rpartition("/")
        value = getattr(getattr(told, owner) if owner else told, name)
        if value and len(value) > longest(member):
            yield _reason(f"/{member}", "too_long", value)


def _reason(pointer: str, rule: str, value: object) -> Reason:
    told = "" if value is None else shown(value)
    return Reason(pointer, rule, told, _MESSAGES[rule].format(told))
