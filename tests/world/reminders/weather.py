"""Weather: what strikes a world from outside, drawn beforehand from one seed.

Belongs here: when the hub, the relay, the gateway are away, when clocks are wrong, and how often a point is struck. Does not: what a
fault does (faults.py, smtp.py).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from math import exp, log
from random import Random
from typing import Final, Literal

import msgspec

from core.wall import instant
from tests.world.points import Point, Points
from tests.world.reminders.clock import Clock
from tests.world.reminders.life import CHANGES, DAY, HOUR, PARIS

What = Literal["hub", "mail", "sms"]
MINUTE: Final = dt.timedelta(minutes=1)
SHORTEST, LONGEST = MINUTE, 7 * DAY
CALLS: Final = 8  # times as often as a commit: there are as many commits to a call
_WHOSE: Final[dict[str, What]] = {"smtp connect": "mail", "POST /sms/": "sms"}  # the beginnings of labels
SETTLES: Final = (
    HOUR  # after something was struck, until everything goes its way again: leases, holds, look-ups
)


class Away(msgspec.Struct, frozen=True):
    """Somebody is not there from ``begins`` to ``ends``."""

    what: What
    begins: dt.datetime
    ends: dt.datetime


class Wrong(msgspec.Struct, frozen=True):
    """Clocks show so much too much from ``begins`` to ``ends``, when they are set right in one step."""

    begins: dt.datetime
    ends: dt.datetime
    hub: dt.timedelta
    database: dt.timedelta


class Strike(msgspec.Struct, frozen=True):
    """The ``nth`` point with that label, from ``begins`` on, is struck by ``fault``."""

    label: str
    fault: str
    begins: dt.datetime
    nth: int = 1


class Weather(Points):
    """The weather of one world. ``struck_at``: when something was struck last."""

    def __init__(
        self,
        clock: Clock,
        seed: int = 0,
        *,
        chance: float = 0.0,
        away: Sequence[Away] = (),
        wrong: Sequence[Wrong] = (),
        strikes: Sequence[Strike] = (),
    ) -> None:
        """``chance``: how often a point is struck, from 0 to 1."""
        super().__init__()
        self.seed, self.away, self.wrong = seed, away, wrong
        self.strikes, self._reached = strikes, Counter[Strike]()
        self._clock, self._chance = clock, chance
        self._random = Random(seed)
        self.struck_at: dt.datetime | None = None

    def is_away(self, what: What, at: dt.datetime | None = None) -> dt.datetime | None:
        """Until when somebody is away, at that time or now; None when they are there."""
        now = at or self._clock.truly
        ends = [each.ends for each in self.away if each.what == what and each.begins <= now < each.ends]
        return max(ends, default=None)

    def set_clocks(self) -> None:
        """Let the clocks show what they show at this time."""
        now = self._clock.truly
        none = dt.timedelta()
        errors = [(each.hub, each.database) for each in self.wrong if each.begins <= now < each.ends]
        self._clock.goes_wrong(*(errors[0] if errors else (none, none)))

    def edges(self) -> list[dt.datetime]:
        """When somebody comes back, all is calm again, or a clock changes its mind."""
        back = [each.ends + span for each in self.away for span in (MINUTE, SETTLES + MINUTE)]
        return back + [edge for each in self.wrong for edge in (each.begins, each.ends)]

    @property
    def is_calm(self) -> bool:
        """Whether everybody is there, the clocks are right, and nothing was struck for a while."""
        now = self._clock.truly
        lately = [each for each in self.away if each.begins <= now < each.ends + SETTLES]
        wrongly = [each for each in self.wrong if each.begins <= now < each.ends + 2 * HOUR]
        return not lately and not wrongly and (self.struck_at is None or now - self.struck_at > SETTLES)

    def interrupts(self, begins: dt.datetime, ends: dt.datetime) -> bool:
        """Whether somebody goes away between two instants."""
        return any(begins < each < ends for each in self._beginnings())

    def _beginnings(self) -> list[dt.datetime]:
        return [each.begins for each in self.away] + [each.begins for each in self.wrong]

    def _fault(self, point: Point) -> str | None:
        fault = self._drawn(point)
        if fault:
            self.struck_at = self._clock.truly
        return fault

    def _drawn(self, point: Point) -> str | None:
        if any(point.label.startswith(label) and self.is_away(whose) for label, whose in _WHOSE.items()):
            return "unreachable"
        for strike in self.strikes:
            if strike.label == point.label and strike.begins <= self._clock.truly:
                self._reached[strike] += 1
                if self._reached[strike] == strike.nth:
                    assert strike.fault in point.faults, f"{strike} cannot strike at {point}"
                    return strike.fault
        if self._random.random() < self._chance * (CALLS if point.kind in {"smtp", "http"} else 1):
            return self._random.choice(point.faults)
        return None


def stormy(clock: Clock, seed: int, *, outages: int = 8, chance: float = 0.004) -> Weather:
    """Outages from a minute to a week around both changes of clocks, clocks that step back an hour, and faults at any point."""
    random = Random(f"weather {seed}")
    away: list[Away] = []
    wrong: list[Wrong] = []
    whats: tuple[What, ...] = ("hub", "hub", "mail", "sms")
    for sunday in CHANGES:
        change = instant(sunday, PARIS)
        for _ in range(outages):
            begins = change + (random.random() * 35 - 20) * DAY
            span = exp(random.uniform(log(SHORTEST / MINUTE), log(LONGEST / MINUTE))) * MINUTE
            away.append(Away(random.choice(whats), begins, begins + span))
        wrong += _wrong(random, change)
    return Weather(clock, seed, chance=chance, away=away, wrong=wrong)


def _wrong(random: Random, change: dt.datetime) -> list[Wrong]:
    """Clocks that are changed as if they were on a wall, and clocks that lose an hour, until somebody puts them right."""
    night, none = change + HOUR, dt.timedelta()
    other = change - random.randint(4, 12) * DAY + random.randint(0, 23) * HOUR
    hour = random.choice((HOUR, -HOUR))
    return [
        Wrong(night, night + random.choice((9 * HOUR, 2 * DAY)), HOUR, random.choice((HOUR, none))),
        Wrong(other, other + random.choice((20 * MINUTE, 5 * HOUR)), hour, random.choice((hour, none))),
    ]
