"""Where offers are: communes drawn by population, and their names as people type them.

Belongs here: the draw, the spellings. Does not: which offer is where (generator.py).
"""

from __future__ import annotations

import csv
import unicodedata
from bisect import bisect
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

REFERENCE = Path(__file__).resolve().parent.parent / "schemas" / "reference"
_LYON = "69123"
_CONTRACTED = {("à", "Le"): "au", ("à", "Les"): "aux", ("de", "Le"): "du", ("de", "Les"): "des"}
_CEDEX_FROM = 8_000  # inhabitants from which a commune has business mail of its own


class Place(NamedTuple):
    """A commune, or an arrondissement of Lyon."""

    code: str
    name: str
    department: str
    postal_codes: tuple[str, ...]
    population: int
    point: tuple[float, float] | None


@cache
def places() -> tuple[tuple[Place, ...], list[int]]:
    """Every place, and their running population. Lyon as a whole is left to its arrondissements."""
    with (REFERENCE / "communes.csv").open(encoding="utf-8", newline="") as file:
        found = tuple(_place(row) for row in csv.DictReader(file) if row["code"] != _LYON)
    return found, list(accumulate(max(place.population, 20) for place in found))


def _place(row: dict[str, str]) -> Place:
    point = (float(row["latitude"]), float(row["longitude"])) if row["latitude"] else None
    codes = tuple(row["postal_codes"].split("|"))
    return Place(row["code"], row["name"], row["department"], codes, int(row["population"] or 0), point)


def draw_place(random: Random) -> Place:
    """A place, as likely as it is populous."""
    found, running = places()
    return found[bisect(running, random.random() * running[-1])]


def location(place: Place, random: Random) -> dict[str, Any]:
    """The wire form: the city as typed; INSEE code and coordinates are sometimes absent."""
    written: dict[str, Any] = {
        "postal_code": place.postal_codes[int(random.random() ** 2 * len(place.postal_codes))],
        "city": typed(place, random),
    }
    if random.random() < 0.72:
        written["commune"] = _LYON if _in_lyon(place) and random.random() < 0.2 else place.code
    if place.point and random.random() < 0.65:
        written["latitude"] = round(place.point[0] + random.uniform(-0.01, 0.01), 5)
        written["longitude"] = round(place.point[1] + random.uniform(-0.01, 0.01), 5)
    if random.random() < 0.12:
        written["remote"] = random.choice(("none", "none", "partial", "partial", "partial", "full"))
    return written


def typed(place: Place, random: Random) -> str:
    """The place's name as somebody may have typed it."""
    if _in_lyon(place):
        return _typed_lyon(int(place.code[-1]), random)
    name, chance = place.name, random.random()
    if chance < 0.5:
        return name
    if name.startswith(("Saint-", "Sainte-")) and chance < 0.75:
        name = name.replace("Sainte-", "Ste ", 1).replace("Saint-", "St ", 1)
    if chance < 0.62:
        return plain(name).replace("-", " ").upper()
    if chance < 0.72:
        return name.upper()
    if chance < 0.8:
        return plain(name)
    if chance < 0.86:
        return name.replace("-", " ")
    if chance < 0.91:
        return plain(name).lower()
    if chance < 0.96 and place.population > _CEDEX_FROM:
        return f"{plain(name).upper()} CEDEX{random.choice(('', ' 1', ' 2', ' 9'))}"
    return name


def _in_lyon(place: Place) -> bool:
    return place.code.startswith("6938")


def _typed_lyon(number: int, random: Random) -> str:
    ordinal = "1er" if number == 1 else f"{number}e"
    return random.choice(
        (
            f"Lyon {ordinal} Arrondissement",
            f"LYON {number}{'ER' if number == 1 else 'EME'}",
            f"Lyon 0{number}",
            f"Lyon {number}",
            f"LYON CEDEX 0{number}",
            "Lyon",
            "LYON",
            "lyon",
        )
    )


@cache
def plain(text: str) -> str:
    """Without accents."""
    folded = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("Œ", "OE"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def with_article(preposition: Literal["à", "de"], name: str) -> str:
    """The name after its preposition, as French contracts them: au Puy-en-Velay, des Abrets, d'Annecy."""
    if name.startswith(("Le ", "Les ")):
        article, _, rest = name.partition(" ")
        return f"{_CONTRACTED[preposition, article]} {rest}"
    if preposition == "de" and plain(name)[0] in "AEIOUYH":
        return f"d'{name}"
    return f"{preposition} {name}"
