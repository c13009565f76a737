"""Who may sit with whom, and how well two fit.

Belongs here: the hard rules between two candidates, and between a candidate and a coach's slot, with what a pair costs. Does not:
which groups are made of it (forming.py).

A pair costs the metres between the two, and ``weights.sector`` more when both are of one sector. A group costs what its members'
pairs cost in the mean over the others of the group, each member once: so a pair counts twice its cost, over the members but one.
All costs are whole numbers of metres: sums are exact in any order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from core.cohorts.people import Candidate, Options
from core.naf import section_of
from core.positions import position

CONFLICT: Final = 1 << 40  # metres: more than any sum of costs, so that a sum tells whether there is one
_EARTH: Final = 6_371_009  # metres, the mean radius (IUGG)
_Point = tuple[float, float, float]


class Closeness:
    """What pairs of ``candidates`` cost, by their places in that sequence."""

    def __init__(self, candidates: Sequence[Candidate], options: Options) -> None:
        self._points = [_point(candidate) for candidate in candidates]
        self._departments = [candidate.department for candidate in candidates]
        self._sectors = [sector(candidate) for candidate in candidates]
        self._trades = [trade(candidate) for candidate in candidates]
        self._reach = options.reach * 1000
        self._unknown = options.unknown * 1000
        self._sector = options.weights.sector * 1000

    def metres(self, one: int, other: int) -> int | None:
        """How far apart two are, as the crow flies; None when a place is not known."""
        here, there = self._points[one], self._points[other]
        # The chord: over 100 km it is a metre shorter than the arc.
        return None if here is None or there is None else round(math.dist(here, there))

    def cost(self, one: int, other: int) -> int:
        """What two in one group cost; CONFLICT when they may not be in one."""
        here, there = self._points[one], self._points[other]
        if here is None or there is None:
            if self._departments[one] != self._departments[other]:
                return CONFLICT
            cost = self._unknown
        else:
            cost = round(math.dist(here, there))
            if cost > self._reach:
                return CONFLICT
        if self._trades[one] is not None and self._trades[one] == self._trades[other]:
            return CONFLICT
        sector = self._sectors[one]
        return cost + self._sector if sector is not None and sector == self._sectors[other] else cost


def sector(candidate: Candidate) -> str | None:
    """The section of NAF of a firm's activity; None when it is not known."""
    return None if candidate.naf is None else section_of(candidate.naf)


def trade(candidate: Candidate) -> tuple[str, str] | None:
    """What makes two firms direct competitors: one class of NAF (``47.11``) in one commune; None when it is not known."""
    if candidate.naf is None or candidate.commune is None:
        return None
    return candidate.naf[:5], candidate.commune


def group_cost(pairs: int, members: int, options: Options) -> int:
    """What a group of so many members costs whose pairs cost ``pairs`` in all."""
    company = 2 * pairs // (members - 1) if members > 1 else 0
    return company + options.weights.size * 1000 * (members - options.ideal) ** 2


def _point(candidate: Candidate) -> _Point | None:
    """Where a firm is: on the globe, in metres from its centre."""
    at = None if candidate.commune is None else position(candidate.commune)
    if at is None:
        return None
    latitude, longitude = map(math.radians, at)
    return (
        _EARTH * math.cos(latitude) * math.cos(longitude),
        _EARTH * math.cos(latitude) * math.sin(longitude),
        _EARTH * math.sin(latitude),
    )
