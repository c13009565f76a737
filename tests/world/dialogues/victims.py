"""Hubs of dialogues as real processes that are really killed.

Belongs here: a step that is taken in a forked process, killed where it stands. Does not: the world it belongs to (world.py).

Points die here too, but their death is a SIGKILL: nothing of the process is left, what it held is undone by those who serve it. The
relay and the sandbox live on in the process that looks on, the calendar server in one of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec

from connectors.region.database import Region
from tests.world import seams
from tests.world.dialogues.stage import Place
from tests.world.dialogues.walking import Strike
from tests.world.dialogues.world import World
from tests.world.points import Points
from tests.world.reminders.victims import Mortal, ended_within

SECONDS: Final = 60.0  # no step takes so long
_BACKENDS: Final = b"SELECT pid FROM pg_stat_activity WHERE datname = current_database()"


class Doomed(World):
    """A world in which one step is taken by a process that is killed at one point of it."""

    def __init__(self, place: Place, strike: Strike) -> None:
        super().__init__(place, strike.tale)
        self._strike, self._passed = strike, 0
        self.killed = False

    def _attempt(self, step: Callable[[], object]) -> bool:
        """See the world: in a child, until one was killed."""
        if self.killed:
            return super()._attempt(step)
        before = self._backends()
        self._note()
        told = ended_within(SECONDS, lambda: self._live(step))
        end = time.monotonic() + SECONDS
        while self._backends() - before:
            assert time.monotonic() < end, "a dead process's connection lives on"
        self._note()
        self.killed = told is None
        self._passed += told["passed"] if told else 0
        return not self.killed

    def _live(self, step: Callable[[], object]) -> bytes:
        """What a run comes to, in the child: with connections of its own, since no other may be used on both sides."""
        url = self.stage.database_url
        self.stage.direct, self.stage.region = Region(url), Region(url)
        points = Points({self._strike.number - self._passed: self._strike.fault})
        with seams.alive(Mortal(points, self.stage.region, [])):
            step()
        return msgspec.json.encode({"passed": len(points.passed)})

    def _backends(self) -> set[int]:
        return {pid for (pid,) in self.stage.connection.execute(_BACKENDS)}
