"""What Prefect's server knows, read and written in the words of core/registration.py.

Belongs here: one pair of reading and writing for each kind of thing. Does not: what should be there (declared.py).

What people set by hand is never read into a thing, and so never undone: whether a schedule, a deployment, an automation or the work
pool is paused, schedules without a slug (the UI's form makes those), job variables of deployments, limits of the pool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import (
    DeploymentScheduleCreate,
    DeploymentUpdate,
    WorkPoolCreate,
    WorkPoolUpdate,
)
from prefect.client.schemas.objects import ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.schemas.automations import Automation, AutomationCore, EventTrigger

from core.registration import Change, Thing
from deployments import job_template
from deployments.automations import comparable
from deployments.declared import OURS, SCHEDULE
from tasks.paging import paged

Fields = dict[str, Any]


class Server:
    """A Prefect server; it remembers the numbers of what it has read or made."""

    def __init__(self, client: SyncPrefectClient) -> None:
        self._client = client
        self._pools: dict[str, Fields] = {}
        self._deployments: dict[str, UUID] = {}
        self._schedules: dict[tuple[str, str], UUID] = {}
        self._automations: dict[str, Automation] = {}

    def found(self) -> list[Thing]:
        """Everything of the kinds that are declared, ours or not, in the order in which it can be made."""
        return [*self._read_pools(), *self._read_deployments(), *self._read_automations()]

    def carry_out(self, change: Change) -> None:
        """Make one change."""
        after = {name: wanted for name, (_, wanted) in change.fields.items()}
        match change.kind, change.does:
            case "work pool", "create":
                self._client.create_work_pool(WorkPoolCreate(name=change.name, **_pool(after)))
            case "work pool", "change":
                self._change_pool(change.name, after)
            case "deployment", "create":
                self._create_deployment(change.name, after)
            case "deployment", "change":
                self._change_deployment(change.name, change.fields)
            case "deployment", "remove":
                self._client.delete_deployment(self._deployments[change.name])
            case "automation", "create":
                self._client.create_automation(self._automation(change.name, after))
            case "automation", "change":
                self._change_automation(change.name, after)
            case "automation", "remove":
                self._client.delete_automation(self._automations[change.name].id)
            case _:
                raise AssertionError(change)

    # work pools

    def _read_pools(self) -> Iterator[Thing]:
        for pool in self._client.read_work_pools():
            told = {"description": pool.description, "type": pool.type}
            self._pools[pool.name] = {**told, **job_template.fields(pool.base_job_template)}
            yield Thing("work pool", pool.name, self._pools[pool.name], ours=False)

    def _change_pool(self, name: str, after: Fields) -> None:
        """The server takes templates whole: what does not change is sent as it was."""
        told = _pool({**self._pools[name], **after})
        del told["type"]
        self._client.update_work_pool(name, WorkPoolUpdate(**told))

    # deployments

    def _read_deployments(self) -> Iterator[Thing]:
        flows = {flow.id: flow.name for flow in paged(self._client.read_flows)}
        for there in paged(self._client.read_deployments):
            name = f"{flows[there.flow_id]}/{there.name}"
            self._deployments[name] = there.id
            yield Thing("deployment", name, self._fields(name, there), ours=OURS in there.tags)

    def _fields(self, name: str, there: DeploymentResponse) -> Fields:
        limit, options = there.global_concurrency_limit, there.concurrency_options
        fields: Fields = {
            "description": there.description,
            "tags": sorted(there.tags),
            "work_pool_name": there.work_pool_name,
            "entrypoint": there.entrypoint,
            "pull_steps": there.pull_steps,
            "parameters": there.parameters,
            "parameter_openapi_schema": there.parameter_openapi_schema,
            "enforce_parameter_schema": there.enforce_parameter_schema,
            "concurrency_limit": limit.limit if limit else None,
            "concurrency_options": options.model_dump(mode="json", exclude_none=True) if options else None,
        }
        for schedule in there.schedules:
            if schedule.slug:
                self._schedules[name, schedule.slug] = schedule.id
                when = schedule.schedule.model_dump(mode="json")
                fields[SCHEDULE + schedule.slug] = {"schedule": when, "parameters": schedule.parameters}
        return fields

    def _create_deployment(self, name: str, wanted: Fields) -> None:
        flow, _, own_name = name.partition("/")
        schedules = [_schedule(field, told) for field, told in wanted.items() if field.startswith(SCHEDULE)]
        plain = {field: told for field, told in _typed(wanted).items() if not field.startswith(SCHEDULE)}
        flow_id = self._client.create_flow_from_name(flow)
        self._deployments[name] = self._client.create_deployment(
            flow_id, own_name, schedules=schedules, **plain
        )

    def _change_deployment(self, name: str, fields: Mapping[str, tuple[Any, Any]]) -> None:
        number = self._deployments[name]
        plain = {field: after for field, (_, after) in fields.items() if not field.startswith(SCHEDULE)}
        if plain:
            self._client.update_deployment(number, DeploymentUpdate(**_typed(plain)))
        for field, (before, after) in fields.items():
            if field.startswith(SCHEDULE):
                known = self._schedules.get((name, field.removeprefix(SCHEDULE)))
                self._change_schedule(number, known, field, before, after)

    def _change_schedule(
        self, deployment: UUID, known: UUID | None, field: str, before: Fields | None, after: Fields | None
    ) -> None:
        if before is None:
            assert after is not None
            self._client.create_deployment_schedules(deployment, [_schedule(field, after)])
            return
        assert known is not None
        if after is None:
            self._client.delete_deployment_schedule(deployment, known)
        else:
            new = _schedule(field, after)
            self._client.update_deployment_schedule(
                deployment, known, schedule=new.schedule, parameters=new.parameters
            )

    # automations

    def _read_automations(self) -> Iterator[Thing]:
        """Names are not unique on a server: of two deploys at once each may have made one. The second of a name goes."""
        names = {str(number): name for name, number in self._deployments.items()}
        for there in paged(self._client.read_automations):
            name = f"{there.name} ({there.id})" if there.name in self._automations else there.name
            self._automations[name] = there
            trigger = there.trigger
            told = (
                comparable(trigger) if isinstance(trigger, EventTrigger) else trigger.model_dump(mode="json")
            )
            actions = [_renamed(action.model_dump(mode="json"), names) for action in there.actions]
            fields = {"description": there.description, "trigger": told, "actions": actions}
            yield Thing("automation", name, fields, ours=OURS in there.tags)

    def _automation(self, name: str, wanted: Fields) -> AutomationCore:
        numbers = {each: str(number) for each, number in self._deployments.items()}
        actions = [_renamed(action, numbers) for action in wanted["actions"]]
        return AutomationCore(name=name, tags=[OURS], **{**wanted, "actions": actions})

    def _change_automation(self, name: str, wanted: Fields) -> None:
        """The server takes automations whole: what does not change is sent as it was."""
        there = self._automations[name]
        before = there.model_dump(mode="json", include={"description", "trigger", "actions"})
        told = self._automation(name, {**before, **wanted})
        self._client.update_automation(there.id, told.model_copy(update={"enabled": there.enabled}))


def _pool(fields: Fields) -> Fields:
    """What a pool is made of, its template in one."""
    plain = {name: fields[name] for name in ("description", "type")}
    return {**plain, "base_job_template": job_template.template(fields)}


def _schedule(field: str, told: Fields) -> DeploymentScheduleCreate:
    return DeploymentScheduleCreate(slug=field.removeprefix(SCHEDULE), **told)


def _typed(fields: Fields) -> Fields:
    options = fields.get("concurrency_options")
    return fields | ({"concurrency_options": ConcurrencyOptions(**options)} if options else {})


def _renamed(action: Fields, names: Mapping[str, str]) -> Fields:
    """An action with the deployment that it starts by its name, or by its number."""
    started = action.get("deployment_id")
    return action | ({"deployment_id": names.get(started, started)} if started else {})
