"""What each parameter of a search may be, for those who are told when one is wrong.

Belongs here: one line a parameter, as the API judges and describes it. Does not: what a parameter means (addresses.py, which
ignores the wrong ones: a resident's old link still opens a list).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from connectors.region.board.search import LONGEST
from core.places import commune
from core.wording import FIELDS, LEVELS
from portal import addresses
from schemas.reference_tables import departments


class Parameter(msgspec.Struct, frozen=True):
    """One parameter. ``field`` is what it sets in a Query; ``values`` are all it may be, None for any short text.

    ``place``: a text that must name a commune of the Region.
    """

    name: str
    field: str
    meaning: str
    values: tuple[str, ...] | None = None
    longest: int = LONGEST
    place: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """As JSON Schema."""
        if self.values is None:
            return {"type": "string", "maxLength": self.longest}
        return {"type": "string", "enum": list(self.values)}

    def fits(self, value: str) -> bool:
        """Whether it may be this."""
        if self.values is not None:
            return value in self.values
        return len(value) <= self.longest and (not self.place or commune(value) is not None)

    @property
    def expected(self) -> str:
        """What it may be, in words."""
        if self.place:
            return "le nom ou le code postal d’une commune de la région"
        if self.values is None:
            return f"un texte de {self.longest} caractères au plus"
        return "une de ces valeurs : " + ", ".join(self.values)


class Fault(msgspec.Struct, frozen=True):
    """One wrong parameter, and what was expected."""

    parameter: str
    value: str
    expected: str


AFTER: Final = "apres"
PARAMETERS: Final = (
    Parameter(
        "q", "text", "Les mots cherchés, en français : métier, ville, employeur. « -mot » exclut un mot."
    ),
    Parameter(
        "pres",
        "near",
        "Autour d’une commune de la région, par son nom ou son code postal.",
        longest=addresses.PLACE,
        place=True,
    ),
    Parameter(
        "rayon",
        "near",
        f"La distance à ne pas dépasser, en km ; {addresses.RADIUS} par défaut.",
        tuple(str(km) for km in addresses.RADIUSES),
    ),
    Parameter("type", "kind", "Emplois ou formations seulement.", tuple(addresses.KINDS)),
    Parameter("departement", "department", "Le code d’un département de la région.", tuple(departments())),
    Parameter("contrat", "contract", "Le contrat d’un emploi.", tuple(addresses.CONTRACTS)),
    Parameter("domaine", "field", "Un domaine de métiers : la première lettre du code ROME.", tuple(FIELDS)),
    Parameter(
        "niveau", "level", "Le niveau d’une formation, de 3 (CAP) à 8 (doctorat).", tuple(map(str, LEVELS))
    ),
    Parameter("cpf", "cpf", "Les formations éligibles au CPF seulement.", ("oui",)),
    Parameter("salaire", "paid", "Les emplois dont le salaire est indiqué seulement.", ("oui",)),
    Parameter(
        "depuis", "since", "Publiées depuis tant de jours, le jour même compris.", tuple(addresses.SINCES)
    ),
    Parameter(
        "teletravail",
        "remote",
        "« possible » : au moins en partie ; « complet » : entièrement.",
        tuple(addresses.REMOTES),
    ),
    Parameter(
        "tri",
        "sort",
        "L’ordre ; par défaut la pertinence quand des mots sont cherchés, sinon la distance autour d’une commune, sinon la date.",
        tuple(addresses.SORTS),
    ),
    Parameter(
        AFTER,
        "after",
        "La suite d’une page : un repère opaque, à prendre tel quel dans « next », jamais à composer.",
        longest=96,
    ),
)
_BY_NAME: Final = {parameter.name: parameter for parameter in PARAMETERS}


def faults(given: Iterable[tuple[str, str]]) -> list[Fault]:
    """Every parameter that does not exist, is given twice, or is what it may not be."""
    found, seen = [], set()
    for name, value in given:
        parameter = _BY_NAME.get(name)
        if parameter is None:
            found.append(Fault(name[:80], value[:80], f"un de ces paramètres : {', '.join(_BY_NAME)}"))
        elif name in seen:
            found.append(Fault(name, value[:80], "une seule valeur"))
        elif not parameter.fits(value):
            found.append(Fault(name, value[:80], parameter.expected))
        seen.add(name)
    return found
