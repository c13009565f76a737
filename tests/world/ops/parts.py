"""The parts of a hub that runs: server, database, worker and the flow's process, supervised as systemd would.

Belongs here: killing one of them and starting it again, a sync of a deployment meanwhile. Does not: the verdict (tests/world/truth.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Literal
from uuid import UUID

import httpx
import psutil
import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.exceptions import PrefectHTTPStatusError

from connectors.region import migrations
from connectors.region.database import Region
from deployments import automations, postgres
from deployments.declared import FILE, declared
from deployments.deploy import register
from deployments.processes import Child, end
from tests.operations import PATIENCE, Operations, kill
from tests.world.serving import sandbox_process
from tests.world.stage import Stage, without_orchestrator
from tests.worlds import Hub, Sandbox, settings_of

Part = Literal["flow", "worker", "server", "database", "everything"]
JOBS, TRAININGS = 120, 80
SILENCE: Final = dt.timedelta(seconds=45)  # one heartbeat and a half: the tests wait for it
LONG: Final = 3 * PATIENCE  # for a sync that is killed, found dead and run again
SYNC: Final = "sync-offers/full"


class Parts:
    """Everything that runs, and who starts again what died."""

    def __init__(self, ops: Operations, base: str, client: SyncPrefectClient) -> None:
        self.ops, self.base, self.client = ops, base, client
        region = Region(ops.postgres.url("boostez"))
        migrations.upgrade(region)
        settings = settings_of(Sandbox(base), ops.home)
        ops.environment = Hub(region, settings).environment()
        region.dispose()
        document = yaml.safe_load(FILE.read_text("utf-8"))
        kept = [each for each in document["deployments"] if each["name"] in {"full", "recover"}]
        for each in kept:
            each.pop("schedules", None)
        file = ops.home / "prefect.yaml"
        file.write_text(yaml.safe_dump({**document, "deployments": kept}), "utf-8")
        things = [thing for thing in declared(file) if thing.kind != "automation"]
        register(client, [*things, *automations.declared(SILENCE)])
        self.worker = self._start_worker()

    def _start_worker(self) -> Child:
        return self.ops.start("worker", "worker", "--name", "test")

    def supervise(self) -> None:
        """Start again what died: the database before who needs it."""
        if postgres.postmaster(self.ops.home / "postgres") is None:
            self.ops.postgres = postgres.start(self.ops.home / "postgres")
        if self.ops.prefect.code() is not None:
            self.ops.prefect = self.ops.start_prefect()
        if self.worker.code() is not None:
            self.worker = self._start_worker()

    def kill(self, part: Part) -> bool:
        """SIGKILL, to a part or to all of them at once, as when the machine loses its power; False without a flow to kill."""
        flows = self._flows()
        if part == "flow" and not flows:
            return False
        if part in {"flow", "everything"}:
            for process in flows:
                kill(process)
        if part in {"worker", "everything"}:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(self.worker.mark.pid).kill()
            self.worker.wait()
        if part in {"server", "everything"}:
            kill(self.ops.prefect.mark.process())
            self.ops.prefect.wait()
        if part in {"database", "everything"}:
            kill(postgres.postmaster(self.ops.home / "postgres"))
        return True

    def _flows(self) -> list[psutil.Process]:
        """The processes of flow runs, also of a worker that is no more."""
        mine, found = str(self.ops.home), []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                told = process.environ()
                if told.get("BOOSTEZ_HOME") == mine and "PREFECT__FLOW_RUN_ID" in told:
                    found.append(process)
        return found

    def press(self) -> UUID:
        """A full sync."""
        number = self.client.read_deployment_by_name(SYNC).id
        return self.client.create_flow_run_from_deployment(number).id

    def state(self, run: UUID) -> str:
        """Its state; "" while the server does not answer."""
        with suppress(PrefectHTTPStatusError, httpx.HTTPError):
            return self.client.read_flow_run(run).state_name or ""
        return ""

    def states(self, run: UUID) -> str:
        """All its states, in their order."""
        found = sorted(self.client.read_flow_run_states(run), key=lambda state: state.timestamp)
        return " ".join(state.name or "" for state in found)

    def until(self, condition: Callable[[], object], seconds: float = LONG) -> None:
        """Wait, supervising."""
        latest = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < latest, f"nothing after {seconds:.0f} s"
            self.supervise()
            psutil.Process().cpu_percent(0.2)

    @contextmanager
    def stage(self, patch: pytest.MonkeyPatch) -> Iterator[Stage]:
        """What worlds are judged on: this hub's own database, sandbox and folder."""
        stage = Stage(self.ops.postgres.url("boostez"), Sandbox(self.base), self.ops.home)
        without_orchestrator(patch, stage)
        try:
            yield stage
        finally:
            stage.close()


@contextmanager
def parts(ops: Operations) -> Iterator[Parts]:
    """All of them; what is not the Prefect server's is ended in the end."""
    with sandbox_process(JOBS, TRAININGS) as base, ops.client() as client:
        started = Parts(ops, base, client)
        yield started
        end([started.worker.mark])
