"""The stack's processes: started in groups of their own, ended with everything they started.

Belongs here: starting, watching, ending, recognising what an earlier start left. Does not: which processes (up.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import psutil

from connectors.settings import ROOT
from schemas.errors import Misconfigured, Unreachable

GRACE: Final = 10.0  # seconds between SIGTERM and SIGKILL
_TAIL: Final = 15  # lines of a log that a message shows
_PR_SET_PDEATHSIG: Final = 1


class Mark(msgspec.Struct, frozen=True):
    """What tells a process from a later one with its number."""

    name: str
    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """The process, if it is still that one."""
        try:
            process = psutil.Process(self.pid)
            return process if abs(process.create_time() - self.created) < 1 else None
        except psutil.NoSuchProcess:
            return None


class Child:
    """One process of the stack, its output in a log, or on our terminal without one."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path | None
    ) -> None:
        self.name, self.log = name, logs / f"{name}.log" if logs else None
        with contextlib.ExitStack() as opened:
            log = None
            if self.log:
                self.log.parent.mkdir(parents=True, exist_ok=True)
                log = opened.enter_context(self.log.open("wb"))
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - started from one thread
            )
        self.mark = Mark(name, self._process.pid, psutil.Process(self._process.pid).create_time())

    def code(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Wait for its end; its exit code."""
        return self._process.wait()

    def check(self) -> None:
        """See that it runs.

        Raises:
            Unreachable: it ended; the message shows the end of its log.

        """
        if (code := self.code()) is not None:
            raise Unreachable(f"{self.name} ended with code {code}. The end of {self.log}:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of its log."""
        if self.log is None:
            return ""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-_TAIL:])


def end(marks: Sequence[Mark]) -> None:
    """End these processes and everything they started: politely, then not."""
    family: list[psutil.Process] = []
    for mark in marks:
        if process := mark.process():
            with contextlib.suppress(psutil.NoSuchProcess):
                family += [process, *process.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=GRACE)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=GRACE)


def this_process(name: str) -> Mark:
    """The mark of the process that asks."""
    return Mark(name, os.getpid(), psutil.Process().create_time())


def check_port(port: int, setting: str) -> None:
    """See that a port is free on loopback.

    Raises:
        Misconfigured: it is taken; the message names the setting and, when it can be known, who holds it.

    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Misconfigured(
                f"Port {port} is taken{_holder(port)}. Free it, or set {setting} to another one."
            ) from None


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status == psutil.CONN_LISTEN
                and connection.laddr
                and connection.laddr.port == port
                and connection.pid
            ):
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return ""


def die_with_parent() -> None:
    """Ask the kernel, in a process about to be, for a SIGTERM when its parent dies; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
