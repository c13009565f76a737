"""A run that died is told once and run again once, as Prefect's own server and the database see it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType

from connectors import clock
from connectors.alert_rules import alert_rules
from connectors.region.alerting import notices
from connectors.settings import Settings
from core.recovery import AGAIN, RETRY
from flows.recover import recover_run
from tasks.recover import recover
from tests.hands import sql
from tests.operations import until
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]
RULES: Final = alert_rules(Settings().alerts_file)
OFFICE: Final = {"default": frozenset({"00000000"})}


@flow(name="mortal-again")
def mortal() -> None:
    """Never run here: its runs are told how they ended."""


def died(name: str, *tags: str) -> str:
    """The resource of a run that crashed, of a deployment with these tags."""
    deployment: Any = mortal.to_deployment(name, tags=list(tags))
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployment.apply())
        state: State[None] = State(type=StateType.CRASHED, name="Crashed")
        client.set_flow_run_state(run.id, state, force=True)
    return f"prefect.flow-run.{run.id}"


def state(resource: str) -> str | None:
    with get_client(sync_client=True) as client:
        return client.read_flow_run(resource.rpartition(".")[2]).state_name  # type: ignore[arg-type]


def monday(now: dt.datetime) -> dt.datetime:
    """Eleven o'clock of the next one that is no holiday: the office is open."""
    day = now.replace(hour=10, minute=0)
    while not (day > now and day.weekday() == 0 and RULES.office.is_open(day)):
        day += dt.timedelta(days=1)
    return day


TRYING = (  # whoever holds the lock, and another who tries
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND query LIKE 'SELECT pg_try_advisory_lock(%' HAVING count(*) > 1"
)


def causes(hub: Hub) -> list[tuple[str, int]]:
    return [(row.cause, row.times) for row in sql(hub.region, "SELECT cause, times FROM alert")]


def test_it_is_told_once_and_run_again_once(flowing: Hub) -> None:
    run = died("rows", AGAIN)
    assert recover_run(run)["again"]
    assert state(run) == RETRY
    assert not recover_run(run)["again"]
    assert causes(flowing) == [("died mortal-again/rows", 1)]
    told = notices.give(flowing.region, RULES, OFFICE, monday(clock.now()))
    assert [each.notice.why for each in told] == ["raised"], "it is over, and told all the same"
    assert recover_run(died("rows", AGAIN))["again"]
    assert causes(flowing) == [("died mortal-again/rows", 2)]
    assert notices.give(flowing.region, RULES, OFFICE, monday(clock.now()) + dt.timedelta(minutes=1)) == [], (
        "nobody is told of each"
    )


def test_of_two_that_recover_one_run_at_once_the_second_sees_what_the_first_did(flowing: Hub) -> None:
    """Silence and death each start one. Both saw Crashed, and the second put a run that a worker had taken back in the queue: it ran twice."""
    run = died("rows", AGAIN).rpartition(".")[2]
    with ThreadPoolExecutor(1) as other, get_client(sync_client=True) as client:
        with flowing.region.sole_recovery(run):
            second = other.submit(recover, flowing.region, run)
            until(lambda: sql(flowing.region, TRYING))
            for word, kind in ((RETRY, StateType.SCHEDULED), ("Running", StateType.RUNNING)):
                now: State[None] = State(type=kind, name=word)
                client.set_flow_run_state(UUID(run), now, force=True)
        _, again = second.result()
    assert not again
    assert state(run) == "Running"
    assert causes(flowing) == []


def test_what_waits_for_a_person_is_left_and_told_by_what_watches_failed_runs(flowing: Hub) -> None:
    run = died("person")
    assert not recover_run(run)["again"]
    assert state(run) == "Crashed"
    assert causes(flowing) == []
