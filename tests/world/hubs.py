"""Hubs on a stage, one after the other: each goes on until it dies or fails, and another one takes its place.

Belongs here: their lives, and what the end of a run means to a world. Does not: what they do (the worlds' steps), or what strikes them
(seams.py, points.py).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from connectors.region.database import Region
from connectors.region.ledger import channel_state
from schemas.errors import BoostezError
from tests.world import seams
from tests.world.points import Death, Points
from tests.world.seams import Life
from tests.world.stage import Stage

T = TypeVar("T")


class Crash(Exception):
    """A hub raised what is none of its own errors."""


class Hubs:
    """The hub of a world. What it does is struck at ``points``; ``stall`` is what happens while it stands still."""

    def __init__(
        self,
        stage: Stage,
        points: Points,
        stall: Callable[[], None],
        *,
        eager: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._stage, self._points, self._stall = stage, points, stall
        self._eager, self._tell = eager, tell
        self._life: Life | None = None
        self._resumed: set[str] = set()

    def run(self, step: Callable[[], T]) -> T | None:
        """One run of the living hub, or of a new one; None when it did not come to its end.

        It may die, and it may fail as a hub may: somebody presses again, or the next minute goes on.

        Raises:
            Crash: it failed as no hub may.

        """
        life = self._life or self._born()
        try:
            with seams.alive(life):
                return step()
        except Death:
            self._tell("the hub is dead")
        except BoostezError as error:
            self._tell(f"the run failed: {error}")
        except Exception as error:
            raise Crash(f"crashed: {''.join(traceback.format_exception(error))}") from error
        self.bury()
        return None

    def _born(self) -> Life:
        region = Region(self._stage.database_url)
        self._life = Life(self._points, region, self._stage.idle, stall=self._stall, eager=self._eager)
        self._stage.region = region
        return self._life

    @contextmanager
    def another(self) -> Iterator[Life]:
        """Another one is the hub meanwhile: it waits for nobody, and nothing strikes it."""
        stalled, region = self._life, self._stage.region
        self._life = other = Life(Points(), Region(self._stage.impatient_url), self._stage.impatient)
        self._stage.region = other.region
        try:
            yield other
        finally:
            self.bury()
            self._life, self._stage.region = stalled, region

    def bury(self) -> None:
        """Nobody uses the hub any more."""
        if self._life:
            self._life.end()
        self._life = None

    def resume(self) -> None:
        """A person resumes what was paused, each channel once."""
        for name, standing in channel_state.standings(self._stage.direct).items():
            if standing.paused and name not in self._resumed:
                self._tell(f"a person resumes {name}: {standing.paused_reason}")
                self._resumed.add(name)
                channel_state.resume(self._stage.direct, name)
