"""What becomes of runs at a real Prefect server on PostgreSQL, with a real worker: those that are late, those that die."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun, State, StateType
from sqlalchemy import text

from connectors.region import migrations
from connectors.region.database import Region
from core.recovery import AGAIN, RETRY
from deployments import automations
from deployments.declared import FILE, declared
from deployments.deploy import register
from deployments.processes import Child, end
from deployments.up import _close_interrupted
from tests.operations import Operations, kill, until
from tests.world.walking import WHOLE

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.xdist_group("operations")]
SILENCE = dt.timedelta(seconds=12)  # what the dead runs of these tests are given instead of three heartbeats
SETTLED = dt.timedelta(seconds=10)  # the shortest that Prefect takes
LATE = 5  # late runs of each deployment, at least


def written(name: str, flow: str, tags: Sequence[str] = (), **more: object) -> dict[str, object]:
    return {
        "name": name,
        "description": "A test.",
        "entrypoint": f"tests/mortal.py:{flow}",
        "work_pool": {"name": "boostez"},
        "tags": ["boostez", *tags],
        **more,
    }


def registered(
    client: SyncPrefectClient, folder: Path, *deployments: dict[str, object], silence: dt.timedelta
) -> None:
    """Have the server know these deployments, `recover` and the automations, and nothing else of ours."""
    document = yaml.safe_load(FILE.read_text("utf-8"))
    recover = next(each for each in document["deployments"] if each["name"] == "recover")
    file = folder / "prefect.yaml"
    file.write_text(yaml.safe_dump({**document, "deployments": [recover, *deployments]}), "utf-8")
    things = [thing for thing in declared(file) if thing.kind != "automation"]
    register(client, [*things, *automations.declared(silence, SETTLED)])


def runs_of(client: SyncPrefectClient, deployment: str) -> list[FlowRun]:
    number = client.read_deployment_by_name(deployment).id
    chosen = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[number]))
    return client.read_flow_runs(flow_run_filter=chosen)


def states_of(client: SyncPrefectClient, run: UUID) -> list[str]:
    found = sorted(client.read_flow_run_states(run), key=lambda state: state.timestamp)
    return [state.name or "" for state in found]


def lines(file: Path) -> list[str]:
    return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def workers() -> Iterator[list[Child]]:
    """Those that a test starts are ended, and were alive until then."""
    started: list[Child] = []
    yield started
    if started:
        started[-1].check()
    end([worker.mark for worker in started])


def test_after_a_pause_of_its_worker_each_deployment_has_one_run_to_make_up_for_it(
    ops: Operations, client: SyncPrefectClient, workers: list[Child], tmp_path: Path
) -> None:
    anchor = dt.datetime.now(dt.UTC).isoformat()
    often = {"interval": 1, "anchor_date": anchor, "timezone": "Europe/Paris", "slug": "often"}
    alone = {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    names = ("first", "second")
    registered(
        client,
        tmp_path,
        *(
            written(
                name,
                "tick",
                parameters={"file": str(tmp_path / name)},
                concurrency_limit=alone,
                schedules=[often],
            )
            for name in names
        ),
        silence=automations.SILENCE,
    )

    def late(name: str) -> set[UUID]:
        now = dt.datetime.now(dt.UTC)
        runs = runs_of(client, f"tick/{name}")
        return {run.id for run in runs if run.expected_start_time and run.expected_start_time < now}

    until(lambda: all(len(late(name)) > LATE for name in names))
    waiting = {name: late(name) for name in names}
    workers.append(ops.start("worker", "worker", "--name", "test"))
    until(lambda: all(lines(tmp_path / name) for name in names))

    for name in names:
        left = {run.id: run.state_name for run in runs_of(client, f"tick/{name}") if run.id in waiting[name]}
        assert len(left) <= 1, left
    log = workers[0].log
    assert log is not None
    assert "late runs are forgotten" in log.read_text("utf-8")


def put(client: SyncPrefectClient, deployment: UUID, kind: StateType) -> UUID:
    """A run in this state, which nobody carries out."""
    run = client.create_flow_run_from_deployment(deployment, parameters={"file": "none"}).id
    for each in (StateType.RUNNING, kind):  # one that never ran is Cancelled at once
        state: State[None] = State(type=each)
        client.set_flow_run_state(run, state, force=True)
    assert states_of(client, run)[-1] == kind.value.capitalize()
    return run


def test_a_run_that_somebody_cancelled_is_cancelled_though_nobody_is_there_to_end_it(
    client: SyncPrefectClient, tmp_path: Path
) -> None:
    """Prefect lets it become nothing else, so it was never found dead: it was Cancelling for ever, and held its deployment's one place."""
    registered(client, tmp_path, written("rows", "mortal", [AGAIN]), silence=SETTLED)
    run = put(client, client.read_deployment_by_name("mortal/rows").id, StateType.CANCELLING)
    until(lambda: states_of(client, run)[-1] == "Cancelled")
    assert RETRY not in states_of(client, run)


def test_what_an_earlier_stack_left_under_way_has_crashed_or_is_cancelled(
    ops: Operations, client: SyncPrefectClient
) -> None:
    for left in client.read_flow_runs():  # of other tests, whose deployments are gone
        client.delete_flow_run(left.id)
    deployment = client.create_deployment(client.create_flow_from_name("mortal"), "left")
    kinds = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)
    runs = [put(client, deployment, kind) for kind in kinds]
    _close_interrupted(ops.api)
    assert [states_of(client, run)[-1] for run in runs] == ["Crashed", "Crashed", "Cancelled"]
    client.delete_deployment(deployment)


@pytest.mark.skipif(not WHOLE, reason="minutes on a busy machine: `make test-world` takes it")
def test_a_run_that_died_is_run_again_once_and_only_once(
    ops: Operations, client: SyncPrefectClient, workers: list[Child], tmp_path: Path
) -> None:
    """The obvious automation ran a flow twice: the worker tells of a crash a second time, onto the run that is under way again."""
    region = Region(ops.postgres.url("boostez"))
    migrations.upgrade(region)
    deployments = [written("rows", "mortal", [AGAIN]), written("person", "mortal")]
    registered(client, tmp_path, *deployments, silence=SILENCE)
    workers.append(ops.start("worker", "worker", "--name", "test"))
    rows = client.read_deployment_by_name("mortal/rows").id
    person = client.read_deployment_by_name("mortal/person").id

    def press(deployment: UUID, name: str, **how: object) -> UUID:
        asked = {"file": str(tmp_path / name), **how}
        return client.create_flow_run_from_deployment(deployment, parameters=asked).id

    once, always = press(rows, "once"), press(rows, "always", deaths=9)
    asking, orphan = press(person, "asking"), press(rows, "orphan", waits=True)
    until(lambda: all(lines(tmp_path / name) for name in ("once", "always", "asking", "orphan")))
    until(lambda: all("Crashed" in states_of(client, run) for run in (once, always, asking)))
    kill(workers[0].mark.process())  # the orphan and whoever could tell of it
    workers.append(ops.start("worker-2", "worker", "--name", "test"))

    def ended(run: UUID, *words: str) -> bool:
        states = states_of(client, run)
        return RETRY in states and states[-1] in words

    until(lambda: ended(once, "Completed") and ended(orphan, "Completed") and ended(always, "Crashed"))
    until(lambda: recovered(client, always) >= 2)  # its second death is heard

    assert lines(tmp_path / "once") == lines(tmp_path / "orphan") == ["begun", "begun", "done"]
    assert lines(tmp_path / "always") == ["begun", "begun"]
    assert lines(tmp_path / "asking") == ["begun"]
    assert [states_of(client, run).count(RETRY) for run in (once, orphan, always, asking)] == [1, 1, 1, 0]
    assert states_of(client, always)[-1] == states_of(client, asking)[-1] == "Crashed"
    with region.begin() as connection:
        assert list(connection.scalars(text("SELECT cause FROM alert"))) == ["died mortal/rows"]
    region.dispose()


def recovered(client: SyncPrefectClient, died: UUID) -> int:
    """How many of the runs that were started because this one died have ended: silence may start one more."""
    runs = runs_of(client, automations.RECOVER)
    return sum(run.state_name == "Completed" for run in runs if str(died) in run.parameters["run"])
