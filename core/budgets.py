"""Rate budgets: how fast a channel may be called, learned from what it tells of its own limits.

Belongs here: usage as a channel tells it, and the pace that keeps within it. Does not: reading headers (a channel's wire.py)
or sharing the pace among workers (connectors/region/budgets.py).

No limit is written down here: a channel that tells a percentage is slowed down as it fills up, by what one call was seen to
cost; a channel that asks for time gets it.
"""

from __future__ import annotations

from typing import Final

import msgspec

EASY: Final = 50.0  # percent used: below it nobody is slowed down
FULL: Final = 90.0  # percent used: the rest is left for reading back and for people
LEARNT: Final = 0.5  # weight of the newest observation of a call's cost
SLOWEST: Final = 300.0  # seconds between two calls; a channel that wants more is left alone for as long


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

    ``calls`` were made by everyone since ``before`` was learned (this one counts), and a used percent comes back after
    ``window`` seconds.
    """
    seen = max(0.0, usage.percent - before.percent) / max(calls, 1)
    cost = seen if not before.cost else before.cost + LEARNT * (seen - before.cost)
    if usage.wait or usage.percent >= FULL:
        return Pace(SLOWEST, usage.percent, cost, usage.wait or SLOWEST)
    if usage.percent < EASY:
        return Pace(0.0, usage.percent, cost)
    spacing = window * cost / (FULL - usage.percent)
    return Pace(min(spacing, SLOWEST), usage.percent, cost)
