"""Runs that failed and stay so: told by deployment, until one of it completes.

Belongs here: reading Prefect's runs, raising and ending the alerts. Does not: whether a run is run again (core/recovery.py).

A run that is run again is no longer failed, and one whose successor completes is forgotten: only what stays is told. What should have been
run again and was not, because the run that recovers it died too or found no database, is run again here, and not told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import msgspec
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import PrefectException, PrefectHTTPStatusError

from connectors.region.alerting import alerts
from connectors.region.database import Region
from core.recovery import AGAIN
from schemas.errors import BoostezError
from tasks.recover import recover
from tasks.runs_since import BAD, ended
from tasks.tell import RUNBOOK, over, sound

CAUSE: Final = "runs "
PAGE: Final = f"{RUNBOOK}/alerts.md"
PATIENCE: Final = dt.timedelta(minutes=20)
"""What is run again by itself, or by its next run, has had the time."""
MEMORY: Final = dt.timedelta(days=7)
"""What failed longer ago and was never run since is no news."""


class Broken(msgspec.Struct, frozen=True):
    """A deployment whose newest run failed, and stays so; ``again``: it is of those that are run again."""

    name: str
    newest: UUID
    again: bool
    state: str
    number: int
    since: dt.datetime
    message: str


@task(name="watch-runs", retries=0, cache_policy=NO_CACHE)
def watch_runs(region: Region, now: dt.datetime) -> list[Broken]:
    """Alert of every deployment whose runs stay failed, until one completes. Returns which."""
    with get_client(sync_client=True) as client:
        found = list(_broken(client, now))
    broken = [each for each in found if not (each.again and _runs_again(region, each))]
    for each in broken:
        message = (
            f"{each.number} runs, the newest: {each.state}. {each.message}\n\nLook at it in the Prefect UI, mend the cause, and press "
            f"Retry, or run the deployment. More: {PAGE}"
        )
        sound(region, f"{CAUSE}{each.name}", f"Runs of {each.name} fail", message)
    standing = (alert.cause for alert in alerts.unresolved(region) if alert.cause.startswith(CAUSE))
    over(region, *(set(standing) - {f"{CAUSE}{each.name}" for each in broken}))
    return broken


def _runs_again(region: Region, each: Broken) -> bool:
    """Whether what should have been run again now is. Trouble with one keeps nobody from hearing of it, and of the others."""
    try:
        return recover(region, str(each.newest))[1]
    except (BoostezError, PrefectException, PrefectHTTPStatusError) as error:
        get_run_logger().warning("%s is not run again: %s", each.name, error)
        return False


def _broken(client: SyncPrefectClient, now: dt.datetime) -> Iterator[Broken]:
    failed: dict[UUID, list[FlowRun]] = {}
    for run in ended(client, BAD, now - MEMORY, now - PATIENCE):
        if run.deployment_id is not None:
            failed.setdefault(run.deployment_id, []).append(run)
    for number, runs in failed.items():
        newest = runs[0]
        if not _completed_since(client, newest):
            deployment = client.read_deployment(number)
            flow = client.read_flow(deployment.flow_id)
            yield Broken(
                f"{flow.name}/{deployment.name}",
                newest.id,
                AGAIN in newest.tags,
                newest.state_name or "failed",
                len(runs),
                _ended(runs[-1]),
                (newest.state.message if newest.state else None) or "",
            )


def _completed_since(client: SyncPrefectClient, run: FlowRun) -> bool:
    wanted = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[run.deployment_id] if run.deployment_id else []),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED])),
        end_time=FlowRunFilterEndTime(after_=_ended(run)),
    )
    return bool(client.read_flow_runs(flow_run_filter=wanted, limit=1))


def _ended(run: FlowRun) -> dt.datetime:
    assert run.end_time is not None, "it was asked for by its end"
    return run.end_time
