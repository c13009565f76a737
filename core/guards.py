"""Guards: rules that stop a plan before it does harm that nobody meant.

Belongs here: the limits, the figures a guard looks at, the verdict with its numbers. Does not: counting
(connectors/region), keeping what was stopped (connectors/region/publishing/plans.py) or asking a person (flows/decide.py).

A withdrawal is explained by an end date that has passed or by a closure that somebody stated. An offer that merely stopped
being there, or that a changed policy no longer wants, is unexplained: few of them are everyday life, many are an accident.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

import msgspec

Guard = Literal["empty_snapshot", "fall", "withdrawals_in_a_run", "withdrawals_in_a_day"]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is believed without asking. Shares are of 1; a run may reach the larger of its two, a day the smaller.

    ``day_floor``: a day's limit is never below it, or the day's share would void the run's on every small source.
    """

    fall: float = 0.20
    run_floor: int = 25
    run_share: float = 0.01
    day_cap: int = 500
    day_share: float = 0.02
    day_floor: int = 25

    def run(self, present: int) -> int:
        """How many unexplained withdrawals of ``present`` objects one run may make."""
        return max(self.run_floor, _share(self.run_share, present))

    def day(self, present: int) -> int:
        """How many unexplained withdrawals of ``present`` objects 24 hours may see."""
        return max(self.day_floor, min(self.day_cap, _share(self.day_share, present)))


class Withdrawals(msgspec.Struct, frozen=True):
    """What a plan would withdraw without an explanation: ``now``, beside what went in the ``day`` before, of ``present``."""

    now: int
    day: int
    present: int


class Snapshot(msgspec.Struct, frozen=True):
    """How many offers a source's whole snapshot held, and how many its last good one; None when there was none."""

    collected: int
    last: int | None

    def lowest(self, limits: Limits) -> int:
        """How many offers are expected at least."""
        return 0 if self.last is None else self.last - _share(limits.fall, self.last)

    def fell(self, limits: Limits) -> bool:
        """Whether it is empty, or holds fewer offers than are believed."""
        return not self.collected or self.collected < self.lowest(limits)


class Trip(msgspec.Struct, frozen=True):
    """A guard's no: which, over which limit, the sentence for a person."""

    guard: Guard
    limit: int
    message: str


def withdrawals(seen: Withdrawals, limits: Limits) -> Trip | None:
    """Whether a plan withdraws more than is believed without asking."""
    if not seen.now:
        return None
    run, day = limits.run(seen.present), limits.day(seen.present)
    if seen.now > run:
        return Trip(
            "withdrawals_in_a_run",
            run,
            f"{seen.now} of {seen.present} would be withdrawn without an end date or a closure; "
            f"at most {run} are in one run.",
        )
    if seen.now + seen.day > day:
        return Trip(
            "withdrawals_in_a_day",
            day,
            f"{seen.now} of {seen.present} would be withdrawn without an end date or a closure, after {seen.day} in the "
            f"last 24 hours; at most {day} are in a day.",
        )
    return None


def snapshot(seen: Snapshot, absent: Withdrawals, limits: Limits) -> Trip | None:
    """Whether what a whole snapshot lacks may be closed. With nothing absent there is nothing to stop."""
    if not absent.now:
        return None
    if not seen.collected:
        return Trip(
            "empty_snapshot",
            0,
            f"The snapshot is empty while {absent.present} offers are open: {absent.now} would be closed.",
        )
    if seen.last and seen.fell(limits):
        lowest = seen.lowest(limits)
        return Trip(
            "fall",
            lowest,
            f"The snapshot holds {seen.collected} offers, the last good one {seen.last}: a fall of "
            f"{1 - seen.collected / seen.last:.0%}, {absent.now} would be closed. At least {lowest} are expected.",
        )
    return withdrawals(absent, limits)


def hash_of(guard: str, items: Iterable[tuple[str, str]]) -> str:
    """The 16 characters that name a stopped plan: its guard and every (subject, base state), in any order.

    An approval holds for this hash: another subject, or a base that moved, is another plan.
    """
    digest = hashlib.sha256(guard.encode())
    for subject, base in sorted(items):
        digest.update(f"\n{len(subject)}:{subject}{len(base)}:{base}".encode())
    return digest.hexdigest()[:16]


def _share(share: float, of: int) -> int:
    """A share of a whole number, rounded down, and exact where floats are not: 0.07 of 100 is 7."""
    return int(share * of + 1e-9)
