"""Rate budgets: how fast a channel may be called, learned from what it tells of its own limits.

Belongs here: usage as a channel tells it, and the pace that keeps within it. Does not: reading headers (a channel's wire.py)
or sharing the pace among workers (connectors/region/ledger/budgets.py).

No limit is written down here: a channel that tells a percentage is slowed down as it fills up, by what one call was seen to
cost; a channel that asks for time gets it.

A limit is never run into once a call's cost is known, as long as what is under way at once costs less than a quarter of it.
"""

from __future__ import annotations

from typing import Final

import msgspec

EASY: Final = 50.0  # percent used: below it nobody is slowed down
FULL: Final = 90.0  # percent used: the rest is left for reading back and for people
LEARNT: Final = 0.5  # weight of the newest observation of a call's cost
SLOWEST: Final = (
    300.0  # seconds between two calls while there is room: a cost that was learned wrong is learned anew
)
LONGEST: Final = 86_400.0  # seconds that anybody is left alone at its word


class Usage(msgspec.Struct, frozen=True):
    """What a channel tells with an answer: percent of its budget that is used, seconds it asks to be left alone."""

    percent: float
    wait: float = 0.0


class Pace(msgspec.Struct, frozen=True):
    """How a channel may be called: ``spacing`` seconds between two calls of all workers together.

    ``percent`` is what it last told, ``cost`` the percent that one call was seen to take, ``wait`` seconds without a call.
    """

    spacing: float = 0.0
    percent: float = 0.0
    cost: float = 0.0
    wait: float = 0.0


def paced(before: Pace, usage: Usage, calls: int, window: float) -> Pace:
    """The pace after an answer.

    ``calls`` were made by everyone since the used percent last changed (this one counts), and a used percent comes back
    after ``window`` seconds.
    """
    cost = _cost(before, usage, calls)
    return Pace(_spacing(usage.percent, cost, window), usage.percent, cost, usage.wait)


def _spacing(percent: float, cost: float, window: float) -> float:
    """Seconds between two calls: what is left lasts for a window, and a full channel rests for one."""
    if percent >= FULL:
        return window
    return 0.0 if percent < EASY else min(SLOWEST, window * cost / (FULL - percent))


def _cost(before: Pace, usage: Usage, calls: int) -> float:
    """What one call takes. Only a rise tells: a percentage stands still or falls when older calls stop counting."""
    rise = usage.percent - before.percent
    if rise <= 0:
        return before.cost
    seen = rise / max(calls, 1)
    return before.cost + LEARNT * (seen - before.cost) if before.cost else seen
