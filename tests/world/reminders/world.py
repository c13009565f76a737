"""A world of reminders: what people do, what the hub does each minute, and what strikes it meanwhile, until all is quiet.

Belongs here: the order of things, hubs that die and are replaced. Does not: what people do (life.py), what strikes (weather.py) or
the verdict (truth.py).

The hub runs every minute. A minute in which nothing is due changes nothing, so most are skipped: after something was done, and when
something becomes due, minutes come one by one.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

import msgspec

from connectors.registry import MESSENGERS
from core.quiet import is_quiet, next_allowed
from flows.reminders import send_reminders
from tasks.settle import settle
from tests.programme import Programme
from tests.world.hubs import Crash, Hubs
from tests.world.reminders import truth
from tests.world.reminders.life import Act, happen
from tests.world.reminders.stage import Place
from tests.world.reminders.weather import MINUTE, Weather

BEGINS: Final = dt.datetime(2027, 2, 20, 9, tzinfo=dt.UTC)
QUIET_WITHIN: Final = dt.timedelta(days=80)  # of the last act: the last cut-off is 35 days after a session
PATIENCE: Final = 3  # minutes in a row in which the same goes wrong, before some are skipped
CHECKED: Final = 100  # runs, after which all is looked at that must always be so
SKIPPED: Final = (30, 240)  # minutes, then
STANDS_STILL: Final = (2 * MINUTE, 20 * MINUTE, 180 * MINUTE, 1800 * MINUTE)
_OPEN: Final = """
    SELECT (SELECT count(*) FROM reminder WHERE state IN ('waiting', 'queued'))
        + (SELECT count(*) FROM effect WHERE state IN ('planned', 'intent', 'unknown')) AS number
"""
_OVERDUE: Final = """
    SELECT r.id, r.rule, r.until, r.state FROM reminder r LEFT JOIN effect e ON e.id = r.effect_id
    WHERE r.until <= %s AND (r.state = 'waiting' OR (r.state = 'queued' AND e.state = 'planned'))
"""
_UNSETTLED: Final = "SELECT FROM effect WHERE state IN ('intent', 'unknown') LIMIT 1"
_NEXT: Final = """
    SELECT min(at) AS at, (SELECT min(at) FROM reminder WHERE state = 'waiting') AS due FROM (
        SELECT min(at) AS at FROM reminder WHERE state = 'waiting' AND at > %(now)s
        UNION ALL SELECT min(until) FROM reminder WHERE state IN ('waiting', 'queued') AND until > %(now)s
        UNION ALL SELECT min(not_before) FROM effect WHERE state = 'planned' AND not_before > %(later)s
        UNION ALL SELECT min(lease_until) FROM effect WHERE state IN ('intent', 'unknown') AND lease_until > %(now)s
        UNION ALL SELECT min(not_before) FROM channel WHERE not_before > %(later)s
        UNION ALL SELECT min(ends_at) FROM session WHERE state = 'open' AND ends_at > %(now)s) w
"""


class Story(msgspec.Struct, frozen=True):
    """How a world went. ``differences`` is empty when nothing was lost, doubled, late or untold."""

    seed: int
    ticks: int
    reminders: int
    states: dict[str, int]
    arrived: int
    struck: dict[str, int]
    differences: list[str]

    def __str__(self) -> str:
        """As a person reads it."""
        told = "\n".join(f"  {difference}" for difference in self.differences[:20])
        return (
            f"seed {self.seed}: {self.reminders} reminders {self.states}, {self.arrived} messages, {self.ticks} runs, "
            f"struck by {self.struck}\n{told}"
        )


class World:
    """One world on its place, from nothing."""

    def __init__(self, place: Place, life: Callable[[Programme], list[Act]], weather: Weather) -> None:
        """``life``: what people of a programme will do."""
        self.place, self.weather = place, weather
        self.stage, self.clock = place.stage, place.clock
        place.reset()
        self.clock.goes_wrong(dt.timedelta(), dt.timedelta())
        self.clock.set(BEGINS)
        self.programme = Programme(self.stage.direct, tuple(place.rules.values()), BEGINS)
        self._acts = deque(sorted(life(self.programme), key=lambda act: act.at))
        self._random = Random(weather.seed)
        self._hubs = Hubs(self.stage, weather, self._stands_still)
        self._edges = sorted(weather.edges())
        self._last: Any = None  # what the last run came to, so many runs ``alike`` in a row
        self._alike, self._idle = 0, False
        self.calm: list[tuple[dt.datetime, dt.datetime]] = []
        self.found: list[str] = []

    def play(self) -> Story:
        """All of it, and the verdict."""
        try:
            self.until(None)
        except Crash as crash:
            self.found.append(str(crash))
        finally:
            self._hubs.bury()
        return self.story()

    def story(self) -> Story:
        """How it went."""
        case = truth.seen(self.place, self.calm)
        states = {
            row.state: row.n
            for row in self.place.rows("SELECT state, count(*) AS n FROM reminder GROUP BY 1")
        }
        struck: dict[str, int] = {}
        for each in self.weather.struck:
            struck[each.fault] = struck.get(each.fault, 0) + 1
        return Story(
            self.weather.seed,
            self.place.witness.tick,
            sum(states.values()),
            states,
            len(case.arrivals),
            struck,
            [*self.found, *truth.differences(case)],
        )

    # Time

    def until(self, end: dt.datetime | None) -> None:
        """Let time pass until then, or until all is quiet."""
        last = self._acts[-1].at if self._acts else self.clock.truly
        while True:
            act = self._acts[0].at if self._acts else None
            stops = [each for each in (act, end) if each is not None]
            stop = min(stops) if stops else None
            minute = self._next()
            if stop is not None and (minute is None or minute >= stop):
                self._comes(stop)
                if stop == end:
                    self._idle = False  # whatever is due by now, the next minute sees it
                    return
                self._happens(self._acts.popleft())
                continue
            if minute is None or minute > last + QUIET_WITHIN:
                self._ends()
                return
            self._comes(minute)
            self._minute()

    def _ends(self) -> None:
        ((number,),) = self.place.rows(_OPEN)
        if number:
            self.found.append(
                f"{number} reminders and letters are still open {QUIET_WITHIN.days} days after the last act"
            )

    def _comes(self, at: dt.datetime) -> None:
        before, calm = self.clock.truly, self.weather.is_calm
        self.clock.set(max(at, before))
        self.weather.set_clocks()
        if calm and self.weather.is_calm and not self.weather.interrupts(before, at):
            self.calm.append((before, at))

    def _next(self) -> dt.datetime | None:
        """The next minute in which the hub has something to do; None when nothing is left."""
        now, stuck = self.clock.truly, self._alike >= PATIENCE
        wanted = []
        if not self._idle:
            wanted.append(now + MINUTE * self._random.randint(*SKIPPED) if stuck else _minute_after(now))
        while self._edges and self._edges[0] <= now:
            self._edges.pop(0)
        wanted += self._edges[:1]
        shown = self.clock.now()
        with self.place.witness.connection.cursor() as cursor:
            later = (
                shown + MINUTE if stuck else shown
            )  # else what is put off by a second is seen to each minute
            row = cursor.execute(_NEXT, {"now": shown, "later": later}).fetchone()
            assert row is not None
            unsettled = cursor.execute(_UNSETTLED).fetchone() is not None
        at, due = row
        if at is not None:
            wanted.append(_minute_after(self.clock.truth_of(at) - MINUTE))
        if due is not None and due <= shown and is_quiet(shown):
            wanted.append(self.clock.truth_of(next_allowed(shown)))
        if unsettled:
            wanted.append(_settling_after(now))
        if not wanted:
            return None
        minute = max(min(wanted), _minute_after(now))
        while back := self.weather.is_away("hub", minute):
            minute = _minute_after(back)
        return minute

    # What happens

    def _happens(self, act: Act) -> None:
        self.programme.now = self.clock.now()
        happen(act)
        self._alike, self._last, self._idle = 0, None, False

    def _minute(self) -> None:
        self.place.witness.tick += 1
        shown, struck = self.clock.now(), len(self.weather.struck)
        done = self.attempt(send_reminders.fn)
        if done is not None and struck == len(self.weather.struck):
            self._check_overdue(shown)
        self._alike = self._alike + 1 if done == self._last else 0
        self._last, self._idle = done, done is not None and _idle(done)
        if self.clock.truly.minute % 10 == 5:
            self.attempt(self._settle)
        if self.place.witness.tick % CHECKED == 0:
            now = truth.differences(truth.seen(self.place), quiet=False)
            self.found += [f"after run {self.place.witness.tick}: {difference}" for difference in now]

    def _check_overdue(self, shown: dt.datetime) -> None:
        """What was too late when a whole run began has come to an end in it, whether its letter could leave or not."""
        for row in self.place.rows(_OVERDUE, shown):
            self.found.append(
                f"reminder {row.id} ({row.rule}, until {row.until}) is still {row.state} at {shown}"
            )

    def _settle(self) -> None:
        for name in MESSENGERS:
            settle.fn(self.stage.region, self.stage.settings, name)

    def attempt(self, step: Callable[[], Any]) -> Any:
        """One step of the living hub, or of a new one; None when it did not come to its end."""
        return self._hubs.run(step)

    def _stands_still(self) -> None:
        """The hub stands still for minutes or hours, and another one goes on; people too."""
        last = self._last
        with self._hubs.another():
            self.until(self.clock.truly + self._random.choice(STANDS_STILL))
        self._last = last


def _idle(done: Mapping[str, Any]) -> bool:
    """Whether a run found nothing to do and nothing wrong."""
    sent = done["sent"].values()
    counted = [*done["before"].values(), *done["queued"].values(), *done["after"].values(), done["told"]]
    return not any(counted) and not any(
        figure for each in sent for figure in each.values() if figure not in (0, False, None)
    )


def _minute_after(at: dt.datetime) -> dt.datetime:
    return at.replace(second=0, microsecond=0) + MINUTE


def _settling_after(at: dt.datetime) -> dt.datetime:
    minute = _minute_after(at)
    return minute + MINUTE * ((5 - minute.minute) % 10)
