"""Reading a file of LHEO 2.3, action by action, in bounded memory.

Belongs here: XML to plain JSON in LHEO's own words. Does not: what an action means (wire.py) or whether it is right
(schemas/json/lheo.action.v1.json).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from connectors.files import opened
from connectors.xml_records import Language, Records

NAMESPACES: Final = ("http://lheo.gouv.fr/2.3", "http://www.lheo.org/2.2")
"""2.3 is in force; every real 2.2 record that we know validates as 2.3 once its namespace is changed."""

FORMATION_LIMIT: Final = (
    1 << 22
)  # bytes of the largest formation, with all its actions; a real one has 10 to 500 KB
# A formation's texts are given again with each of its actions: what comes out is bounded by what was read. Real files
# give less than they have.
GIVEN_AT_LEAST: Final = 1 << 24
GIVEN_A_BYTE: Final = 4
LANGUAGE: Final = Language(
    "LHEO 2.3",
    roots=tuple(f"{{{namespace}}}lheo" for namespace in NAMESPACES),
    records=tuple(f"{{{namespace}}}formation" for namespace in NAMESPACES),
    limit=FORMATION_LIMIT,
)


class Told(msgspec.Struct, frozen=True):
    """One action: the payload, and the elements that it was read from, until the next is asked for."""

    raw: bytes
    formation: Any
    action: Any = None


def read(path: Path) -> Iterator[bytes]:
    """One JSON object a training action: ``{"formation": {…}, "action": {…}}``, in the words of LHEO.

    Texts are trimmed, an empty element counts as absent, what is missing has no member. A formation without action
    gives one object without ``action``; it and any element that broke LHEO's rules are refused by the schema, with a
    reason. Equal elements give equal bytes. Names and telephones of persons are not read.

    Memory is bounded by ``FORMATION_LIMIT``, not by the file.

    Raises:
        Rejected: the file is no well-formed LHEO, declares a document type (entities are an attack, and LHEO needs
            none), or is larger than a limit; the message names line and column, or the byte. Actions that stand before
            the fault have been given: a reader must not take them for the whole.
        OSError: the file cannot be opened.

    """
    with opened(path) as file:
        for told in actions(file, path.name):
            yield told.raw


def actions(file: BinaryIO, name: str) -> Iterator[Told]:
    """As ``read``, of an open file, with the elements."""
    records, given = Records(file, name, LANGUAGE), 0
    for formation in records:
        for told in _told(formation):
            given += len(told.raw)
            if given > max(GIVEN_AT_LEAST, GIVEN_A_BYTE * records.total):
                where = f"a formation before byte {records.total:,} repeats its texts in too many actions"
                raise records.unreadable(where, "repeats", formation.sourceline)
            yield told


def _told(formation: Any) -> Iterator[Told]:
    shared = _formation(formation)
    actions = formation.findall("{*}action")
    for action in actions:
        raw = msgspec.json.encode({"formation": shared, "action": _action(action)})
        yield Told(raw, formation, action)
    if not actions:
        yield Told(msgspec.json.encode({"formation": shared}), formation)


def _formation(formation: Any) -> dict[str, Any]:
    return _kept(
        {
            **_identity(formation),
            "intitule-formation": _text(formation, "intitule-formation"),
            "objectif-formation": _text(formation, "objectif-formation"),
            "resultats-attendus": _text(formation, "resultats-attendus"),
            "contenu-formation": _text(formation, "contenu-formation"),
            "certifiante": _text(formation, "certifiante"),
            "code-niveau-entree": _text(formation, "code-niveau-entree"),
            "code-niveau-sortie": _text(formation, "code-niveau-sortie"),
            "code-ROME": _texts(formation, "domaine-formation/code-ROME"),
            "code-FORMACODE": _texts(formation, "domaine-formation/code-FORMACODE"),
            "certification": [_certification(each) for each in _all(formation, "certification")],
            "url-formation": _texts(formation, "url-formation/urlweb"),
            "contact-formation": [
                _kept({"courriel": _text(each, "courriel"), "web": _texts(each, "web/urlweb")})
                for each in _all(formation, "contact-formation/coordonnees")
            ],
            "organisme-formation-responsable": _organisation(formation),
        }
    )


def _certification(certification: Any) -> dict[str, Any]:
    codes = ("code-RNCP", "code-CERTIFINFO", "code-RS", "code-CPF")
    return _kept({code: _text(certification, code) for code in codes})


def _organisation(formation: Any) -> dict[str, Any] | None:
    for each in _all(formation, "organisme-formation-responsable"):
        return _kept(
            {
                "numero": _attribute(each, "numero"),
                "SIRET": _text(each, "SIRET-organisme-formation/SIRET"),
                "nom-organisme": _text(each, "nom-organisme"),
                "raison-sociale": _text(each, "raison-sociale"),
                "web": _texts(each, "coordonnees-organisme/coordonnees/web/urlweb"),
            }
        )
    return None


def _action(action: Any) -> dict[str, Any]:
    return _kept(
        {
            **_identity(action),
            "modalites-enseignement": _text(action, "modalites-enseignement"),
            "conditions-specifiques": _text(action, "conditions-specifiques"),
            "lieu-de-formation": [_place(each) for each in _all(action, "lieu-de-formation")],
            "modalites-entrees-sorties": _text(action, "modalites-entrees-sorties"),
            "url-action": _texts(action, "url-action/urlweb"),
            "session": [_session(each) for each in _all(action, "session")],
            "prix-total-TTC": _text(action, "prix-total-TTC"),
            "nombre-heures-total": _text(action, "nombre-heures-total"),
        }
    )


def _place(place: Any) -> dict[str, Any]:
    address = "coordonnees/adresse"
    return _kept(
        {
            "codepostal": _text(place, f"{address}/codepostal"),
            "ville": _text(place, f"{address}/ville"),
            "code-INSEE-commune": _text(place, f"{address}/code-INSEE-commune"),
            "latitude": _text(place, f"{address}/geolocalisation/latitude"),
            "longitude": _text(place, f"{address}/geolocalisation/longitude"),
        }
    )


def _session(session: Any) -> dict[str, Any]:
    return _kept(
        {
            **_identity(session),
            "debut": _text(session, "periode/debut"),
            "fin": _text(session, "periode/fin"),
            "etat-recrutement": _text(session, "etat-recrutement"),
        }
    )


def _identity(element: Any) -> dict[str, Any]:
    return {name: _attribute(element, name) for name in ("numero", "datemaj", "horodatage-modification")}


def _all(element: Any, path: str) -> list[Any]:
    found: list[Any] = element.findall("/".join(f"{{*}}{step}" for step in path.split("/")))
    return found


def _texts(element: Any, path: str) -> list[str]:
    texts = ("".join(each.itertext()).strip() for each in _all(element, path))
    return [text for text in texts if text]


def _text(element: Any, path: str) -> str | None:
    return next(iter(_texts(element, path)), None)


def _attribute(element: Any, name: str) -> str | None:
    value: str = element.get(name, "")
    return value.strip() or None


def _kept(members: dict[str, Any]) -> dict[str, Any]:
    """The members that say something, in their order."""
    return {name: value for name, value in members.items() if value is not None and value != []}
