from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from sandbox.server import run
from tests.world.stage import JOBS, SEED, TRAININGS
from tests.world.victims import SYNCS, Outcome
from tests.world.walking import SEED as DRAWN

pytestmark = [pytest.mark.database, pytest.mark.world, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("BOOSTEZ_WORLD_KILLS", "12"))
CHUNKS = 4


def _serve(port: int) -> None:
    run("127.0.0.1", port, None, jobs=JOBS, trainings=TRAININGS, seed=SEED)


@pytest.fixture(scope="module")
def sandbox_process() -> Iterator[str]:
    """The sandbox in a process of its own: what it knows survives every hub."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,), daemon=True)
    process.start()
    transport = httpx.HTTPTransport(retries=8)  # connection refused: 0.5 s, 1 s, 2 s…
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get(f"http://127.0.0.1:{port}/_sandbox/healthz").raise_for_status()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.join()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whenever_a_hub_is_killed_nothing_is_lost_and_nothing_twice(
    database: str, sandbox_process: str, tmp_path: Path, chunk: int
) -> None:
    worlds = range(chunk, -(-KILLS // SYNCS), CHUNKS)
    arguments = ("--database", database, "--sandbox", sandbox_process, "--home", str(tmp_path))
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
