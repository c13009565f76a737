from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.world.serving import sandbox_process
from tests.world.victims import SYNCS, Outcome
from tests.world.walking import SEED as DRAWN

pytestmark = [pytest.mark.database, pytest.mark.world, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("BOOSTEZ_WORLD_KILLS", "12"))
CHUNKS = 4


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    """The sandbox in a process of its own."""
    with sandbox_process() as base:
        yield base


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whenever_a_hub_is_killed_nothing_is_lost_and_nothing_twice(
    database: str, sandbox: str, tmp_path: Path, chunk: int
) -> None:
    worlds = range(chunk, -(-KILLS // SYNCS), CHUNKS)
    arguments = ("--database", database, "--sandbox", sandbox, "--home", str(tmp_path))
    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.world.victims",
            *arguments,
            "--seed",
            str(DRAWN),
            "--worlds",
            *map(str, worlds),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    outcomes = [
        msgspec.json.decode(line, type=Outcome) for line in told.stdout.splitlines() if line.startswith("{")
    ]
    assert [outcome.index for outcome in outcomes] == list(worlds)
    assert sum(len(outcome.kills) for outcome in outcomes) >= len(worlds), (
        outcomes
    )  # an instant may be too late
    assert [outcome for outcome in outcomes if outcome.differences] == []
