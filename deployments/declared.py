"""What Prefect's server must know, as it is declared: the work pool, prefect.yaml, the automations.

Belongs here: reading the declarations into comparable values. Does not: an automation (automations.py), a comparison
(core/registration.py) or the server (server.py).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import SCHEDULE_TYPES
from prefect.utilities.callables import parameter_schema
from pydantic import TypeAdapter, ValidationError

from connectors.settings import ROOT, settings
from core.registration import Thing
from deployments import automations, job_template
from deployments.stack import open_settings
from schemas.errors import Misconfigured

POOL: Final = "boostez"
OURS: Final = "boostez"  # the tag on all that is ours
SCHEDULE: Final = "schedule "  # a schedule is a field of its deployment, named after its slug
FILE: Final = ROOT / "prefect.yaml"
_SCHEDULES: Final[TypeAdapter[SCHEDULE_TYPES]] = TypeAdapter(SCHEDULE_TYPES)


class _Pool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Literal["boostez"]


class _Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: int
    collision_strategy: Literal["CANCEL_NEW", "ENQUEUE"]


class _Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    slug: str  # what a server knows it by
    timezone: str
    cron: str | None = None
    interval: float | None = None  # seconds, from its anchor
    anchor_date: str | None = None
    parameters: dict[str, Any] = {}

    def __post_init__(self) -> None:
        """Without an anchor an interval begins when it is read: it would be another one each time."""
        if (self.cron is None) is (self.interval is None or self.anchor_date is None):
            raise ValueError("a schedule has a cron, or an interval with its anchor_date")


class _Deployment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    description: str
    entrypoint: str
    work_pool: _Pool
    tags: tuple[str, ...]
    concurrency_limit: _Limit | None = None
    parameters: dict[str, Any] = {}
    schedules: tuple[_Schedule, ...] = ()


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    pull: list[dict[str, Any]]
    deployments: tuple[_Deployment, ...]
    definitions: dict[str, Any] = {}


def declared(file: Path = FILE) -> tuple[Thing, ...]:
    """Everything, in the order in which it can be made.

    Raises:
        Misconfigured: the file is not as it should be; the message says where.

    """
    try:
        document = msgspec.convert(yaml.safe_load(file.read_text("utf-8")), _Document)
        return (
            _pool(),
            *(_deployment(each, document.pull) for each in document.deployments),
            *automations.declared(),
        )
    except (msgspec.ValidationError, yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"{file}: {error}") from error


def _pool() -> Thing:
    """Runs are processes of their worker, or pods of the image that BOOSTEZ_POD_IMAGE names."""
    image = settings().pod_image
    kind, template = (
        ("kubernetes", job_template.pod(image, open_settings()))
        if image
        else ("process", job_template.process())
    )
    told = {"description": "Everything that Boostez runs.", "type": kind}
    return Thing("work pool", POOL, {**told, **job_template.fields(template)})


def _deployment(written: _Deployment, pull: list[dict[str, Any]]) -> Thing:
    flow, limit = _flow(written.entrypoint), written.concurrency_limit
    return Thing(
        "deployment",
        f"{flow.name}/{written.name}",
        {
            "description": written.description,
            "tags": sorted(written.tags),
            "work_pool_name": written.work_pool.name,
            "entrypoint": written.entrypoint,
            "pull_steps": pull,
            "parameters": written.parameters,
            "parameter_openapi_schema": parameter_schema(flow).model_dump(mode="json", exclude_unset=True),
            "enforce_parameter_schema": True,
            "concurrency_limit": limit.limit if limit else None,
            "concurrency_options": {"collision_strategy": limit.collision_strategy} if limit else None,
            **dict(_schedule(each) for each in written.schedules),
        },
    )


def _schedule(written: _Schedule) -> tuple[str, dict[str, Any]]:
    """A schedule under its slug: what Prefect makes of it, and its parameters. Whether it is active is for people to say."""
    when = msgspec.to_builtins(written)
    del when["slug"]
    when.pop("parameters", None)
    schedule = _SCHEDULES.validate_python(when)
    return SCHEDULE + written.slug, {
        "schedule": schedule.model_dump(mode="json"),
        "parameters": written.parameters,
    }


def _flow(entrypoint: str) -> Flow[..., Any]:
    path, _, name = entrypoint.partition(":")
    found = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert isinstance(found, Flow)
    return found
