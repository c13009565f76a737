"""A real Prefect server on a real PostgreSQL, and a worker: what proves that automations, schedules and deployments work.

Belongs here: starting, killing and starting again. Does not: what is proved (tests/deployments, tests/world/ops).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from connectors.settings import Settings
from deployments import stack
from deployments.processes import Child
from deployments.stack import PYTHON, Stack
from tests.ports import free_pair, free_port

PATIENCE = 240.0  # seconds for what takes 30 on an idle machine
QUICK = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_WORKER_PREFETCH_SECONDS": "1"}


class Operations:
    """A Prefect server on a database of its own, and what is started beside it."""

    def __init__(self, home: Path, ending: ExitStack, patch: pytest.MonkeyPatch) -> None:
        for name, value in {
            "HOME": str(home),
            "PREFECT_PORT": str(free_port()),
            "PORTAL_PORT": str(free_port()),
            "SANDBOX_PORT": str(free_pair()),
        }.items():
            patch.setenv(f"BOOSTEZ_{name}", value)
        self.home, self._ending, self.settings = home, ending, Settings()
        self.postgres = stack.start_postgres(home, ending)
        self.lent = Stack(
            str(home),
            self.postgres.url("boostez"),
            stack.prefect_url(self.settings),
            settings=stack.open_settings(),
        )
        self.prefect = self.start_prefect()
        self.environment: dict[str, str] = {}  # what else processes find there

    @property
    def api(self) -> str:
        return stack.prefect_url(self.settings)

    def start_prefect(self) -> Child:
        child = stack.start_prefect(self.settings, self.lent, self.postgres, self._ending)
        stack.until_answers(child, f"{self.api}/ready")
        return child

    def start(self, name: str, *words: str) -> Child:
        """``boostez`` with these words, in a process of its own."""
        environment = {**self.lent.environment(), **QUICK, **self.environment}
        command = [PYTHON, "-m", "deployments", *words]
        return stack.start_child(name, command, environment, self.lent.home, self._ending)

    @contextmanager
    def client(self) -> Iterator[SyncPrefectClient]:
        with temporary_settings({PREFECT_API_URL: self.api}), get_client(sync_client=True) as client:
            yield client


def kill(process: psutil.Process | None) -> None:
    """SIGKILL, to it and to all that it started."""
    assert process is not None
    family = [process, *process.children(recursive=True)]
    for each in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(family, timeout=PATIENCE)


@contextmanager
def operations() -> Iterator[Operations]:
    """All of it, ended in the end."""
    top = Path(tempfile.mkdtemp(prefix="boostez-ops-"))
    top.chmod(0o755)  # PostgreSQL's account may enter when we are root
    with pytest.MonkeyPatch.context() as patch, ExitStack() as ending:
        ending.callback(shutil.rmtree, top)
        yield Operations(top / "home", ending, patch)


T = TypeVar("T")


def until(condition: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Wait for processes of another time than ours; what was found then."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"nothing after {seconds:.0f} s"
        psutil.Process().cpu_percent(0.2)
    return found
