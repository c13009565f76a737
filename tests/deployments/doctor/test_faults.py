"""What the doctor finds: nothing where all is well, and of faults that are planted one at a time in real things exactly that one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.states import Running
from psutil import Process

from deployments.doctor.orchestration import stuck
from tests.conftest import TestServer
from tests.deployments.doctor.conftest import Stand, examined
from tests.deployments.doctor.faults import PLANTS, Ground, long_run

pytestmark = [pytest.mark.database, pytest.mark.xdist_group("doctor")]


def test_where_all_is_well_nothing_is_bad_and_nothing_to_do(stand: Stand) -> None:
    found = examined(stand.case)
    assert {name: r for name, r in found.items() if r.verdict not in {"good", "not asked"}} == {}
    assert {name for name, r in found.items() if r.verdict == "not asked"} == {
        "calendars",
        "dead man's switch",
        "traces",
        "identity provider",
    }
    assert [name for name, r in found.items() if r.todo] == []


def test_a_long_run_whose_heart_beats_is_not_stuck(stand: Stand) -> None:
    with long_run(stand, Running()) as run:
        said = {
            "occurred": dt.datetime.now(dt.UTC).isoformat(),
            "event": "prefect.flow-run.heartbeat",
            "resource": {"prefect.resource.id": f"prefect.flow-run.{run.id}"},
            "id": str(uuid4()),
        }
        stand.client.request("POST", "/events", json=[said])
        found = stuck(stand.case)
        for _ in range(100):
            if found.verdict == "good":
                break
            Process().cpu_percent(0.1)  # the server keeps events in batches
            found = stuck(stand.case)
    assert found.seen == "1 long runs, all alive"


@pytest.mark.parametrize("fault", PLANTS)
def test_a_planted_fault_is_the_one_that_is_named_with_what_to_do(
    stand: Stand,
    postgres_server: TestServer,
    template: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    plant, finds, seen, todo = PLANTS[fault]
    stand.poll()
    with plant(Ground(stand, postgres_server, template, tmp_path, monkeypatch)) as case:
        found = examined(case)
    assert {name for name, result in found.items() if result.verdict in {"bad", "warning"}} == {finds}, found
    assert found[finds].verdict == "bad"
    assert seen in found[finds].seen
    assert todo in found[finds].todo
    assert "secret/of/ours" not in str(found)
