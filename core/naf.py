"""NAF codes: how people write them, what they mean, and sectors as people say them.

Belongs here: reading a code, its label, its section. Does not: the table (schemas/reference_tables.py).

The table is NAF rev. 2. From January 2027 INSEE gives firms codes of NAF 2025 (décret n° 2025-736), which has the same form and
numbers its divisions, the first two digits, alike: such a code is kept and falls into the same sector (but the motor trade, whose
division 45 is spread over 46, 47 and 95); its label is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from core.html import printable
from schemas.reference_tables import activities

SECTORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "A": "Agriculture, forêt et pêche",
        "B": "Mines et carrières",
        "C": "Industrie et fabrication",
        "D": "Énergie",
        "E": "Eau, déchets et dépollution",
        "F": "Bâtiment et travaux publics",
        "G": "Commerce et réparation automobile",
        "H": "Transport et logistique",
        "I": "Hôtels, cafés et restaurants",
        "J": "Informatique, médias et télécoms",
        "K": "Banque et assurance",
        "L": "Immobilier",
        "M": "Conseil, études et professions libérales",
        "N": "Services aux entreprises, location et voyages",
        "O": "Administration publique",
        "P": "Enseignement et formation",
        "Q": "Santé et action sociale",
        "R": "Culture, sport et loisirs",
        "S": "Services aux particuliers, réparation et associations",
        "T": "Emplois à domicile",
        "U": "Organismes internationaux",
    }
)
"""Each section of NAF rev. 2, as a person would name the trade."""
_WRITTEN: Final = re.compile(r"([0-9]{2})[\s.]*([0-9]{2})[\s.]*([A-Za-z])")


def read(text: str) -> str | None:
    """``47.11B`` of « 4711b », « 47.11 B » and the like; None when it has not the form of a code."""
    found = _WRITTEN.fullmatch(printable(text).strip())
    return f"{found[1]}.{found[2]}{found[3].upper()}" if found else None


def label_of(code: str) -> str | None:
    """What INSEE calls the activity; None when NAF rev. 2 has no such code."""
    known = activities().get(code)
    return known.label if known else None


def section_of(code: str) -> str | None:
    """The section (a letter) of a code, that of its division; None when there is no such division."""
    return _divisions().get(code[:2])


@cache
def _divisions() -> dict[str, str]:
    return {each.code[:2]: each.section for each in activities().values()}
