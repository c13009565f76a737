"""What ran since yesterday, by deployment, and what of it did not end well.

Belongs here: reading Prefect's deployments and runs. Does not: alerts of what stays failed (watch_runs.py), or the page (morning.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort

from tasks.paging import paged

BAD: Final = (StateType.FAILED, StateType.CRASHED)


class Ran(msgspec.Struct, frozen=True):
    """A deployment's runs: how many completed, how many did not, and the newest of those; no run, when all did."""

    name: str
    deployment: str
    completed: int
    bad: int = 0
    newest: str | None = None
    state: str = ""
    ended_at: dt.datetime | None = None


def runs_since(since: dt.datetime, now: dt.datetime) -> list[Ran]:
    """Every deployment, by name, with its runs that ended in the time."""
    with get_client(sync_client=True) as client:
        deployments = sorted(paged(client.read_deployments), key=lambda each: each.name)
        bad: dict[str, list[FlowRun]] = {}
        for run in ended(client, BAD, since, now):
            bad.setdefault(str(run.deployment_id), []).append(run)
        return [_ran(client, each, bad.get(str(each.id), []), since, now) for each in deployments]


def _ran(
    client: SyncPrefectClient,
    deployment: DeploymentResponse,
    bad: Sequence[FlowRun],
    since: dt.datetime,
    now: dt.datetime,
) -> Ran:
    completed = client.count_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
        flow_run_filter=_filter((StateType.COMPLETED,), since, now),
    )
    told = Ran(deployment.name, str(deployment.id), completed, len(bad))
    if not bad:
        return told
    newest = bad[0]
    assert newest.end_time is not None, "it was asked for by its end"
    ended = dt.datetime.fromtimestamp(newest.end_time.timestamp(), dt.UTC)  # not Prefect's own kind of it
    return msgspec.structs.replace(
        told, newest=str(newest.id), state=newest.state_name or "Failed", ended_at=ended
    )


def ended(
    client: SyncPrefectClient, states: Sequence[StateType], since: dt.datetime, now: dt.datetime
) -> Iterator[FlowRun]:
    """Runs that are in one of these states since an end between the two, the newest end first."""
    chosen = _filter(states, since, now)
    return paged(client.read_flow_runs, flow_run_filter=chosen, sort=FlowRunSort.END_TIME_DESC)


def _filter(states: Sequence[StateType], since: dt.datetime, now: dt.datetime) -> FlowRunFilter:
    return FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))),
        end_time=FlowRunFilterEndTime(after_=since, before_=now),
    )
