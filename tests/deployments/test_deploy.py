"""`boostez deploy` at a real Prefect server, and what its schedules and automations really do there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolUpdate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.automations import Automation, AutomationCore

from core.registration import Thing
from deployments.declared import declared
from deployments.deploy import register
from tests.operations import Operations, until

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.xdist_group("operations")]
SILENCE = dt.timedelta(seconds=12)  # what the tests' dead runs are given instead of three heartbeats


@pytest.fixture
def real(client: SyncPrefectClient) -> tuple[Thing, ...]:
    """What prefect.yaml declares, registered."""
    wanted = declared()
    register(client, wanted)
    return wanted


def named(client: SyncPrefectClient, name: str) -> DeploymentResponse:
    return client.read_deployment_by_name(name)


# the plan


def test_a_dry_run_changes_nothing_and_a_second_run_has_nothing_to_change(
    ops: Operations, client: SyncPrefectClient
) -> None:
    wanted = declared()
    dry = register(client, wanted, dry_run=True)
    assert [(change.does, change.kind, change.name) for change in dry.changes] == [
        ("create", thing.kind, thing.name) for thing in wanted
    ]
    assert client.read_deployments() == []
    assert client.read_work_pools() == []

    command = ops.start("deploy", "deploy", "--json")
    assert command.wait() == 0, command.tail()
    assert command.log is not None
    told = json.loads(command.log.read_text("utf-8"))
    assert (len(told["changes"]), told["same"]) == (len(wanted), 0)

    again = register(client, wanted)
    assert (again.changes, again.same) == ((), len(wanted))


def describe(client: SyncPrefectClient) -> None:
    client.update_deployment(named(client, "audit-channels/audit").id, DeploymentUpdate(description="?"))


def unlimit(client: SyncPrefectClient) -> None:
    number = named(client, "sync-offers/full").id
    client.update_deployment(number, DeploymentUpdate(concurrency_limit=7, tags=["boostez"]))


def other_parameters(client: SyncPrefectClient) -> None:
    number = named(client, "sync-offers/changes").id
    client.update_deployment(number, DeploymentUpdate(parameters={"full": True}))


def other_hour(client: SyncPrefectClient) -> None:
    there = named(client, "retain/retention")
    when = CronSchedule(cron="30 2 * * *", timezone="Europe/Paris")
    client.update_deployment_schedule(there.id, there.schedules[0].id, schedule=when, parameters={})


def no_schedule(client: SyncPrefectClient) -> None:
    there = named(client, "send-reminders/reminders")
    client.delete_deployment_schedule(there.id, there.schedules[0].id)


def no_deployment(client: SyncPrefectClient) -> None:
    client.delete_deployment(named(client, "withdraw-offer/withdraw").id)


def other_pool(client: SyncPrefectClient) -> None:
    client.update_work_pool("boostez", WorkPoolUpdate(description="?"))


def other_automation(client: SyncPrefectClient) -> None:
    there = client.read_automations()[0]
    client.update_automation(there.id, edited(there))


def edited(automation: Automation, *, description: str = "?", enabled: bool = True) -> AutomationCore:
    told = automation.model_dump(include={"name", "tags", "trigger", "actions"})
    return AutomationCore.model_validate({**told, "description": description, "enabled": enabled})


def no_automation(client: SyncPrefectClient) -> None:
    client.delete_automation(client.read_automations()[0].id)


@pytest.mark.parametrize(
    "hand",
    [
        describe,
        unlimit,
        other_parameters,
        other_hour,
        no_schedule,
        no_deployment,
        other_pool,
        other_automation,
        no_automation,
    ],
)
def test_whatever_was_changed_by_hand_is_as_declared_again(
    real: Sequence[Thing], client: SyncPrefectClient, hand: Callable[[SyncPrefectClient], None]
) -> None:
    hand(client)
    plan = register(client, real)
    assert len(plan.changes) == 1
    assert plan.changes[0].fields
    assert register(client, real).changes == ()


def test_what_somebody_paused_stays_paused_though_it_changes(
    real: Sequence[Thing], client: SyncPrefectClient
) -> None:
    there = named(client, "retain/retention")
    client.update_deployment_schedule(there.id, there.schedules[0].id, active=False)
    other_hour(client)
    client.pause_deployment(there.id)
    client.update_work_pool("boostez", WorkPoolUpdate(is_paused=True, description="?"))
    automation = client.read_automations()[0]
    client.pause_automation(automation.id)
    client.update_automation(automation.id, edited(automation, enabled=False))

    assert {change.kind for change in register(client, real).changes} == {
        "work pool",
        "deployment",
        "automation",
    }

    after = named(client, "retain/retention")
    assert after.paused
    assert [schedule.active for schedule in after.schedules] == [False]
    assert client.read_work_pool("boostez").is_paused
    assert [each.enabled for each in client.read_automations() if each.id == automation.id] == [False]
    client.update_deployment_schedule(there.id, after.schedules[0].id, active=True)
    client.resume_deployment(there.id)
    client.resume_automation(automation.id)
    client.update_work_pool("boostez", WorkPoolUpdate(is_paused=False))


def test_of_an_automation_that_is_there_twice_one_goes(
    real: Sequence[Thing], client: SyncPrefectClient
) -> None:
    """Two deploys at once each found none, and each made one: every death was heard twice, and no deploy saw it."""
    there = client.read_automations()[0]
    client.create_automation(edited(there, description=there.description))

    assert [(each.does, each.kind) for each in register(client, real).changes] == [("remove", "automation")]

    assert len(client.read_automations_by_name(there.name)) == 1
    assert register(client, real).changes == ()


# schedules


def runs_of(client: SyncPrefectClient, deployment: DeploymentResponse) -> list[FlowRun]:
    chosen = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment.id]))
    return client.read_flow_runs(flow_run_filter=chosen)


@pytest.mark.usefixtures("real")
def test_every_schedule_really_produces_runs(client: SyncPrefectClient) -> None:
    """With SQLAlchemy 2.1 the scheduler said "Scheduled 0 runs", and nothing else looked broken."""
    scheduled = [each for each in client.read_deployments() if each.schedules]
    assert len(scheduled) == sum(bool(_slugs(thing)) for thing in declared())
    until(lambda: all(runs_of(client, each) for each in scheduled))
    now = dt.datetime.now(dt.UTC)
    for each in scheduled:
        due = [run.expected_start_time for run in runs_of(client, each)]
        assert all(at and at > now - dt.timedelta(minutes=2) for at in due), each.name


def _slugs(thing: Thing) -> list[str]:
    return [name for name in thing.fields if name.startswith("schedule ")]


# removal


def test_what_is_no_longer_declared_goes_and_what_is_not_ours_stays(
    real: Sequence[Thing], client: SyncPrefectClient
) -> None:
    flow = client.create_flow_from_name("of-somebody-else")
    foreign = client.create_deployment(flow, "theirs", tags=["other"])
    kept = AutomationCore.model_validate(
        {
            "name": "theirs",
            "trigger": {"type": "event", "posture": "Reactive", "expect": ["x"], "threshold": 1},
            "actions": [{"type": "do-nothing"}],
        }
    )
    theirs = client.create_automation(kept)
    fewer = [thing for thing in real if thing.kind == "work pool" or thing.name == "sync-offers/changes"]
    without = [*fewer[:-1], msgspec.structs.replace(fewer[-1], fields=_unscheduled(fewer[-1].fields))]

    plan = register(client, without)

    assert sum(change.does == "remove" for change in plan.changes) == len(real) - len(fewer)
    assert [(each.name, each.schedules) for each in client.read_deployments()] == [
        ("changes", []),
        ("theirs", []),
    ]
    assert [each.name for each in client.read_automations()] == ["theirs"]
    assert register(client, without).changes == ()
    client.delete_deployment(foreign)
    client.delete_automation(theirs)


def _unscheduled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if not name.startswith("schedule ")}
