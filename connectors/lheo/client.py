"""Reading a file of LHEO 2.3, action by action, in bounded memory.

Belongs here: XML to plain JSON in LHEO's own words. Does not: what an action means (wire.py) or whether it is right
(schemas/json/lheo.action.v1.json).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from lxml import etree

from connectors.files import opened
from schemas.errors import Rejected

NAMESPACES: Final = ("http://lheo.gouv.fr/2.3", "http://www.lheo.org/2.2")
"""2.3 is in force; every real 2.2 record that we know validates as 2.3 once its namespace is changed."""

FORMATION_LIMIT: Final = (
    1 << 22
)  # bytes of the largest formation, with all its actions; a real one has 10 to 500 KB
HEAD_LIMIT: Final = 1 << 16  # bytes within which the root element shows
# A formation's texts are given again with each of its actions: what comes out is bounded by what was read. Real files
# give less than they have.
GIVEN_AT_LEAST: Final = 1 << 24
GIVEN_A_BYTE: Final = 4
_SAFE: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "huge_tree": False,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
}


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
        try:
            _check_root(file, path.name)
            file.seek(0)
            yield from _measured(_Counted(file, path.name))
        except (etree.LxmlError, ValueError) as error:
            raise _unreadable(path.name, _fault(error)) from None


def _fault(error: Exception) -> str:
    if isinstance(error, etree.XMLSyntaxError) and not error.lineno:
        return "no whole document is there: it is empty, or names an entity that XML does not know (&eacute;)"
    return str(error.msg if isinstance(error, SyntaxError) else error)


def _unreadable(name: str, what: str) -> Rejected:
    return Rejected(f"{name} is not readable as LHEO 2.3: {what}")


def _check_root(file: BinaryIO, name: str) -> None:
    """Refuse another root and any document type before the content is looked at.

    The parser is fed byte by byte, so that it has seen nothing behind the root element's start, where an entity may stand.
    """
    parser = etree.XMLPullParser(events=("start",), **_SAFE)
    while byte := file.read(1):
        if file.tell() > HEAD_LIMIT:
            raise _unreadable(name, f"no root element begins in its first {HEAD_LIMIT:,} bytes")
        parser.feed(byte)
        for _, root in parser.read_events():
            where = f"(line {root.sourceline}, column 1)"
            if root.getroottree().docinfo.internalDTD is not None:
                raise _unreadable(name, f"it declares a document type, which LHEO files must not {where}")
            tag = etree.QName(root)
            if tag.localname != "lheo" or tag.namespace not in NAMESPACES:
                raise _unreadable(
                    name,
                    f"its root is <{tag.localname}> of {tag.namespace or 'no namespace'}, "
                    f"not <lheo> of {NAMESPACES[0]} {where}",
                )
            return
    parser.close()  # raises: no root at all


class _Counted:
    """The file as the parser reads it, so that nothing grows past its limit unseen."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self.name = file, name
        self.total = self.formation_began = 0

    def read(self, size: int) -> bytes:
        """See ``BinaryIO.read``."""
        chunk = self._file.read(size)
        self.total += len(chunk)
        if self.total - self.formation_began > FORMATION_LIMIT:
            raise _unreadable(
                self.name,
                f"no formation ends in the {FORMATION_LIMIT:,} bytes after byte {self.formation_began:,}",
            )
        return chunk


def _measured(file: _Counted) -> Iterator[bytes]:
    given = 0
    for formation in _formations(file):
        for payload in _payloads(formation):
            given += len(payload)
            if given > max(GIVEN_AT_LEAST, GIVEN_A_BYTE * file.total):
                where = f"a formation before byte {file.total:,} repeats its texts in too many actions"
                raise _unreadable(file.name, where)
            yield payload
        file.formation_began = file.total


def _formations(file: _Counted) -> Iterator[Any]:
    """Each formation; it, and whatever stands before it at any level, is forgotten when the next is asked for."""
    tags = [f"{{{namespace}}}formation" for namespace in NAMESPACES]
    for _, formation in etree.iterparse(file, events=("end",), tag=tags, **_SAFE):
        yield formation
        formation.clear()
        for element in (formation, *formation.iterancestors()):
            while element.getprevious() is not None:
                del element.getparent()[0]


def _payloads(formation: Any) -> Iterator[bytes]:
    shared = _formation(formation)
    actions = formation.findall("{*}action")
    for action in actions:
        yield msgspec.json.encode({"formation": shared, "action": _action(action)})
    if not actions:
        yield msgspec.json.encode({"formation": shared})


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
