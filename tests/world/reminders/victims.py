"""``python -m tests.world.reminders.victims``: hubs that remind, as real processes that are really killed.

Belongs here: a hub that is forked, killed where it stands or when its time has come, and replaced. Does not: the world it lives in
(world.py).

Points die here too, but their death is a SIGKILL: nothing of the process is left, what it held is undone by those who serve it. One
line of JSON a world is written to stdout. The sandbox, with its relay and its gateway, is a process of its own.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final, NoReturn

import msgspec
import psycopg
import pytest
from prefect.logging import disable_run_logger

from connectors.region.database import Region
from schemas.errors import BoostezError
from tests.programme import Programme
from tests.world import seams
from tests.world.points import Death
from tests.world.reminders import clock as clocks
from tests.world.reminders.life import Act, Size, season
from tests.world.reminders.post import Sandboxed
from tests.world.reminders.scenes import EVENTFUL, NOON, at
from tests.world.reminders.stage import Place, furnished
from tests.world.reminders.weather import MINUTE, Strike, Weather
from tests.world.reminders.world import World
from tests.world.stage import Stage, without_orchestrator
from tests.worlds import Sandbox

SECONDS: Final = 120.0  # no run takes so long: a child that does hangs
SEASON: Final = Size(sessions=3, people=4)
CHANCE: Final = 0.2  # of a season's runs are killed


class Outcome(msgspec.Struct, frozen=True):
    """How a world went: how many of its hubs were killed, and what differs in the end."""

    name: str
    killed: int
    differences: list[str]


class Mortal(seams.Life):
    """A hub whose death is the death of its process."""

    def die(self) -> Death:
        """The process is gone."""
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process goes on")


class Doomed(World):
    """A world whose hub is a process of its own in some of its runs."""

    def __init__(
        self,
        place: Place,
        life: Callable[[Programme], list[Act]],
        weather: Weather,
        fate: Callable[[Doomed], float | None],
    ) -> None:
        """``fate``: after how many seconds the next run is killed; None: it is no process of its own."""
        super().__init__(place, life, weather)
        self._fate = fate
        self.killed = 0

    def attempt(self, step: Callable[[], Any]) -> Any:
        """See the world: in a child, when that is its fate."""
        seconds = self._fate(self)
        if seconds is None:
            return super().attempt(step)
        self._hubs.bury()
        before = self._backends()
        told = ended_within(seconds, lambda: self._live(step))
        self._wait_for_the_dead(before)
        if told is None:
            assert seconds < SECONDS or self.weather.strikes, "a run hangs"
            self.killed += 1
            self.weather.strikes = ()
        return told or None

    def _live(self, step: Callable[[], Any]) -> bytes:
        """What one run comes to, in the child: with connections of its own, since no other may be used on both sides."""
        url = self.stage.database_url
        mine = psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)
        self.clock.connection = self.place.witness.connection = mine
        self.stage.region = Region(url)
        try:
            with seams.alive(Mortal(self.weather, self.stage.region, [])):
                return msgspec.json.encode(step())
        except BoostezError:
            return b"{}"  # it failed as a hub may fail: the next one goes on

    def _backends(self) -> set[int]:
        rows = self.place.rows("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return {row.pid for row in rows}

    def _wait_for_the_dead(self, before: set[int]) -> None:
        end = time.monotonic() + SECONDS
        while self._backends() - before:
            assert time.monotonic() < end, "a dead process's connection lives on"


def ended_within(seconds: float, live: Callable[[], bytes]) -> dict[str, Any] | None:
    """What a forked process told; an empty answer when it failed as hubs may; None when it was killed, or had to be."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        _be(live, write)
    os.close(write)
    end = os.pidfd_open(pid)
    alive = not select.select([end], [], [], seconds)[0]
    os.close(end)
    if alive:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status):
        raise RuntimeError(told.decode())
    return dict(msgspec.json.decode(told))


def _be(live: Callable[[], bytes], write: int) -> NoReturn:
    code, told = 0, b""
    try:
        told = live()
    except BaseException:  # noqa: BLE001 - the parent is told, whatever it was
        code, told = 1, traceback.format_exc().encode()
    os.write(write, told[:60_000])  # less than a pipe holds
    os._exit(code)


def strikes(place: Place) -> list[Strike]:
    """A death at each point of an eventful day's run at noon at which something is left behind."""
    world = EVENTFUL.world(place)
    world.weather.curious = True
    world.until(at(NOON))
    before = len(world.weather.passed)
    world.until(at(NOON) + 1.5 * MINUTE)
    reached = Counter[str]()
    found: list[Strike] = []
    for point in world.weather.passed[before:]:
        reached[point.label] += 1
        if not point.idle and "die_after" in point.faults:
            fault = "die_before" if point.kind != "commit" and len(found) % 2 else "die_after"
            found.append(Strike(point.label, fault, at(NOON), reached[point.label]))
    return found


def struck(place: Place, strike: Strike) -> Doomed:
    """An eventful day; the hub is killed at one point of its run at noon."""

    def fate(world: Doomed) -> float | None:
        return SECONDS if world.clock.truly >= at(NOON) and not world.killed else None

    return Doomed(place, EVENTFUL.life, EVENTFUL.weather(place, strike), fate)


def season_of_kills(place: Place, seed: int, size: Size, chance: float) -> Doomed:
    """A season in which hubs are killed at drawn instants."""
    random = Random(f"kills {seed}")

    def fate(_: Doomed) -> float | None:
        return random.uniform(0.01, 0.25) if random.random() < chance else None

    return Doomed(place, season(seed, size), Weather(place.clock, seed), fate)


def play(place: Place, seed: int, one_in: int, seasons: int) -> Iterator[Outcome]:
    """A world for one in so many points, and so many seasons."""
    for strike in strikes(place)[seed % one_in :: one_in]:
        world = struck(place, strike)
        yield _outcome(f"{strike.nth}. {strike.label}, {strike.fault}", world)
    for number in range(seed, seed + seasons):
        yield _outcome(f"season {number}", season_of_kills(place, number, SEASON, CHANCE))


def _outcome(name: str, world: Doomed) -> Outcome:
    story = world.play()
    return Outcome(name, world.killed, story.differences)


def main() -> None:
    """Read the arguments, set the stage, play."""
    parser = argparse.ArgumentParser(prog="python -m tests.world.reminders.victims", description=__doc__)
    for name in ("database", "sandbox", "home"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("seed", "one-in", "seasons"):
        parser.add_argument(f"--{name}", type=int, default=1)
    asked = parser.parse_args()
    with pytest.MonkeyPatch.context() as patch, disable_run_logger(), seams.installed():
        sandbox = Sandbox(asked.sandbox)
        stage = Stage(
            f"{asked.database}&options=-clock_timeout%3D60s{clocks.SEARCH_PATH}", sandbox, Path(asked.home)
        )
        without_orchestrator(patch, stage)
        with furnished(stage, Sandboxed(sandbox)) as place:
            for outcome in play(place, asked.seed, asked.one_in, asked.seasons):
                sys.stdout.write(f"{msgspec.json.encode(outcome).decode()}\n")
                sys.stdout.flush()
        stage.close()


if __name__ == "__main__":
    main()
