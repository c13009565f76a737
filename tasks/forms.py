"""Forms that a person decides in: having a run show one, and ending those that nobody needs to fill in any more.

Belongs here: those runs. Does not: a form itself (flows/), or what a verdict does.
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
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled


def show(
    name: str, parameters: dict[str, Any], tag: str, *, key: str | None = None, otherwise: str
) -> str | None:
    """Have a run of a deployment (``flow/deployment``) show its form, once for a ``key``. Returns the run.

    None where there is no such deployment: the log says how a person decides ``otherwise``.
    """
    try:
        run: Any = run_deployment(
            name,
            parameters=parameters,
            timeout=0,
            as_subflow=False,
            tags=["boostez", tag],
            idempotency_key=key,
        )
    except ObjectNotFound:
        get_run_logger().warning("No deployment %s shows a form here: %s", name, otherwise)
        return None
    return str(run.id)


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
