"""The sandbox of worlds, in a process of its own: what it knows survives every hub.

Belongs here: how large it is, starting and ending it. Does not: anything that imports a hub, for the new process would, too.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from sandbox.server import run
from tests.ports import free_pair

JOBS, TRAININGS = 7, 5
SEED: Final = 2026  # of a catalogue without malformed offers: the story malforms one itself


def _serve(port: int, jobs: int, trainings: int) -> None:
    run("127.0.0.1", port, None, jobs=jobs, trainings=trainings, seed=SEED)


@contextmanager
def sandbox_process(jobs: int = JOBS, trainings: int = TRAININGS) -> Iterator[str]:
    """The address of a sandbox that serves meanwhile."""
    port = free_pair()  # its mail relay listens on the next
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(port, jobs, trainings), daemon=True
    )
    process.start()
    transport = httpx.HTTPTransport(retries=8)  # connection refused: 0.5 s, 1 s, 2 s…
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get(f"http://127.0.0.1:{port}/_sandbox/healthz").raise_for_status()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.join()
