"""A channel's rate budget, in the one place that every worker shares.

Belongs here: reserving a call, and learning from answers, on ``channel``. Does not: the pace (core/budgets.py) or reading
headers (a channel's wire.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from core.budgets import Pace, Usage, paced
from schemas.errors import NotYet, Unreachable

PATIENCE: Final = 20.0  # seconds that a call may wait for its turn: a claim's lease has to outlive it


def _tells_nothing(_headers: Mapping[str, str]) -> Usage | None:
    return None


class SharedBudget:
    """The gate before every call to a channel, for all workers together.

    ``usage`` reads what the channel tells with an answer; a used percent comes back after ``window`` seconds. ``least`` seconds
    are between two calls whatever is told.
    """

    def __init__(
        self,
        region: Region,
        channel: str,
        usage: Callable[[Mapping[str, str]], Usage | None] = _tells_nothing,
        window: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
        *,
        least: float = 0.0,
    ) -> None:
        self._region, self._channel, self._least = region, channel, least
        self._usage, self._window, self._sleep = usage, window, sleep
        self._unlearnt: tuple[Usage | None, float] | None = None

    def enter(self) -> None:
        """Wait for this call's turn.

        Raises:
            NotYet: the turn is too far away, or the channel asked to be left alone. Nothing was reserved.
            Unreachable: the database is away. Nothing was reserved.

        """
        if self._unlearnt:
            self._learn(*self._unlearnt)
            self._unlearnt = None
        if wait := self._reserve():
            self._sleep(wait)

    def _reserve(self) -> float:
        names = {"name": self._channel, "patience": PATIENCE, "least": self._least}
        with self._region.begin() as connection:
            turn = connection.execute(
                text(
                    "UPDATE channel SET calls = calls + 1, "
                    "next_call_at = greatest(next_call_at, now()) + make_interval(secs => greatest(spacing, cast(:least AS float8))) "
                    "WHERE name = :name AND (not_before IS NULL OR not_before <= now()) "
                    "AND (next_call_at IS NULL OR next_call_at <= now() + make_interval(secs => :patience)) "
                    "RETURNING extract(epoch FROM next_call_at - make_interval(secs => greatest(spacing, cast(:least AS float8))) - now())"
                ),
                names,
            ).scalar_one_or_none()
            if turn is not None:
                return float(turn)
            wait = connection.execute(
                text(
                    "SELECT extract(epoch FROM greatest(not_before, next_call_at) - now()) FROM channel WHERE name = :name"
                ),
                names,
            ).scalar_one_or_none()
        if wait is None:
            return 0.0  # a channel that was never planned for
        raise NotYet(
            f"the budget of {self._channel} is used up for {float(wait):.0f} s",
            after=float(wait),
            cause="limit",
        )

    def told(self, headers: Mapping[str, str], wait: float) -> None:
        """Learn from an answer's headers; ``wait`` is its Retry-After in seconds, 0 when it has none.

        The answer itself is worth more: when the database is away it is not lost, and learnt from before the next turn.
        """
        usage = self._usage(headers)
        if usage is None and not wait:
            return
        try:
            self._learn(usage, wait)
        except Unreachable:
            self._unlearnt = (usage, wait)

    def _learn(self, usage: Usage | None, wait: float) -> None:
        with self._region.begin() as connection:
            row = connection.execute(
                text("SELECT spacing, usage, call_cost, calls FROM channel WHERE name = :name FOR UPDATE"),
                {"name": self._channel},
            ).one_or_none()
            if row is None:
                return
            pace = Pace(row.spacing, row.usage, row.call_cost, wait)
            if usage is not None:
                pace = paced(pace, usage, row.calls, self._window)
                pace = msgspec.structs.replace(pace, wait=max(pace.wait, wait))
            connection.execute(text(_LEARNT), {"name": self._channel, **msgspec.structs.asdict(pace)})


# The next turn follows the last one that was given at the new spacing, not at the old.
_LEARNT = """
    UPDATE channel SET spacing = :spacing, usage = :percent, call_cost = :cost,
        calls = CASE WHEN usage = :percent THEN calls ELSE 0 END,
        next_call_at = next_call_at + make_interval(secs => cast(:spacing AS float8) - spacing),
        not_before = CASE WHEN :wait > 0 THEN greatest(not_before, now() + make_interval(secs => :wait))
            ELSE not_before END
    WHERE name = :name
"""
