"""Runs that stay failed: told by deployment, until one completes; with Prefect's own server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import State, StateType
from prefect.logging import disable_run_logger

from connectors.region.alerting import alerts
from connectors.region.database import Region
from core.recovery import AGAIN, RETRY
from schemas.errors import Refused
from tasks.watch_runs import PATIENCE, watch_runs
from tests.hands import sql

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("prefect_server")]
MINUTE: Final = dt.timedelta(minutes=1)


@flow(name="watched")
def watched() -> None:
    """Never run here: its runs are told how they ended."""


@pytest.fixture
def client() -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as client:
        yield client


def deployed(client: SyncPrefectClient, name: str, *tags: str) -> Deployment:
    registered: Any = watched.to_deployment(name, tags=list(tags))
    return Deployment(client, name, registered.apply())


class Deployment:
    def __init__(self, client: SyncPrefectClient, name: str, number: object) -> None:
        self.client, self.cause, self.number = client, f"runs watched/{name}", str(number)

    def ends(self, how: StateType, message: str = "") -> str:
        run = self.client.create_flow_run_from_deployment(self.number)  # type: ignore[arg-type]
        self.put(str(run.id), how, message)
        return str(run.id)

    def put(self, run: str, how: StateType, message: str = "") -> None:
        state: State[None] = State(type=how, message=message)
        self.client.set_flow_run_state(run, state, force=True)

    def state(self, run: str) -> str | None:
        return self.client.read_flow_run(run).state_name  # type: ignore[arg-type]


def look(region: Region, after: dt.timedelta = PATIENCE + MINUTE) -> list[str]:
    now = dt.datetime.now(dt.UTC) + after
    with disable_run_logger():
        watch_runs.fn(region, now)
    causes = [alert.cause for alert in alerts.unresolved(region)]
    return [cause for cause in causes if cause.startswith("runs watched/")]  # other tests fail runs of theirs


def test_failures_of_a_deployment_are_one_alert_until_a_run_completes(
    region: Region, client: SyncPrefectClient
) -> None:
    broken, other = deployed(client, "broken"), deployed(client, "other")
    for _ in range(3):
        broken.ends(StateType.FAILED, "the contractor is away")
    other.ends(StateType.COMPLETED)
    assert look(region) == [broken.cause]
    assert look(region) == [broken.cause]
    alert = next(alert for alert in alerts.unresolved(region) if alert.cause == broken.cause)
    assert "3 runs, the newest: Failed. the contractor is away" in alert.message
    assert alert.times == 2
    other.ends(StateType.CRASHED)
    assert look(region) == [broken.cause, other.cause]
    broken.ends(StateType.COMPLETED)
    assert look(region) == [other.cause]
    other.ends(StateType.COMPLETED)


def test_a_run_that_is_run_again_in_time_is_told_to_nobody(region: Region, client: SyncPrefectClient) -> None:
    again = deployed(client, "again")
    run = again.ends(StateType.CRASHED)
    assert look(region, after=PATIENCE - MINUTE) == []
    again.put(run, StateType.SCHEDULED)
    assert look(region) == []
    again.put(run, StateType.COMPLETED)


def test_what_nobody_ran_again_is_run_again_once_and_told_when_it_dies_again(
    region: Region, client: SyncPrefectClient
) -> None:
    """Whoever should have, `recover`, was killed with it, or found no database for two minutes: a night's sync was left dead."""
    lost = deployed(client, "lost", AGAIN)
    run = lost.ends(StateType.FAILED)
    assert look(region, after=PATIENCE - MINUTE) == []
    assert lost.state(run) == "Failed", "whoever should run it again has the time to"
    assert look(region) == []
    assert lost.state(run) == RETRY
    assert sql(region, "SELECT 1 FROM alert WHERE cause = 'died watched/lost'")
    lost.put(run, StateType.CRASHED)
    assert look(region) == [lost.cause]
    assert lost.state(run) == "Crashed"
    lost.put(run, StateType.COMPLETED)


def test_one_that_prefect_does_not_take_back_keeps_nobody_from_hearing_of_it_and_of_the_others(
    region: Region, client: SyncPrefectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`alerts` would have failed every minute, before it told anybody of anything."""
    stuck, other = deployed(client, "stuck", AGAIN), deployed(client, "beside it")
    runs = {each: each.ends(StateType.FAILED) for each in (stuck, other)}

    def refuses(*_: object) -> None:
        raise Refused("Prefect does not let it run again")

    monkeypatch.setattr("tasks.watch_runs.recover", refuses)
    assert set(look(region)) == {stuck.cause, other.cause}
    for each, run in runs.items():
        each.put(run, StateType.COMPLETED)
