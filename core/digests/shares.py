"""Shares and trends: numbers that a reader can add up.

Belongs here: percentages that sum to 100, bars, differences. Does not: what is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

_WHOLE: Final = 1000  # a share is told in tenths of a per cent


class Share(msgspec.Struct, frozen=True):
    """How often one thing was counted, and its share of all in tenths of a per cent. ``before`` are earlier weeks, oldest first."""

    name: str
    number: int
    share: int
    before: tuple[int, ...] = ()


def shares(counted: Mapping[str, int], before: Sequence[Mapping[str, int]] = ()) -> list[Share]:
    """Each thing's share, the largest first; together exactly 1000, or nothing where nothing was counted.

    By the largest remainder: no share is more than a tenth of a per cent from what it is. What earlier weeks had and this one has
    not is there with 0.
    """
    names = sorted({*counted, *(name for each in before for name in each)})
    total = sum(counted.values())
    exact = {name: divmod(_WHOLE * counted.get(name, 0), total) if total else (0, 0) for name in names}
    left = _WHOLE - sum(whole for whole, _ in exact.values()) if total else 0
    rounded_up = set(sorted(names, key=lambda name: -exact[name][1])[:left])
    told = (
        Share(
            name,
            counted.get(name, 0),
            exact[name][0] + (name in rounded_up),
            tuple(each.get(name, 0) for each in before),
        )
        for name in names
    )
    return sorted(told, key=lambda each: (-each.number, each.name))


def filled(part: float, whole: float, width: int) -> int:
    """How much of a bar of ``width`` (2 or more) is filled: none for nothing, something for anything, all for nothing less than all."""
    if part <= 0 or whole <= 0:
        return 0
    return width if part >= whole else min(width - 1, max(1, round(width * part / whole)))
