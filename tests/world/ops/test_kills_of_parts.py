"""Whichever part of a running hub is killed, whenever: the sync completes by itself, nothing is lost or doubled, a death is told once.

Several hubs share the kills: a death takes minutes to be noticed, and nothing to do meanwhile.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple, get_args
from uuid import UUID

import pytest
from prefect.logging import disable_run_logger
from sqlalchemy import text

from core.recovery import RETRY
from tasks.recover import CAUSE
from tests.operations import Operations
from tests.world import truth
from tests.world.ops.parts import SYNC, Part, Parts, parts
from tests.world.scenario import ROUNDS, World
from tests.world.stage import Stage
from tests.world.walking import SEED, WHOLE

pytestmark = [
    pytest.mark.stack,
    pytest.mark.slow,
    pytest.mark.world,
    pytest.mark.skipif(not WHOLE, reason="minutes each: `make test-world` takes them"),
]
PARTS: tuple[Part, ...] = get_args(Part)
MOMENTS = int(os.environ.get("BOOSTEZ_WORLD_MOMENTS", "20"))
HUBS = int(os.environ.get("BOOSTEZ_WORLD_HUBS", "3"))  # that many at once, if pytest has as many workers
PLAYED = [
    pytest.param(part, number, marks=pytest.mark.xdist_group(f"hub {(number * len(PARTS) + place) % HUBS}"))
    for number in range(MOMENTS)
    for place, part in enumerate(PARTS)
]
EARLY = 0.25  # the share of kills that do not wait until the flow runs
DRAWS = 10  # moments drawn until one falls within a sync


@pytest.fixture(scope="module")
def hub(ops: Operations) -> Iterator[Parts]:
    with parts(ops) as started:
        yield started


class Calm(World):
    """A world whose later rounds nothing strikes."""

    def attempt(self, what: str, step: Callable[..., Any], **how: Any) -> Any:
        """One step, in this process."""
        del what
        with disable_run_logger():
            return step(**how)


@pytest.fixture(scope="module")
def running(hub: Parts) -> float:
    """How many seconds a sync runs that nobody disturbs."""
    with pytest.MonkeyPatch.context() as patch, hub.stage(patch) as stage:
        Calm(stage)
        run = hub.press()
        hub.until(lambda: hub.state(run) == "Running")
        begun = time.monotonic()
        hub.until(lambda: hub.state(run) == "Completed")
        return time.monotonic() - begun


class Struck(NamedTuple):
    """A sync, and when a part was killed under it."""

    world: Calm
    run: UUID
    met: str  # the state that it was in
    moment: float  # of the monotonic clock
    after: float  # seconds since it was pressed


@pytest.mark.parametrize(("part", "number"), PLAYED)
def test_whichever_part_is_killed_the_sync_completes_by_itself_nothing_is_lost_or_doubled_and_a_death_is_told_once(
    hub: Parts, running: float, monkeypatch: pytest.MonkeyPatch, part: Part, number: int
) -> None:
    random = Random(f"{SEED} {part} {number}")
    draws = (strike(hub, monkeypatch, part, random, running) for _ in range(DRAWS))
    struck = next((each for each in draws if each), None)
    assert struck, f"{DRAWS} syncs had ended, or had no {part} yet, at the moment drawn"
    world, run = struck.world, struck.run

    hub.until(lambda: hub.state(run) == "Completed")
    done = time.monotonic() - struck.moment
    sys.stderr.write(
        f"{part} {number}: {struck.met} {struck.after:.1f} s after it was pressed, done {done:.1f} s later: {hub.states(run)}\n"
    )
    again = RETRY in hub.states(run)  # what was thought dead, and went on, is told to nobody
    with hub.stage(monkeypatch) as world.stage:
        assert taken_in(world.stage) == len(world.outside.versions)
        assert told(world.stage) == ([f"{CAUSE}{SYNC}"] if again else [])
        assert world.until_quiet() <= ROUNDS
        assert truth.differences(world.stage, world.outside) == []


def strike(
    hub: Parts, patch: pytest.MonkeyPatch, part: Part, random: Random, running: float
) -> Struck | None:
    """A sync of a new world, and the part killed under it; None if the moment drawn was not within it."""
    with hub.stage(patch) as stage:
        world = Calm(stage)
    run, pressed = hub.press(), time.monotonic()
    if random.random() > EARLY:
        hub.until(lambda: hub.state(run) in {"Running", "Completed"})
    moment = time.monotonic() + random.uniform(0, running)
    hub.until(lambda: time.monotonic() >= moment)
    met = hub.state(run)
    if met != "Completed" and hub.kill(part):
        return Struck(world, run, met, moment, moment - pressed)
    hub.until(lambda: hub.state(run) == "Completed")
    return None


def taken_in(stage: Stage) -> int:
    """How many offers the sync itself left open."""
    with stage.direct.begin() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM offer WHERE status = 'open'")) or 0)


def told(stage: Stage) -> list[str]:
    """What people are alerted of: the sync tells of nothing else than its death."""
    with stage.direct.begin() as connection:
        return list(connection.scalars(text("SELECT cause FROM alert ORDER BY id")))
