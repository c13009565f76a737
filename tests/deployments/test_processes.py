from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from deployments import processes
from deployments.processes import Child, Mark
from schemas.errors import Misconfigured, Unreachable

SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
WITH_CHILD = (
    f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}], start_new_session=True)"
)
STARTER = f"""
import os, sys, time
from pathlib import Path
from deployments.processes import Child
print(Child("child", [sys.executable, "-c", {SLEEP!r}], os.environ, Path(sys.argv[1])).mark.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path) -> Callable[[str], Child]:
    def started(program: str) -> Child:
        return Child("child", [sys.executable, "-c", program], os.environ, tmp_path)

    return started


def wait(until: Callable[[], object]) -> None:
    """Wait for another process: there is no clock to pass to it."""
    for _ in range(1_000):
        if until():
            return
        psutil.Process().cpu_percent(0.01)
    pytest.fail("ten seconds were not enough")


def test_a_child_ends_with_everything_it_started(start: Callable[[str], Child]) -> None:
    child = start(WITH_CHILD)
    leader = psutil.Process(child.mark.pid)
    wait(leader.children)
    family = [leader, *leader.children(recursive=True)]
    processes.end([child.mark])
    assert child.code() is not None
    assert not any(process.is_running() for process in family)


def test_a_child_that_ignores_sigterm_is_killed(
    start: Callable[[str], Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE", 0.2)
    child = start(STUBBORN)
    wait(child.tail)
    process = psutil.Process(child.mark.pid)
    processes.end([child.mark])
    assert not process.is_running()


def test_a_later_process_with_the_same_number_is_left_alone(start: Callable[[str], Child]) -> None:
    child = start(SLEEP)
    stale = msgspec.structs.replace(child.mark, created=child.mark.created - 3600)
    processes.end([stale, Mark("gone", 2**22 + 1, 0.0)])
    assert child.code() is None
    processes.end([child.mark])


def test_a_child_that_ended_is_told_with_the_end_of_its_log(start: Callable[[str], Child]) -> None:
    child = start("import sys; sys.exit('the disk is full')")
    child.wait()
    with pytest.raises(Unreachable, match=r"child ended with code 1[^$]*the disk is full"):
        child.check()


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_a_child_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER, tmp_path], stdout=subprocess.PIPE, text=True)
    assert starter.stdout
    child = psutil.Process(int(starter.stdout.readline()))
    starter.kill()
    starter.communicate()
    wait(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_taken_port_names_the_setting_and_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        with pytest.raises(
            Misconfigured, match=rf"{port} is taken by process {os.getpid()} .*BOOSTEZ_X_PORT"
        ):
            processes.check_port(port, "BOOSTEZ_X_PORT")
    processes.check_port(port, "BOOSTEZ_X_PORT")
