"""Firms and coaches as the programme has them: drawn from the Region's real communes, by their people, and from real NAF codes.

Up to 300 firms come from seminars, so from around a few towns; more of them come from everywhere.
"""

from __future__ import annotations

import math
from random import Random
from typing import Final

from core.cohorts import Candidate, Coach
from core.naf import section_of
from core.positions import position
from schemas.firm import SLOTS, Level
from schemas.reference_tables import Commune, activities, communes, departments

SECTIONS: Final = {
    "A": 2, "C": 8, "F": 13, "G": 20, "H": 3, "I": 12, "J": 4, "K": 2, "L": 3, "M": 12, "N": 5, "P": 3, "Q": 5, "R": 3, "S": 5,
}  # fmt: skip
"""How many firms of a hundred are of each section of NAF, about: SIRENE, small firms."""
LEVELS: Final[dict[Level, int]] = {"beginner": 55, "intermediate": 30, "advanced": 15}
NEIGHBOURS: Final = {
    "01": ["38", "69"], "03": ["63"], "07": ["26"], "15": ["43", "63"], "26": ["07", "38"], "38": ["69", "73"],
    "42": ["43", "69"], "43": ["42", "63"], "63": ["03", "15"], "69": ["01", "42"], "73": ["38", "74"], "74": ["01", "73"],
}  # fmt: skip
WEEK: Final = tuple(slot for slot in SLOTS if not slot.startswith("sat"))
TOWNS: Final = {40: ["69381"], 300: ["69381", "38185", "63113", "15014"]}
TAKEN: Final = 4  # cohorts that a coach takes


def candidates(count: int, seed: int = 1) -> list[Candidate]:
    random = Random(seed)
    places = list(communes().values())
    weights = [_weight(commune, count) for commune in places]
    codes = _codes_by_section()
    return [
        Candidate(
            id=number,
            name=f"Firm {number}",
            department=commune.department,
            level=random.choices(list(LEVELS), list(LEVELS.values()))[0],
            availability=frozenset(random.sample(WEEK, max(1, round(random.gauss(4.5, 1.5))))),
            commune=commune.code,
            naf=random.choice(codes[random.choices(list(SECTIONS), list(SECTIONS.values()))[0]]),
        )
        for number, commune in enumerate(random.choices(places, weights, k=count), 1)
    ]


def coaches(count: int, seed: int = 1, slack: float = 1.2) -> list[Coach]:
    """Coaches for so many candidates, where these are; ``slack`` times as many cohorts as ten firms each would need."""
    random = Random(seed)
    weights = dict.fromkeys(departments(), 0.0)
    for commune in communes().values():
        weights[commune.department] += _weight(commune, count)
    served = [code for code, weight in weights.items() if weight > max(weights.values()) / 20]
    found = []
    for number in range(max(3, round(count / 10 * slack / TAKEN))):
        home = random.choices(list(weights), list(weights.values()))[0]
        if number < len(served):  # one for each department first
            home = served[number]
        near = NEIGHBOURS[home]
        found.append(
            Coach(
                id=number + 1,
                name=f"Coach {number + 1}",
                departments=frozenset([home, *random.sample(near, random.randint(0, len(near)))]),
                slots=frozenset(random.sample(WEEK, 8)),
                cohorts=TAKEN,
            )
        )
    return found


def _weight(commune: Commune, count: int) -> float:
    """The people of a commune; around towns the fewer the farther, one in e every 12 km."""
    towns = next((each for most, each in TOWNS.items() if count <= most), None)
    at = position(commune.code)
    if towns is None or at is None:
        return 0.0 if towns else float(commune.population)
    return commune.population * math.exp(-min(_kilometres(at, town) for town in towns) / 12)


def _kilometres(at: tuple[float, float], town: str) -> float:
    there = position(town)
    assert there is not None
    return math.hypot((at[0] - there[0]) * 111, (at[1] - there[1]) * 78)


def _codes_by_section() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {section: [] for section in SECTIONS}
    for code in activities():
        section = section_of(code)
        if section in found:
            found[section].append(code)
    return found
