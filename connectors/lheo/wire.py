"""LHEO's words to ours: an action of a formation to a draft. Pure.

Belongs here: what each LHEO element means in our fields, and nothing when it says nothing. Does not: XML (client.py),
judging or mending a draft (core/).

The outside facts come from the language's own definition, lheo-gml.xml 2.3; README.md beside this file says where.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import re
from collections.abc import Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from core.drafts import Draft
from schemas.errors import Rejected
from schemas.offer import Employer, Remote, Session, Status, Training
from schemas.reference_tables import rome_labels

SCHEMA: Final = "lheo.action.v1"
SOURCE: Final = "lheo"

UNDATED: Final = dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)
"""``updated_at`` of an action without a date: the moment of version 1."""

LEVELS: Final = {
    "4": 3,  # niveau V (CAP, BEP)
    "5": 4,  # niveau IV (baccalauréat)
    "6": 5,  # niveau III (BTS, DUT)
    "7": 6,  # niveau II (licence, maîtrise)
    **{str(10 + level): level for level in range(1, 9)},
}
"""``dict-niveaux`` to the European level: 4 to 7 are the levels of 1969, 11 to 18 those of 2019.

0 (unknown), 1 (none in particular), 2 (VI), 3 (V bis) and 8 (niveau I, which became 7 or 8) say no European level.
"""

TEACHING: Final[dict[str, Remote]] = {"0": "none", "1": "partial", "2": "full"}
"""``dict-modalites-enseignement``: on site, mixed, at a distance."""

REF_LIMIT: Final = 64  # characters
TITLE_LIMIT: Final = 200  # characters of a title of ours; LHEO's have up to 255
NAME_LIMIT: Final = 160  # characters of an employer's name of ours; LHEO's have up to 250

_PARIS: Final = ZoneInfo("Europe/Paris")
_CLOSED: Final = "2"  # dict-etat-recrutement: 1 ouvert, 2 fermé, 3 suspendu
_FILLERS: Final = re.compile(r"[-–—.\s]*")
_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TAG: Final = re.compile(
    r"</?(?:p|br|b|i|u|em|strong|ul|ol|li|div|span|h[1-6]|a|table|tr|td|font)(?:\s[^>]*)?/?>", re.IGNORECASE
)
_CERTIFICATION: Final = re.compile(r"(RNCP|RS)?0*([1-9][0-9]{0,5})", re.IGNORECASE)
_URL: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_BARE_URL: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,24}(?:[/?#][^\s<>\"{}|\\^`]*)?")
_EMAIL: Final = re.compile(r"[^\s@<>()\",;:]+@[^\s@<>()\",;:]+\.[^\s@<>()\",;:]+")
_DECIMAL: Final = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?(?: ?(?:€|EUR))?")
_DEGREES: Final = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]+)?")


class _Dated(msgspec.Struct, rename="kebab"):
    numero: Any = None
    datemaj: Any = None
    horodatage_modification: Any = None
    session: list[_Dated] = []


class _Heading(msgspec.Struct):
    formation: _Dated
    action: _Dated


_heading = msgspec.json.Decoder(_Heading)


def peek(raw: bytes) -> tuple[str | None, str | None]:
    """The action's reference and its latest date of change as it stands; (None, None) when they cannot be read."""
    try:
        heading = _heading.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, None
    formation, action = heading.formation, heading.action
    if not isinstance(formation.numero, str) or not isinstance(action.numero, str):
        return None, None
    latest = _latest(
        text
        for each in (formation, action, *action.session)
        for text in (each.datemaj, each.horodatage_modification)
    )
    return reference(formation.numero, action.numero), latest and latest[1]


def draft(payload: Any) -> Draft:
    """The draft of a payload that fits the schema.

    ``version`` is the latest of ``datemaj`` (a day in Paris) and ``horodatage-modification`` of the formation, the
    action and its sessions, in whole seconds since 1970; 1 when there is none.

    Raises:
        Rejected: a session has an impossible date.

    """
    formation, action = payload["formation"], payload["action"]
    changed = _changed(formation, action)
    places: list[dict[str, Any]] = action.get("lieu-de-formation", [])
    place = places[0] if places else {}
    latitude, longitude = _coordinates(place)
    return Draft(
        source=SOURCE,
        ref=reference(formation["numero"], action["numero"]),
        version=max(1, int(changed.timestamp())),
        kind="training",
        status=_status(action),
        title=_shortened(formation["intitule-formation"], TITLE_LIMIT),
        description=_description(formation, action),
        updated_at=changed,
        employer=_employer(formation["organisme-formation-responsable"]),
        postal_code=_code(place.get("codepostal")),
        city=_said(place.get("ville")),
        commune=_code(place.get("code-INSEE-commune")),
        latitude=latitude,
        longitude=longitude,
        remote=TEACHING[action["modalites-enseignement"]],
        rome_code=next((code for code in formation.get("code-ROME", []) if code in rome_labels()), None),
        training=_training(formation, action),
        apply_url=_first_url(action.get("url-action", []) + formation.get("url-formation", [])),
        apply_email=_first_email(formation),
    )


def reference(formation: str, action: str) -> str:
    """The offer's reference: both numbers, ``07_10:07_114782``, as an action's own is not promised to be unique.

    Numbers too long or of other characters give a digest of both.
    """
    plain = f"{formation}:{action}"
    if len(plain) <= REF_LIMIT and _NUMBER.fullmatch(formation) and _NUMBER.fullmatch(action):
        return plain
    return hashlib.sha256(f"{formation}\n{action}".encode()).hexdigest()[:40]


_THEIRS: Final = {  # where the rules' words for a field (core/rules.py) come from
    "/title": "/formation/intitule-formation",
    "/description": "/formation/contenu-formation",
    "/employer/siret": "/formation/organisme-formation-responsable/SIRET",
    "/employer/name": "/formation/organisme-formation-responsable/nom-organisme",
    "/employer/url": "/formation/organisme-formation-responsable/web/0",
    "/location/postal_code": "/action/lieu-de-formation/0/codepostal",
    "/location/city": "/action/lieu-de-formation/0/ville",
    "/location/commune": "/action/lieu-de-formation/0/code-INSEE-commune",
    "/training/hours": "/action/nombre-heures-total",
    "/training/price_eur": "/action/prix-total-TTC",
    "/apply_url": "/action/url-action/0",
    "/apply_email": "/formation/contact-formation/0/courriel",
    "/ref": "/action/numero",
}
_OUR_SESSION: Final = re.compile(r"/training/sessions/([0-9]+)/(starts|ends)_on")


def in_their_words(pointer: str, raw: bytes) -> str:
    """A pointer of a reason, into a payload's canonical form or the payload itself, as one into the payload ``raw``."""
    if found := _OUR_SESSION.fullmatch(pointer):
        sessions = msgspec.json.decode(raw)["action"]["session"]
        kept = [place for place, each in enumerate(sessions) if day(each["debut"]) and day(each["fin"])]
        return f"/action/session/{kept[int(found[1])]}/{'debut' if found[2] == 'starts' else 'fin'}"
    theirs = pointer.startswith(("/formation", "/action"))
    return pointer if theirs else _THEIRS.get(pointer, "/action")


def moment(text: Any) -> dt.datetime | None:
    """A date of change, ``20171213``, ``2017-12-13`` or an xs:dateTime, in UTC; without an offset it is Paris's."""
    if not isinstance(text, str):
        return None
    try:
        found = dt.datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=_PARIS)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def day(text: str) -> dt.date | None:
    """A LHEO date; None when it is unknown (00000000, 99999999) or only a month or a year (AAAAMM00, AAAA0000).

    Any day of the year 9999 means the same as 99999999.

    Raises:
        Rejected: the calendar has no such day.

    """
    if text.startswith("9999") or text.endswith("00"):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise Rejected(f"{text} is no date of the calendar.") from None


def price(text: str | None) -> float | None:
    """``prix-total-TTC`` in euros: «1200», «1200.50», «1200,5 €»; None for anything else."""
    found = _DECIMAL.fullmatch(text) if text else None
    return float(f"{found[1]}.{found[2] or 0}") if found else None


def as_html(text: str) -> str:
    """A LHEO text as HTML: kept when it holds markup, as many catalogues send it, escaped when it is plain."""
    if _TAG.search(text):
        return text
    lines = html.escape(html.unescape(text), quote=False).replace("\r\n", "\n").split("\n")
    return f"<p>{'<br>'.join(lines)}</p>"


def _changed(formation: Any, action: Any) -> dt.datetime:
    latest = _latest(
        each.get(name)
        for each in (formation, action, *action["session"])
        for name in ("datemaj", "horodatage-modification")
    )
    return latest[0] if latest else UNDATED


def _latest(texts: Iterator[Any]) -> tuple[dt.datetime, str] | None:
    return max(((found, text) for text in texts if (found := moment(text))), default=None)


def _status(action: Any) -> Status:
    states = {session.get("etat-recrutement") for session in action["session"]}
    return "closed" if states == {_CLOSED} else "open"


def _description(formation: Any, action: Any) -> str:
    parts = (
        ("Objectif", formation["objectif-formation"]),
        ("Contenu", formation["contenu-formation"]),
        ("Résultats attendus", formation["resultats-attendus"]),
        ("Conditions", action["conditions-specifiques"]),
    )
    return "".join(f"<h3>{heading}</h3>{as_html(text)}" for heading, text in parts if _said(text))


def _training(formation: Any, action: Any) -> Training:
    certifications = formation.get("certification", [])
    hours = int(action.get("nombre-heures-total", 0))
    return Training(
        sessions=tuple(_sessions(action["session"])),
        rncp=_certification(certifications),
        cpf_eligible=True if any("code-CPF" in each for each in certifications) else None,
        level=LEVELS.get(formation.get("code-niveau-sortie", "")),
        hours=hours or None,
        price_eur=price(action.get("prix-total-TTC")),
    )


def _sessions(sessions: Any) -> Iterator[Session]:
    for session in sessions:
        starts_on, ends_on = day(session["debut"]), day(session["fin"])
        if starts_on and ends_on:
            yield Session(starts_on=starts_on, ends_on=ends_on)


def _certification(certifications: Any) -> str | None:
    for code, register in (("code-RNCP", "RNCP"), ("code-RS", "RS")):
        for each in certifications:
            found = _CERTIFICATION.fullmatch(each.get(code, ""))
            if found and (found[1] or register).upper() == register:
                return f"{register}{found[2]}"
    return None


def _employer(organisation: Any) -> Employer | None:
    name = _said(organisation["nom-organisme"]) or _said(organisation["raison-sociale"])
    siret = organisation["SIRET"]
    known = siret if len(set(siret)) > 1 else None  # 00000000000000 and 99999999999999 fill the place
    if not (name or known):
        return None
    return Employer(
        name=name and _shortened(name, NAME_LIMIT),
        siret=known,
        url=_first_url(organisation.get("web", [])),
    )


def _coordinates(place: Any) -> tuple[float | None, float | None]:
    latitude, longitude = _degrees(place.get("latitude"), 90), _degrees(place.get("longitude"), 180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    return latitude, longitude


def _degrees(text: str | None, limit: int) -> float | None:
    if not text or not _DEGREES.fullmatch(text):
        return None
    degrees = float(text.replace(",", "."))
    return degrees if -limit <= degrees <= limit else None


def _code(code: str | None) -> str | None:
    return None if code in ("00000", "99999") else code


def _said(text: str | None) -> str | None:
    """The text, None when it only fills its place («-»)."""
    return text if text and not _FILLERS.fullmatch(text) else None


def _shortened(text: str, limit: int) -> str:
    """The text, cut at a word when it is longer than ours may be."""
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _first_url(texts: list[str]) -> str | None:
    for text in texts:
        if _URL.fullmatch(text):
            return text
        if _BARE_URL.fullmatch(text):
            return f"http://{text}"  # as a browser reads an address without a scheme
    return None


def _first_email(formation: Any) -> str | None:
    addresses = (contact.get("courriel", "") for contact in formation.get("contact-formation", []))
    return next((address for address in addresses if _EMAIL.fullmatch(address)), None)
