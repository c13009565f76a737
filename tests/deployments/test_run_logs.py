"""What processes write with BOOSTEZ_LOG_FORMAT=json: Prefect's in the same form, with the ids of the run, and our commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import prefect
import pytest

from connectors.settings import ROOT, Settings
from deployments import orchestration
from tests.ports import free_port

FLOW = """
import logging
from prefect import flow, get_run_logger, task
from connectors.logs import bound
from connectors.redaction import hide

hide("canary-of-a-secret")

@task
def step():
    get_run_logger().info("in the task")
    with bound(channel="mail", effect_ids=[7]):
        logging.getLogger("connectors.x").warning("a connector has canary-of-a-secret")

@flow(name="a-flow")
def a_flow():
    get_run_logger().info("in the flow")
    step()

a_flow()
"""


def ran(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    told = {**os.environ, "BOOSTEZ_LOG_FORMAT": "json", **environment}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, cwd=ROOT, env=told
    )


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_a_run_s_lines_and_those_of_what_it_calls_have_its_ids() -> None:
    api = prefect.settings.get_current_settings().api.url
    assert api
    done = ran("-c", FLOW, **orchestration.client(Settings(log_format="json")), PREFECT_API_URL=api)
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stderr.splitlines()]
    found = {line["message"]: line for line in lines}
    flow, task = found["in the flow"], found["in the task"]
    connector = found["a connector has [secret]"]
    assert (flow["logger"], flow["flow"]) == ("prefect.flow_runs", "a-flow")
    assert (task["logger"], task["task"]) == ("prefect.task_runs", "step")
    assert "task_run_id" not in flow
    assert {line["flow_run_id"] for line in (flow, task, connector)} == {flow["flow_run_id"]}
    assert connector["task_run_id"] == task["task_run_id"]
    assert (connector["channel"], connector["effect_ids"]) == ("mail", [7])


@pytest.mark.slow
def test_a_command_that_fails_says_so_in_a_line() -> None:
    away = f"postgresql://boostez@127.0.0.1:{free_port()}/none"
    done = ran("-m", "deployments", "status", BOOSTEZ_DATABASE_URL=away)
    (line,) = [json.loads(each) for each in done.stderr.splitlines()]
    assert (done.returncode, line["level"], line["logger"]) == (4, "ERROR", "boostez")
    assert line["message"].startswith("The Region's database does not answer")


@pytest.mark.slow
def test_a_process_that_ends_by_a_mistake_of_ours_says_so_in_a_line() -> None:
    done = ran("-c", "from deployments import cli\ncli.app = lambda **_: 1 / 0\ncli.main()")
    (line,) = [json.loads(each) for each in done.stderr.splitlines()]
    assert (done.returncode, line["level"], line["message"]) == (
        1,
        "CRITICAL",
        "this process ends: ZeroDivisionError",
    )
    assert line["exception"].startswith("Traceback")


@pytest.mark.slow
def test_a_form_that_there_is_not_is_named() -> None:
    done = ran("-m", "deployments", "status", BOOSTEZ_LOG_FORMAT="xml")
    assert done.returncode == 2
    assert "BOOSTEZ_LOG_FORMAT" in done.stderr


def test_text_leaves_prefect_s_own_form() -> None:
    told = orchestration.client(Settings(log_format="text"))
    assert not [name for name in told if name.startswith("PREFECT_LOGGING_")]
