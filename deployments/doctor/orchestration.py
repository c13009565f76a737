"""Prefect: there, ours, with a worker, and with schedules that really fire.

Belongs here: its checks, which only read. Does not: mending any of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import prefect
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
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
from connectors.settings import ROOT
from deployments.doctor.database import skew
from deployments.doctor.examining import Case, Check, Finding, bad, good, warning

POOL: Final = "boostez"
ANSWERS, ACCESS, THERE = "Prefect", "access to Prefect", "deployments"
POLLED: Final = dt.timedelta(minutes=2)  # a worker asks every 10 s, and says so every 30
LATE: Final = dt.timedelta(minutes=15)
SILENT: Final = dt.timedelta(minutes=3)  # a run's heartbeat comes every 30 s
PAGE: Final = 200  # Prefect's maximum
DEPLOY: Final = "`boostez up`, or `prefect --no-prompt deploy --all`"
WORKER: Final = f"Start a worker: `prefect worker start --pool {POOL}`"


def answers(case: Case) -> Finding:
    """Its server is healthy."""
    if case.prefect is None:
        return bad(
            "PREFECT_API_URL is not set, and no stack is running here",
            "`boostez up`, or set PREFECT_API_URL.",
        )
    with _client(case) as client:
        client.request("GET", "/health")
    return good(case.prefect)


def access(case: Case) -> Finding:
    """It lets us in, and not everybody."""
    with _client(case) as client:
        try:
            client.request("GET", "/admin/version")
        except PrefectHTTPStatusError as error:
            if error.response.status_code not in {401, 403}:
                raise
            return bad("Prefect does not let us in", "Set PREFECT_API_AUTH_STRING as its server has it.")
    if case.prefect_auth is None and not is_this_machine(urlsplit(str(case.prefect)).hostname or ""):
        return warning(
            "Prefect asks nobody for a password",
            "Set PREFECT_SERVER_API_AUTH_STRING there, and PREFECT_API_AUTH_STRING for who uses it.",
        )
    return good("it lets us in")


def release(case: Case) -> Finding:
    """It is of the release that this code is made for."""
    with _client(case) as client:
        theirs = client.api_version()
    if theirs != prefect.__version__:
        return bad(
            f"the server is {theirs}, this is {prefect.__version__}",
            "Install both from the same requirements.txt.",
        )
    return good(theirs)


def clock(case: Case) -> Finding:
    """Its clock is ours: schedules go by it."""
    with _client(case) as client:
        before = case.now()
        told = client.request("GET", "/health").headers.get("Date")
        return skew(before, parsedate_to_datetime(told) if told else None, case.now(), unit=1.0)


def pool(case: Case) -> Finding:
    """The work pool is there and open."""
    with _client(case) as client:
        try:
            found = client.read_work_pool(POOL)
        except ObjectNotFound:
            return bad(f"there is no work pool {POOL}", DEPLOY)
    if found.is_paused:
        return bad(f"the work pool {POOL} is paused", f"`prefect work-pool resume {POOL}`")
    return good(f"{POOL}, of type {found.type}")


def workers(case: Case) -> Finding:
    """Somebody carries runs out."""
    with _client(case) as client:
        found = client.read_workers_for_work_pool(POOL)
    last = max((worker.last_heartbeat_time for worker in found if worker.last_heartbeat_time), default=None)
    if last is None:
        return bad(f"no worker ever asked the pool {POOL} for runs", WORKER)
    if case.now() - last > POLLED:
        return bad(f"no worker has asked since {last:%Y-%m-%d %H:%M:%S} UTC", WORKER)
    return good(f"one asked at {last:%H:%M:%S} UTC")


def deployed(case: Case) -> Finding:
    """Every deployment of prefect.yaml is there, as it is written there."""
    with _client(case) as client:
        there = {(each.name, each.entrypoint) for each in _deployments(client)}
    missing = [name for name, told in _written().items() if (name, told["entrypoint"]) not in there]
    if missing:
        return bad(f"not there, or of an older release: {', '.join(missing)}", DEPLOY)
    return good(f"{len(_written())}, as prefect.yaml has them")


def active(case: Case) -> Finding:
    """Nobody left a schedule paused."""
    with _client(case) as client:
        still = [each.name for each in _scheduled(client) if not _is_active(each)]
    if still:
        return bad(
            f"paused: {', '.join(still)}",
            "Resume it in the Prefect UI (Deployments), or have it written in prefect.yaml that it rests.",
        )
    return good("every schedule of prefect.yaml is active")


def ahead(case: Case) -> Finding:
    """Schedules really make runs: a wrong dependency stops them, and nothing else shows it."""
    after = FlowRunFilterExpectedStartTime(after_=_instant(case.now()))
    with _client(case) as client:
        without = [
            each.name
            for each in _scheduled(client)
            if _is_active(each) and not _count(client, [StateType.SCHEDULED], after, each.id)
        ]
    if without:
        return bad(
            f"no run is scheduled ahead of: {', '.join(without)}",
            "Look at the server's log for « Scheduled 0 runs », and install from requirements.txt: fastapi and sqlalchemy can "
            "break the scheduler silently.",
        )
    return good("each schedule has runs ahead")


def late(case: Case) -> Finding:
    """Nothing waits for a worker for long."""
    before = FlowRunFilterExpectedStartTime(before_=_instant(case.now() - LATE))
    with _client(case) as client:
        waiting = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(name=FlowRunFilterStateName(any_=["Late"])),
                expected_start_time=before,
            ),
            limit=PAGE,
        )
    if waiting:
        minutes = round(LATE.total_seconds() / 60)
        return bad(f"{len(waiting)} runs are late by more than {minutes} min: {_named(waiting)}", WORKER)
    return good("no run is late")


def stuck(case: Case) -> Finding:
    """No run of a deployment is said to run by nobody but Prefect: its heartbeat has stopped."""
    since = case.now() - SILENT
    with _client(case) as client:
        running = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(
                    type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING])
                ),
                start_time=FlowRunFilterStartTime(before_=_instant(since)),
                deployment_id=FlowRunFilterDeploymentId(is_null_=False),
            ),
            limit=PAGE,
        )
        silent = [run for run in running if not _beats(client, run.id, since)]
    if silent:
        return bad(
            f"{len(silent)} runs are under way without a sign of life: {_named(silent)}",
            "Cancel it in the Prefect UI (Runs), then run its deployment again: what it had done is known.",
        )
    return good(f"{len(running)} long runs, all alive")


@contextmanager
def _client(case: Case) -> Iterator[SyncPrefectClient]:
    assert case.prefect is not None
    with SyncPrefectClient(
        case.prefect, auth_string=case.prefect_auth, httpx_settings={"timeout": 10.0}
    ) as client:
        yield client


def _written() -> dict[str, Any]:
    told = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    return {each["name"]: each for each in told["deployments"]}


def _deployments(client: SyncPrefectClient) -> list[DeploymentResponse]:
    found: list[DeploymentResponse] = []
    while len(page := client.read_deployments(limit=PAGE, offset=len(found))) == PAGE:
        found += page
    return found + page


def _scheduled(client: SyncPrefectClient) -> list[DeploymentResponse]:
    """Those that prefect.yaml has go by a schedule."""
    goes = {name for name, told in _written().items() if told.get("schedules")}
    return [each for each in _deployments(client) if each.name in goes]


def _is_active(deployment: DeploymentResponse) -> bool:
    return not deployment.paused and any(schedule.active for schedule in deployment.schedules)


def _count(
    client: SyncPrefectClient,
    states: list[StateType],
    expected: FlowRunFilterExpectedStartTime,
    deployment: UUID,
) -> int:
    return client.count_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)),
            expected_start_time=expected,
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
        )
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


def _named(runs: list[Any]) -> str:
    named = [str(run.name) for run in runs]
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")


CHECKS: Final = (
    Check(ANSWERS, answers, "`boostez up`, or start its server: docs/runbook/hub-silent.md"),
    Check(ACCESS, access, "", (ANSWERS,)),
    Check("release of Prefect", release, "", (ACCESS,)),
    Check("clock of Prefect", clock, "", (ANSWERS,)),
    Check("work pool", pool, "", (ACCESS,)),
    Check("worker", workers, "", ("work pool",)),
    Check(THERE, deployed, "", (ACCESS,)),
    Check("schedules", active, "", (THERE,)),
    Check("runs ahead", ahead, "", (THERE,)),
    Check("late runs", late, "", (ACCESS,)),
    Check("stuck runs", stuck, "", (ACCESS,)),
)
