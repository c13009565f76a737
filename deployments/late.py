"""Late runs, collapsed: after a pause of its worker a deployment has one run to make up for it, not one for each tick.

Belongs here: finding and forgetting them. Does not: which ones (core/lateness.py).

A deployment's limit cancels what comes while one runs, but a worker takes 200 runs at once: after a night the rest would follow, one
after the other, for minutes. Forgotten as Prefect itself forgets runs that wait when a deployment changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.sorting import FlowRunSort

from core.lateness import Waiting, superseded
from tasks.paging import paged

AT_ONCE: Final = 50  # what it forgets at once
_NOT_BEGUN: Final = FlowRunFilterState(name=FlowRunFilterStateName(any_=["Scheduled", "Late"]))


def collapse(client: SyncPrefectClient, now: dt.datetime) -> int:
    """Forget every late run that a later one supersedes; how many these were."""
    gone = superseded(_waiting(client, now), now)
    for first in range(0, len(gone), AT_ONCE):
        _forget(client, gone[first : first + AT_ONCE])
    return len(gone)


def _forget(client: SyncPrefectClient, runs: list[UUID]) -> None:
    """But those that a worker has taken meanwhile."""
    chosen = FlowRunFilter(id=FlowRunFilterId(any_=runs), state=_NOT_BEGUN)
    address: Any = "/flow_runs/bulk_delete"  # the server has it; the client's list of addresses does not
    told = {"flow_runs": chosen.model_dump(mode="json", exclude_unset=True), "limit": AT_ONCE}
    client.request("POST", address, json=told).raise_for_status()


def _waiting(client: SyncPrefectClient, now: dt.datetime) -> Iterator[Waiting]:
    """Runs that schedules made. Those that a person pressed, or that are to be tried again, are not among them."""
    chosen = FlowRunFilter(state=_NOT_BEGUN, expected_start_time=FlowRunFilterExpectedStartTime(before_=now))
    for run in paged(client.read_flow_runs, flow_run_filter=chosen, sort=FlowRunSort.ID_DESC):
        if run.auto_scheduled and run.deployment_id and run.expected_start_time:
            yield Waiting(run.id, run.deployment_id, run.expected_start_time)
