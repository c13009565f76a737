"""The sandbox as a server: in a process of its own, or in a thread of a test's.

Belongs here: sockets and uvicorn. Does not: what is served (app.py).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from sandbox.app import JOBS, SEED, TRAININGS, create_app

GRACE_SECONDS = 1  # what calls that hang on command get at shutdown
KEEP_ALIVE_SECONDS = 75


def run(
    host: str = "127.0.0.1",
    port: int = 4401,
    state_file: Path | None = None,
    jobs: int = JOBS,
    trainings: int = TRAININGS,
    seed: int = SEED,
) -> None:
    """Serve until SIGINT or SIGTERM; the mail relay is on the port after.

    Raises:
        OSError: the port is taken, at once.
        ValueError: the state file tells another story.

    """
    with _bound(host, port) as listener:
        app = create_app(state_file, jobs=jobs, trainings=trainings, seed=seed, mail_port=port + 1)
        uvicorn.Server(_config(app)).run(sockets=[listener])


@contextmanager
def running(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an application from a thread, on loopback; the base URL."""
    with _bound("127.0.0.1", port) as listener:
        server = uvicorn.Server(_config(app))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _bound(host: str, port: int) -> socket.socket:
    listener = socket.socket(
        socket.AF_INET6 if ":" in host else socket.AF_INET,
        proto=socket.IPPROTO_TCP,  # said, so that asyncio sets TCP_NODELAY: 40 ms an answer
    )
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
