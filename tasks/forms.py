"""Forms that nobody needs to fill in any more.

Belongs here: ending them. Does not: showing one (flows/), or what a verdict does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Cancelled


def end(name: str, over: Callable[[dict[str, Any]], str | None]) -> list[dict[str, Any]]:
    """End the suspended runs of a deployment (``flow/deployment``) of whose parameters ``over`` says why. Returns those.

    Their forms would stand for a month, and then fail.
    """
    flow, deployment = name.split("/")
    ended = []
    with get_client(sync_client=True) as client:
        runs = client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[deployment])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
            ),
        )
        for run in runs:
            if told := over(run.parameters):
                client.set_flow_run_state(run.id, Cancelled(message=told))
                get_run_logger().info("%s", told)
                ended.append(run.parameters)
    return ended
