"""How long it takes to drive from one department to another.

Belongs here: the table of minutes that a season is planned with when nothing better is given. Does not: how near two firms are
(core/cohorts/closeness.py).

Between prefectures: the great circle, times 1.3 for roads, at 75 km/h, rounded up to five minutes. It is an estimate: mountains and
winters are what the rules' margin is for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from core.positions import Position, position

PREFECTURES: Final = MappingProxyType({
    "01": "01053", "03": "03190", "07": "07186", "15": "15014", "26": "26362", "38": "38185",
    "42": "42218", "43": "43157", "63": "63113", "69": "69123", "73": "73065", "74": "74010",
})  # fmt: skip
"""The INSEE code of each department's prefecture, from Bourg-en-Bresse to Annecy."""

_DETOUR: Final = 1.3
_SPEED: Final = 75  # km/h
_EARTH: Final = 6371.009  # km, the mean radius (IUGG)


@cache
def driving() -> Mapping[str, Mapping[str, int]]:
    """Minutes from each department of the Region to each, itself included."""
    return MappingProxyType(
        {one: MappingProxyType({other: _minutes(one, other) for other in PREFECTURES}) for one in PREFECTURES}
    )


def _minutes(one: str, other: str) -> int:
    here, there = position(PREFECTURES[one]), position(PREFECTURES[other])
    assert here is not None, one
    assert there is not None, other
    return 5 * math.ceil(_kilometres(here, there) * _DETOUR / _SPEED * 60 / 5)


def _kilometres(here: Position, there: Position) -> float:
    """The great circle, by the haversine formula."""
    south, north = math.radians(here[0]), math.radians(there[0])
    across = math.radians(there[1] - here[1])
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(across / 2) ** 2
    return 2 * _EARTH * math.asin(math.sqrt(half))
