"""Prefect: there, ours, with a worker, and with schedules that really fire.

Belongs here: its checks, which only read. Does not: mending any of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import prefect
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.filters import (
    EventFilter,
    EventNameFilter,
    EventOccurredFilter,
    EventResourceFilter,
)
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.types import DateTime

from connectors.network import is_this_machine
from core.registration import Change
from deployments.declared import OURS, POOL, declared
from deployments.deploy import register
from deployments.doctor.configuration import SHORT
from deployments.doctor.database import skew
from deployments.doctor.examining import Case, Check, Finding, bad, good, warning
from tasks.paging import paged

ANSWERS, ACCESS = "Prefect", "access to Prefect"
POLLED: Final = dt.timedelta(minutes=2)  # a worker asks every 10 s, and says so every 30
LATE: Final = dt.timedelta(minutes=15)
SILENT: Final = dt.timedelta(minutes=3)  # a run's heartbeat comes every 30 s
UNDER_WAY: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
DEPLOY: Final = "`boostez deploy`"
WORKER: Final = "Start a worker: `boostez worker`"


def answers(case: Case) -> Finding:
    """Its server is healthy, and has our time: schedules go by its clock."""
    if case.prefect is None:
        return bad(
            "PREFECT_API_URL is not set, and no stack is running here",
            "`boostez up`, or set PREFECT_API_URL.",
        )
    client = _client(case)
    before = case.now()
    told = client.request("GET", "/health").headers.get("Date")
    found = skew(before, parsedate_to_datetime(told) if told else None, case.now(), unit=1.0)
    return found if found.verdict == "bad" else good(f"{case.prefect} is healthy; {found.seen}")


def access(case: Case) -> Finding:
    """It lets us in, and not everybody, and is of the release that this code is made for."""
    client = _client(case)
    try:
        theirs = client.api_version()
    except PrefectHTTPStatusError as error:
        if error.response.status_code not in {401, 403}:
            raise
        return bad("Prefect does not let us in", "Set PREFECT_API_AUTH_STRING as its server has it.")
    if theirs != prefect.__version__:
        return bad(
            f"the server is {theirs}, this is {prefect.__version__}",
            "Install both from the same requirements.txt.",
        )
    elsewhere = not is_this_machine(urlsplit(str(case.prefect)).hostname or "")
    if elsewhere and len((case.prefect_auth or "").partition(":")[2]) < SHORT:
        return warning(
            f"Prefect asks for no password, or for one of fewer than {SHORT} characters",
            "Set PREFECT_SERVER_API_AUTH_STRING there, and PREFECT_API_AUTH_STRING for who uses it.",
        )
    return good(f"Prefect {theirs} lets us in")


def pool(case: Case) -> Finding:
    """The work pool is there and open."""
    client = _client(case)
    try:
        found = client.read_work_pool(POOL)
    except ObjectNotFound:
        return bad(f"there is no work pool {POOL}", DEPLOY)
    if found.is_paused:
        return bad(f"the work pool {POOL} is paused", f"`prefect work-pool resume {POOL}`")
    return good(f"{POOL}, of type {found.type}")


def workers(case: Case) -> Finding:
    """Somebody carries runs out."""
    client = _client(case)
    found = client.read_workers_for_work_pool(POOL)
    last = max((worker.last_heartbeat_time for worker in found if worker.last_heartbeat_time), default=None)
    if last is None:
        return bad(f"no worker ever asked the pool {POOL} for runs", WORKER)
    if case.now() - last > POLLED:
        return bad(f"no worker has asked since {last:%Y-%m-%d %H:%M:%S} UTC", WORKER)
    return good(f"one asked at {last:%H:%M:%S} UTC")


def deployed(case: Case) -> Finding:
    """Pool, deployments and automations are there as they are declared, field by field, and schedules really make runs.

    A wrong dependency stops that, and nothing else shows it.
    """
    client, wanted = _client(case), declared()
    if differing := register(client, wanted, dry_run=True).changes:
        return bad(
            f"not as declared: {_listed([_differs(change) for change in differing])}",
            f"{DEPLOY} (with --dry-run it only tells what differs)",
        )
    if off := [each.name for each in client.read_automations() if OURS in each.tags and not each.enabled]:
        return bad(
            f"switched off: {', '.join(off)}",
            "Switch it on in the Prefect UI, under Automations: runs that die stay as they are.",
        )
    goes = [each for each in paged(client.read_deployments) if OURS in each.tags and each.schedules]
    if paused := [each.name for each in goes if not _is_active(each)]:
        return bad(
            f"its schedule is paused: {', '.join(paused)}", "Resume it in the Prefect UI, under Deployments."
        )
    if idle := _idle(client, goes, case.now()):
        return bad(
            f"no run is scheduled ahead of: {', '.join(idle)}",
            "Look for « Scheduled 0 runs » in the server's log, and install from requirements.txt: fastapi and sqlalchemy can "
            "break the scheduler silently.",
        )
    return good(f"{len(wanted)} things as declared; {len(goes)} schedules have runs ahead")


def _differs(change: Change) -> str:
    does = {"create": "not there", "remove": "declared no more"}
    return f"{change.kind} {change.name} ({does.get(change.does) or ', '.join(change.fields)})"


def late(case: Case) -> Finding:
    """Nothing waits for a worker for long."""
    client = _client(case)
    chosen = FlowRunFilter(
        state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Late"])),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=_instant(case.now() - LATE)),
    )
    if waiting := list(paged(client.read_flow_runs, flow_run_filter=chosen)):
        minutes = round(LATE.total_seconds() / 60)
        return bad(
            f"{len(waiting)} runs are late by more than {minutes} min: {_named(client, waiting)}", WORKER
        )
    return good("no run is late")


def stuck(case: Case) -> Finding:
    """No run of a deployment is said to be under way by nobody but Prefect: its heartbeat has stopped, or it never began."""
    since = case.now() - SILENT
    client = _client(case)
    chosen = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNDER_WAY)),
        deployment_id=FlowRunFilterDeploymentId(is_null_=False),
    )
    under_way = paged(client.read_flow_runs, flow_run_filter=chosen)
    long = [run for run in under_way if run.state and run.state.timestamp < since]
    if silent := [run for run in long if not _beats(client, run.id, since)]:
        return bad(
            f"{len(silent)} runs are under way without a sign of life: {_named(client, silent)}",
            "Prefect's services would have ended them, if they ran: docs/runbook/runs-crashed.md. Cancel it in the Prefect UI (Runs), "
            "then run its deployment again: what it had done is known.",
        )
    return good(f"{len(long)} long runs, all alive")


def _client(case: Case) -> SyncPrefectClient:
    assert case.prefect is not None
    return _client_of(case.prefect, case.prefect_auth)


@lru_cache(1)
def _client_of(api: str, auth: str | None) -> SyncPrefectClient:
    """One for all checks, which end with the process: making one takes as long as some of them."""
    return SyncPrefectClient(api, auth_string=auth, httpx_settings={"timeout": 10.0})


def _is_active(deployment: DeploymentResponse) -> bool:
    return not deployment.paused and any(schedule.active for schedule in deployment.schedules)


def _idle(client: SyncPrefectClient, scheduled: Sequence[DeploymentResponse], now: dt.datetime) -> list[str]:
    """Those without a run to come. The next runs are of those that run often; the others are asked for one by one."""
    near = {run.deployment_id for run in client.read_flow_runs(flow_run_filter=_ahead(now))}
    far = [each for each in scheduled if each.id not in near]
    return [each.name for each in far if not client.count_flow_runs(flow_run_filter=_ahead(now, each.id))]


def _ahead(now: dt.datetime, *deployments: UUID) -> FlowRunFilter:
    return FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=_instant(now)),
        deployment_id=FlowRunFilterDeploymentId(any_=list(deployments)) if deployments else None,
    )


def _beats(client: SyncPrefectClient, run: UUID, since: dt.datetime) -> bool:
    asked = EventFilter(
        event=EventNameFilter(name=["prefect.flow-run.heartbeat"]),
        resource=EventResourceFilter(id=[f"prefect.flow-run.{run}"]),
        occurred=EventOccurredFilter(since=_instant(since)),
    )
    return bool(client.read_events(asked, limit=1).events)


def _instant(at: dt.datetime) -> DateTime:
    return DateTime.fromtimestamp(at.timestamp(), dt.UTC)


def _named(client: SyncPrefectClient, runs: list[FlowRun]) -> str:
    """What is to run: a run has the name of what it does only when it has begun."""
    names: dict[UUID | None, str] = {each.id: each.name for each in paged(client.read_deployments)}
    return _listed([names.get(run.deployment_id, run.name) for run in runs])


def _listed(told: Sequence[str]) -> str:
    return ", ".join(told[:5]) + (f" and {len(told) - 5} more" if len(told) > 5 else "")


CHECKS: Final = (
    Check(ANSWERS, answers, "`boostez up`, or start its server: docs/runbook/hub-silent.md"),
    Check(ACCESS, access, "", (ANSWERS,)),
    Check("work pool", pool, "", (ACCESS,)),
    Check("worker", workers, "", ("work pool",)),
    Check("deployments", deployed, "", (ACCESS,)),
    Check("late runs", late, "", (ACCESS,)),
    Check("stuck runs", stuck, "", (ACCESS,)),
)
