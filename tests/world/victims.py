"""Victims: real processes that get a real SIGKILL somewhere in a sync.

Belongs here: forking, killing, and going on afterwards. Does not: the story (scenario.py) or the verdict (truth.py).

    python -m tests.world.victims --database URL --sandbox URL --home FOLDER --seed 1 --worlds 0 1 2

One process imports everything once and forks a child for each step of the story. In each of its three syncs the child is
killed, at an instant drawn within the time that a clean sync takes; what comes afterwards runs undisturbed. Every thread
and every call at once is as in production, and so is durability. One line of JSON a world is written to stdout.
"""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import pytest
from prefect.logging import disable_run_logger

from connectors.region.database import Region
from schemas.errors import BoostezError
from tests.world.scenario import Tale, World
from tests.world.stage import Stage, make_small, without_orchestrator
from tests.worlds import Sandbox

BATCH: Final = 2  # six calls for twelve offers, three at once
IN_FLIGHT: Final = 3
SECONDS: Final = 120.0  # no step takes so long: a child that does hangs
SYNCS: Final = 3  # each of them has its kill


class Outcome(msgspec.Struct, frozen=True):
    """How a world went: which steps were really killed, after how many seconds, and what differs in the end."""

    index: int
    kills: list[str]
    rounds: int
    differences: list[str]


class Doomed(World):
    """A world whose steps are each a process of their own; ``delays`` says when the first ones are killed."""

    def __init__(self, stage: Stage, tale: Tale, delays: Sequence[float]) -> None:
        super().__init__(stage, tale=tale)
        self._delays = list(delays)
        self.kills: list[str] = []
        self.seconds: list[float] = []

    def attempt(self, what: str, step: Callable[..., Any], **how: Any) -> Any:
        """See the world: in a child, killed when that is its fate."""
        delay = self._delays.pop(0) if self._delays and what != "settle" else SECONDS
        begun = time.monotonic()
        child = _Child(self.stage, step, how)
        told = child.ends_within(delay)
        self.seconds.append(time.monotonic() - begun)
        if told is None:
            assert delay < SECONDS, f"{what} hangs"
            self.kills.append(f"{what} after {delay:.4f} s")
        self.stage.wait_for_the_dead()
        return told or None


class _Child:
    """A forked hub that does one step, writes what came of it into a pipe, and is gone."""

    def __init__(self, stage: Stage, step: Callable[..., Any], how: dict[str, Any]) -> None:
        self._read, write = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._read)
            os._exit(_live(stage, step, how, write))
        os.close(write)

    def ends_within(self, seconds: float) -> dict[str, Any] | None:
        """What it told; an empty answer when it failed as hubs may; None when it had to be killed.

        Raises:
            RuntimeError: it crashed, or ended as only a crash does.

        """
        end = os.pidfd_open(self._pid)
        alive = not select.select([end], [], [], seconds)[0]
        os.close(end)
        if alive:
            os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        with os.fdopen(self._read, "rb") as pipe:
            told = pipe.read()
        if os.WIFSIGNALED(status):
            return None
        if os.WEXITSTATUS(status):
            raise RuntimeError(told.decode())
        return dict(msgspec.json.decode(told))


def _live(stage: Stage, step: Callable[..., Any], how: dict[str, Any], write: int) -> int:
    """The child: a Region of its own, one step; 0 unless it crashed."""
    code, told = 0, b"{}"
    try:
        stage.region = Region(stage.database_url)
        told = msgspec.json.encode(step(**how))
    except BoostezError:
        pass  # it failed as a hub may fail: the next one goes on
    except BaseException:  # noqa: BLE001 - the parent is told, whatever it was
        code, told = 1, traceback.format_exc().encode()
    os.write(write, told[:60_000])  # less than a pipe holds
    return code


def play(stage: Stage, seed: int, worlds: Sequence[int]) -> None:
    """Play worlds by their index, each killed three times, and write what came of them."""
    measured = Doomed(stage, Tale(), ())
    story = measured.play()
    assert not story.differences, story
    for index in worlds:
        random = Random(f"{seed} {index}")
        delays = [random.uniform(0, clean) for clean in measured.seconds[:SYNCS]]
        world = Doomed(stage, Tale(random.randrange(1_000)), delays)
        story = world.play()
        outcome = Outcome(index, world.kills, story.rounds, story.differences)
        sys.stdout.write(f"{msgspec.json.encode(outcome).decode()}\n")
        sys.stdout.flush()


def main() -> None:
    """Read the arguments, set the stage, play."""
    parser = argparse.ArgumentParser(prog="python -m tests.world.victims", description=__doc__)
    for name in ("database", "sandbox", "home"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, nargs="+", default=[0])
    asked = parser.parse_args()
    with pytest.MonkeyPatch.context() as patch, disable_run_logger():
        make_small(patch, batch=BATCH, in_flight=IN_FLIGHT)
        stage = Stage(asked.database, Sandbox(asked.sandbox), Path(asked.home))
        without_orchestrator(patch, stage)
        play(stage, asked.seed, asked.worlds)
        stage.close()


if __name__ == "__main__":
    main()
