"""Office hours: when somebody is at their desk, and how much of that there was between two instants.

Belongs here: the hours by the clock on the wall in Paris. Does not: when nobody is written to (core/quiet.py, which is about
residents), or who is told when (core/alerting.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from core.days import PARIS
from core.quiet import public_holidays
from core.wall import instant, wall_of

LONGEST: Final = dt.timedelta(days=60)
"""Further back nothing is counted: every limit is shorter."""


class Office(msgspec.Struct, frozen=True):
    """Hours of work: on ``days`` (Monday is 0), public holidays not among them."""

    days: frozenset[int]
    opens: dt.time
    closes: dt.time

    def is_open(self, at: dt.datetime) -> bool:
        """Whether somebody is there at ``at`` (with a zone)."""
        wall = wall_of(at, PARIS.key)
        return self._works(wall.date()) and self.opens <= wall.time() < self.closes

    def elapsed(self, since: dt.datetime, until: dt.datetime) -> dt.timedelta:
        """How long it was open from ``since`` to ``until``, of the last ``LONGEST`` at most."""
        since = max(since, until - LONGEST)
        day, last = wall_of(since, PARIS.key).date(), wall_of(until, PARIS.key).date()
        total = dt.timedelta()
        while day <= last:
            if self._works(day):
                begin = max(since, instant(dt.datetime.combine(day, self.opens), PARIS.key))
                end = min(until, instant(dt.datetime.combine(day, self.closes), PARIS.key))
                total += max(end - begin, dt.timedelta())
            day += dt.timedelta(days=1)
        return total

    def _works(self, day: dt.date) -> bool:
        return day.weekday() in self.days and day not in public_holidays(day.year)
