"""`boostez up` as a user meets it: as a process, with its signals, its exit codes and what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deployments import postgres, prefect_api, processes, stack
from deployments.stack import Stack
from deployments.up import Stopped, _signals
from sandbox.app import create_app
from sandbox.server import running
from tests.ports import free_pair, free_port

PATIENCE = 120  # seconds for what takes 30 on an idle machine


class Up:
    """A `boostez up` under way, and every process that it was seen to start."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        self.home, self.seen = home, dict[psutil.Process, None]()
        self.output = home.with_name(f"output-{time.monotonic_ns()}")
        with self.output.open("wb") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "deployments", "up"],
                env={**os.environ, **environment},
                cwd=home.parent,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text("utf-8")

    def until(self, condition: Callable[[], object]) -> None:
        """Wait, for a process of another time than ours, and note what it starts."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"nothing after {PATIENCE} s:\n{self.said()}"
            if self.popen.poll() is None:
                self.seen.update(dict.fromkeys(psutil.Process(self.popen.pid).children(recursive=True)))
                if server := postgres.postmaster(self.home / "postgres"):
                    self.seen[server] = None
            psutil.Process().cpu_percent(0.1)

    def until_said(self, words: str) -> None:
        self.until(lambda: words in self.said() or self.popen.poll() is not None)
        assert words in self.said(), self.said()

    def until_ended(self) -> int:
        self.until(lambda: self.popen.poll() is not None)
        return self.popen.returncode

    def alive(self) -> list[str]:
        """What still runs; a process without a command line is about to be gone."""
        return [
            " ".join(process.cmdline())
            for process in self.seen
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE and process.cmdline()
        ]

    def record(self) -> Stack:
        recorded = stack.running(self.home)
        assert recorded is not None
        return recorded


@pytest.fixture
def environment(home: Path) -> Iterator[dict[str, str]]:
    """Settings of a stack of its own, with a contractor of sixty offers."""
    with running(create_app(None, jobs=30, trainings=30)) as sandbox:
        yield {
            "BOOSTEZ_HOME": str(home),
            "BOOSTEZ_CONTRACTOR_URL": sandbox,
            "BOOSTEZ_FACEBOOK_GRAPH_URL": f"{sandbox}/graph",
            "BOOSTEZ_PREFECT_PORT": str(free_port()),
            "BOOSTEZ_PORTAL_PORT": str(free_port()),
            "BOOSTEZ_SANDBOX_PORT": str(free_pair()),
            "BOOSTEZ_QUARANTINE_BUDGET": "1",
        }


@pytest.fixture
def start(environment: dict[str, str], home: Path) -> Iterator[Callable[[], Up]]:
    ups: list[Up] = []

    def started() -> Up:
        ups.append(Up(environment, home))
        return ups[-1]

    yield started
    for up in ups:
        if up.popen.poll() is None:
            up.popen.send_signal(signal.SIGTERM)
            up.popen.wait(PATIENCE)
    if left := stack.recorded(home):
        processes.end(left.marks)
    postgres.start(home / "postgres").stop()


@pytest.mark.slow
def test_a_busy_port_is_told_before_anything_starts(
    environment: dict[str, str], start: Callable[[], Up]
) -> None:
    with socket.create_server(("127.0.0.1", int(environment["BOOSTEZ_PORTAL_PORT"]))):
        up = start()
        assert up.until_ended() == 2
    assert "BOOSTEZ_PORTAL_PORT" in up.said()
    assert f"process {os.getpid()}" in up.said()
    assert not (up.home / "postgres").exists()


def prefect(record: Stack, path: str, **body: object) -> Any:
    assert record.prefect_api_url
    if body:
        return prefect_api.post(record.prefect_api_url, path, body)
    answer = httpx.get(f"{record.prefect_api_url}/{path}", timeout=30)
    answer.raise_for_status()
    return answer.json()


def press_from_another_page(record: Stack) -> httpx.Response:
    """What any page that a browser shows on this machine could send: it starts a run of the whole catalogue."""
    deployment = prefect(record, "deployments/name/sync-offers/full")["id"]
    address = f"{record.prefect_api_url}/deployments/{deployment}/create_flow_run"
    return httpx.post(address, json={}, headers={"Origin": "https://elsewhere.example"}, timeout=30)


def hold_the_only_place(record: Stack) -> str:
    """A run of a deployment that a worker was about to start, it says; its id. No process is needed for that."""
    deployment = prefect(record, "deployments/name/sync-offers/full")["id"]
    later = {"type": "SCHEDULED", "state_details": {"scheduled_time": "2100-01-01T00:00:00Z"}}
    run = str(prefect(record, f"deployments/{deployment}/create_flow_run", state=later)["id"])
    prefect(record, f"flow_runs/{run}/set_state", state={"type": "PENDING"})
    assert place_and_state(record, run) == (1, "Pending")
    return run


def place_and_state(record: Stack, run: str) -> tuple[int, str]:
    deployment = prefect(record, "deployments/name/sync-offers/full")
    state = prefect(record, f"flow_runs/{run}")["state_name"]
    return deployment["global_concurrency_limit"]["active_slots"], state


@pytest.mark.stack
@pytest.mark.slow
def test_a_sync_dies_with_the_stack_that_started_it(start: Callable[[], Up]) -> None:
    up = start()

    def syncs() -> list[psutil.Process]:
        marks = (stack.recorded(up.home) or Stack("", "")).marks
        return [process for mark in marks if mark.name == "sync" and (process := mark.process())]

    up.until(syncs)
    (sync,) = syncs()
    up.popen.kill()
    up.popen.wait()
    up.until(lambda: not sync.is_running() or sync.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.stack
@pytest.mark.slow
def test_a_killed_stack_starts_again_and_a_stopped_one_leaves_nothing(start: Callable[[], Up]) -> None:
    first = start()
    first.until_said("Ctrl-C stops it")
    record = first.record()
    assert stat.S_IMODE((first.home / "stack.json").stat().st_mode) == 0o600

    second = start()
    assert second.until_ended() != 0
    assert str(first.home) in second.said()
    assert stack.running(first.home) == record

    refused = press_from_another_page(record)
    assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False)
    run = hold_the_only_place(record)
    first.popen.kill()
    first.popen.wait()
    assert stack.running(first.home) is None

    third = start()
    third.until_said("Ctrl-C stops it")
    assert place_and_state(record, run) == (0, "Crashed")
    assert not [
        command for command in first.alive() if "postgres" not in command
    ]  # that server was taken over
    os.killpg(third.popen.pid, signal.SIGINT)  # as a terminal does
    assert third.until_ended() == 0
    assert not first.alive()
    assert not third.alive()
    assert not (third.home / "stack.json").exists()


@pytest.mark.stack
@pytest.mark.slow
def test_a_part_that_dies_stops_everything_and_is_named(start: Callable[[], Up]) -> None:
    up = start()
    up.until_said("Ctrl-C stops it")
    portal = next(mark for mark in up.record().marks if mark.name == "portal").process()
    assert portal is not None
    portal.kill()
    assert up.until_ended() == 4
    assert "portal" in up.said().splitlines()[-1] or "portal ended" in up.said()
    assert not up.alive()


@pytest.mark.stack
@pytest.mark.slow
def test_a_start_that_is_interrupted_leaves_nothing(start: Callable[[], Up]) -> None:
    up = start()
    up.until_said("database ready")
    up.popen.send_signal(signal.SIGTERM)
    up.until_ended()
    assert not up.alive()
    assert postgres.postmaster(up.home / "postgres") is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_stop_that_the_interpreter_dropped_is_raised_again() -> None:
    """A stop came while a child was being forked: it was raised inside a hook, dropped, and the start went on."""

    class Dropping:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    with _signals():
        dropping = Dropping()
        del dropping
        with pytest.raises(Stopped):
            time.sleep(10)
