"""What prefect.yaml registers: flows that exist, forms that staff can fill, schedules that an hour's change does not hit."""

from __future__ import annotations

import asyncio
import datetime as dt
from importlib import import_module
from typing import Any, cast, get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import yaml
from prefect import Flow
from prefect._internal.engine import resolve_custom_flow_run_name
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.server.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from connectors.region.digests import approvals
from connectors.region.digests.approvals import Approval
from connectors.region.publishing import plans
from connectors.region.publishing.plans import Held
from connectors.registry import CHANNELS, EVERY, SOURCES, WANTED
from connectors.settings import ROOT
from core.alert_rules import Pillar
from core.recovery import AGAIN
from flows import approve_digest, decide
from schemas.errors import Cause
from tasks import digests, postings
from tasks.tell import DECIDE

WRITTEN = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
DEPLOYMENTS: dict[str, dict[str, Any]] = {each["name"]: each for each in WRITTEN["deployments"]}
CRONS = [
    pytest.param(schedule, id=f"{name} {schedule['cron']}")
    for name, deployment in DEPLOYMENTS.items()
    for schedule in deployment.get("schedules", ())
    if "cron" in schedule
]
INTERVALS = {
    name: schedule
    for name, deployment in DEPLOYMENTS.items()
    for schedule in deployment.get("schedules", ())
    if "cron" not in schedule
}
SCHEDULED = [name for name, deployment in DEPLOYMENTS.items() if "schedules" in deployment]
NEXT_TICK_SOON = dt.timedelta(minutes=10)
CHOICES = {
    ("changes", "source"): {*SOURCES},
    ("full", "source"): {*SOURCES},
    ("audit", "channel"): {*CHANNELS, *WANTED, None},
    ("withdraw", "source"): {*SOURCES, None},
    ("quarantine", "source"): {*SOURCES, None},
    ("channel", "channel"): {*CHANNELS, *WANTED},
    ("effects", "channel"): {*EVERY, None},
    ("import", "source"): {"sheet", "partner"},
}

EXAMPLES: dict[str, Any] = {
    **dict.fromkeys(("plan", "posting", "revision", "proposal", "approval"), 1),
    "run": "0198c8a2-0000-7000-8000-000000000000",
    "starts": "2026-12-08T18:30:00",
    "minutes": 120,
    "capacity": 40,
    "first": "2027-01-11",
    "verdict": "refuse",
    "role": "press",
}


def flow_of(name: str) -> Flow[..., Any]:
    path, _, function = DEPLOYMENTS[name]["entrypoint"].partition(":")
    assert (ROOT / path).exists()
    found = getattr(import_module(path.removesuffix(".py").replace("/", ".")), function)
    assert isinstance(found, Flow)
    return found


def test_every_button_is_there_once() -> None:
    assert len(DEPLOYMENTS) == len(WRITTEN["deployments"])
    assert set(DEPLOYMENTS) >= {
        *("changes", "full", "settle", "audit", "decide", "withdraw"),
        *("quarantine", "channel", "effects", "postings", "posting", "import"),
    }


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_s_flow_exists_and_takes_its_parameters(name: str) -> None:
    deployment, flow = DEPLOYMENTS[name], flow_of(name)
    assert deployment["description"].endswith(".")
    assert "boostez" in deployment["tags"]
    assert deployment["work_pool"] == {"name": "boostez"}
    given = deployment.get("parameters", {})
    assert set(given) <= set(parameter_schema(flow).properties)
    missing = {wanted: EXAMPLES.get(wanted, "Camille") for wanted in parameter_schema(flow).required}
    assert flow.validate_parameters({**missing, **given}) is not None


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_s_tags_say_its_pillar(name: str) -> None:
    assert len({*get_args(Pillar)} & {*DEPLOYMENTS[name]["tags"]}) == 1


@pytest.mark.parametrize("name", DEPLOYMENTS)
@pytest.mark.usefixtures("region_of_what_waits")
def test_a_run_is_named_after_what_it_does_whatever_is_left_out(name: str) -> None:
    """Scheduled runs that lack a name keep Prefect's own, "tangible-robin"; a name that fails would fail the run."""
    flow, given = flow_of(name), DEPLOYMENTS[name].get("parameters", {})
    wanted = parameter_schema(flow).required
    parameters = {**{each: EXAMPLES.get(each, "Camille") for each in wanted}, **given}
    run = FlowRun(flow_id=uuid4(), name="tangible-robin")
    context = cast(Any, FlowRunContext)  # what a name is made from, and no engine
    with context.model_construct(flow=flow, flow_run=run, parameters=parameters):
        told = resolve_custom_flow_run_name(flow, parameters)
    assert 4 < len(told) <= 60
    assert not {"None", "tangible-robin"} & {*told.split()}


@pytest.fixture
def region_of_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision is named after what waits for it."""
    held = Held(
        1, "source", "contractor", "fall", "", "", {"now": 28}, [], "waiting", dt.datetime.now(dt.UTC)
    )
    asked = Approval(1, "press", "", (), "waiting", held.raised_at, None, None, None, None)
    for module in (decide, approve_digest):
        monkeypatch.setattr(module, "safe_region", lambda: None)
    monkeypatch.setattr(plans, "get", lambda *_: held)
    monkeypatch.setattr(approvals, "get", lambda *_: asked)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_form_explains_every_field(name: str) -> None:
    """Prefect takes descriptions from the flow's docstring; those of an annotation never reached the form."""
    fields = parameter_schema(flow_of(name)).properties
    assert [field for field, told in fields.items() if len(told.get("description") or "") < 10] == []


@pytest.mark.parametrize(("name", "field"), CHOICES)
def test_a_form_offers_what_there_is_to_choose(name: str, field: str) -> None:
    """Of what may be left out each way has its own list: the newer UI shows a list beside both as a box to type in."""
    told = parameter_schema(flow_of(name)).properties[field]
    ways = told.get("anyOf", [told])
    assert {each for way in ways for each in way.get("enum", [None])} == CHOICES[name, field]
    assert all(way["title"] for way in ways if way["type"] != "null")


@pytest.mark.parametrize("name", ["quarantine", "channel", "effects", "import"])
def test_a_replay_is_dry_unless_somebody_switches_it_off(name: str) -> None:
    told = parameter_schema(flow_of(name)).properties["dry_run"]
    assert (told["type"], told["default"]) == ("boolean", True)
    assert "dry_run" not in DEPLOYMENTS[name].get("parameters", {})
    assert DEPLOYMENTS[name]["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_retention_only_tells_when_it_is_pressed_and_does_it_at_night() -> None:
    """The one button that erases for good: whoever presses it out of curiosity erases nobody. How the night's run knows: retention.py."""
    told = parameter_schema(flow_of("retention")).properties["dry_run"]
    assert (told["type"], told["default"]) == ("boolean", True)
    assert "dry_run" not in DEPLOYMENTS["retention"].get("parameters", {})
    (night,) = DEPLOYMENTS["retention"]["schedules"]
    assert night == {"cron": "40 4 * * *", "timezone": "Europe/Paris", "slug": "night"}


def test_the_form_for_effects_names_every_cause_and_warns_of_the_parked_ones() -> None:
    fields = parameter_schema(flow_of("effects")).properties
    named, nothing = fields["cause"]["anyOf"]
    assert (set(named["enum"]), nothing) == ({*get_args(Cause)}, {"type": "null"})
    assert fields["parked"]["default"] is False
    assert "twice" in fields["parked"]["description"]


@pytest.mark.parametrize("asked", [DECIDE, postings.DECIDE, digests.APPROVE])
def test_who_asks_for_a_decision_finds_the_form(asked: str) -> None:
    flow, _, deployment = asked.partition("/")
    assert flow_of(deployment).name == flow


def test_the_heartbeat_beats_also_between_two_and_three() -> None:
    """An hour of silence a night would be a death a night, to whoever listens outside."""
    (schedule,) = DEPLOYMENTS["heartbeat"]["schedules"]
    assert (schedule["interval"], schedule["timezone"]) == (120, "UTC")


def test_there_are_schedules() -> None:
    assert len(CRONS) >= 4


def test_alerts_go_on_at_every_hour_also_when_clocks_change() -> None:
    """Between two and three at night nothing else runs. An anchor of its own: without one, every deployment changed it."""
    assert INTERVALS["alerts"] == {
        "interval": 60,
        "anchor_date": "2026-01-01T00:00:00+00:00",
        "timezone": "UTC",
        "slug": "every-minute",
    }


@pytest.mark.parametrize("name", SCHEDULED)
def test_what_runs_by_itself_never_runs_twice_at_once_and_its_schedules_have_names(name: str) -> None:
    """`boostez deploy` knows a schedule by its slug: without one it would be made anew, and what was paused would start."""
    assert DEPLOYMENTS[name]["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    slugs = [schedule["slug"] for schedule in DEPLOYMENTS[name]["schedules"]]
    assert len(set(slugs)) == len(slugs)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_what_is_run_again_when_it_died_is_what_comes_by_itself_but_seldom(name: str) -> None:
    """Its flow finds its work in rows. Of what comes more often the next run does it; what a person presses is theirs."""
    seldom = any(gap(schedule) > NEXT_TICK_SOON for schedule in DEPLOYMENTS[name].get("schedules", ()))
    assert (AGAIN in DEPLOYMENTS[name]["tags"]) is seldom
    assert not {AGAIN, "decision"} <= set(DEPLOYMENTS[name]["tags"])


def gap(schedule: dict[str, Any]) -> dt.timedelta:
    """The time between two runs, at noon."""
    if "interval" in schedule:
        return dt.timedelta(seconds=schedule["interval"])
    cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
    first, second = asyncio.run(cron.get_dates(n=2, start=dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)))
    return second - first


@pytest.mark.parametrize("schedule", CRONS)
@pytest.mark.parametrize("day", ["2026-11-24", "2027-03-28", "2027-10-31"])
def test_nothing_fires_between_two_and_three(schedule: dict[str, Any], day: str) -> None:
    """That hour is missing in March and comes twice in October."""
    paris = ZoneInfo("Europe/Paris")
    begin = dt.datetime.fromisoformat(day).replace(tzinfo=paris)
    assert schedule["timezone"] == "Europe/Paris"
    cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])

    fired = asyncio.run(cron.get_dates(n=500, start=begin, end=begin + dt.timedelta(days=1)))

    assert fired
    assert [at for at in fired if at.astimezone(paris).hour == 2] == []
