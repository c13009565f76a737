"""On call: who is woken.

Belongs here: the rota and its exceptions as values. Does not: what wakes somebody (core/alerting.py), or how (connectors/alerts).
"""

from __future__ import annotations

import datetime as dt

import msgspec

from core.days import PARIS
from core.wall import wall_of


class Turn(msgspec.Struct, frozen=True):
    """Somebody takes over from the hand-over of ``first`` to that of ``until``."""

    who: str
    first: dt.date
    until: dt.date


class OnCall(msgspec.Struct, frozen=True):
    """A week each, from the hand-over of the day ``first`` on, in the order of ``rota``; ``turns`` go before it.

    A shift lasts from one hand-over, by the clock on the wall in Paris, to the next.
    """

    rota: tuple[str, ...]
    first: dt.date
    hands_over: dt.time
    turns: tuple[Turn, ...] = ()

    def at(self, moment: dt.datetime) -> str:
        """Who is on call at ``moment`` (with a zone)."""
        wall = wall_of(moment, PARIS.key)
        day = wall.date() if wall.time() >= self.hands_over else wall.date() - dt.timedelta(days=1)
        for turn in self.turns:
            if turn.first <= day < turn.until:
                return turn.who
        return self.rota[(day - self.first).days // 7 % len(self.rota)]
