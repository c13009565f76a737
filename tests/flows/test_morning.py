"""The morning page: what is on it, and what solves it, on a hub with something of everything."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from connectors.region.alerting import alerts
from connectors.region.ledger import channel_state
from core.morning import Line, Morning
from flows.morning import morning
from flows.offers import sync_offers
from tasks.morning import KEY
from tests.flows.stories import is_json, table
from tests.hands import sql
from tests.makers import NOON
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(2, 2), pytest.mark.slow]


def look() -> dict[str, tuple[Line, ...]]:
    told = morning()
    assert is_json(told)
    return {part.title: part.lines for part in msgspec.convert(told, Morning).parts}


@flow(name="pressed")
def pressed() -> None:
    """Never run here: its runs are told how they ended."""


def ended(name: str, *how: StateType) -> tuple[str, list[str]]:
    registered: Any = pressed.to_deployment(name)
    number, runs = registered.apply(), []
    with get_client(sync_client=True) as client:
        for each in how:
            run = client.create_flow_run_from_deployment(number)
            state: State[None] = State(type=each)
            client.set_flow_run_state(run.id, state, force=True)
            runs.append(str(run.id))
    return str(number), runs


@pytest.mark.usefixtures("flowing")
def test_where_nothing_happened_each_part_says_so() -> None:
    parts = look()
    quiet = {title for title, lines in parts.items() if not lines}
    assert quiet >= {
        "What waits for a decision",
        "What is parked, unknown or held",
        "What drifts",
        "What is late",
        "Alerts",
    }
    assert {line.figure for line in parts["Service levels"]} == {"nothing measured yet"}
    assert "Nothing waits for a decision." in table(KEY)


def test_what_failed_is_stuck_drifts_or_is_late_is_there_with_what_solves_it(flowing: Hub) -> None:
    region, now = flowing.region, dt.datetime.now(dt.UTC)
    settle, _ = ended("settle", StateType.COMPLETED)
    _, (_, broken) = ended("broken", StateType.COMPLETED, StateType.CRASHED)
    sync_offers(full=True)
    sql(region, "UPDATE run SET started_at = :at, finished_at = :at", at=now - dt.timedelta(hours=3))
    sql(
        region,
        "UPDATE effect SET state = 'unknown' WHERE channel = 'facebook_page' AND id = (SELECT min(id) FROM effect WHERE channel = 'facebook_page')",
    )
    channel_state.pause(region, "open_portal", "the disk is full")
    alerts.sound(region, "drift aggregator_feed", "aggregator_feed differs", "…", NOON)
    alerts.sound(region, "source contractor", "contractor is away", "…", NOON)
    sql(
        region,
        "INSERT INTO held_plan (kind, place, guard, message, hash, numbers, examples, flow_run) "
        "VALUES ('source', 'contractor', 'fall', '600 would go', 'abc', '{}', '[]', '0198c8a2-0000-7000-8000-000000000000')",
    )
    parts = look()
    (failed,) = [line for line in parts["What ran since yesterday"] if line.what == "broken"]
    assert failed.figure == "1 failed or crashed, 1 completed"
    assert failed.button is not None
    assert failed.button.address.endswith(f"/runs/flow-run/{broken}")
    (plan,) = parts["What waits for a decision"]
    assert (plan.what, plan.command) == ("Plan 1: 600 would go", "boostez plan show 1")
    assert plan.button is not None
    assert plan.button.address.endswith("/runs/flow-run/0198c8a2-0000-7000-8000-000000000000")
    stuck = {line.what: line for line in parts["What is parked, unknown or held"]}
    assert stuck["open_portal is paused: the disk is full"].command == "boostez channel resume open_portal"
    unknown = stuck["facebook_page: may have happened"]
    assert unknown.button is not None
    assert unknown.button.address.endswith(f"/deployments/deployment/{settle}")
    assert [line.command for line in parts["What drifts"]] == ["boostez audit aggregator_feed --heal"]
    assert [line.command for line in parts["What is late"]] == ["boostez sync offers"]
    assert [line.what for line in parts["Alerts"]] == ["contractor is away"]
    fresh = parts["Service levels"][0]
    assert fresh.what.endswith(", 3 h ago")
    assert int(fresh.figure.partition("%")[0]) > 4900, "for half of three hours, of which one per cent may be"
    assert fresh.command == "docs/runbook/service-levels.md"
    assert "[look at the newest" in table(KEY)
