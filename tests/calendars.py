"""A calendar server that is not ours: radicale, its independent client, and a bad line to it."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_connection
from threading import Thread
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from connectors.caldav.channel import Calendars
from connectors.caldav.client import CalDav
from connectors.http import Http
from tests.ports import free_port

USER, PASSWORD = "boostez", "not-a-real-password"
PUBLISHER = "https://portail.example"


class Radicale:
    """One server on loopback; every test takes a home of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="radicale-"))
        self.port = free_port()
        (self.folder / "users").write_text(f"{USER}:{PASSWORD}\n")
        self.start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/{USER}"

    def start(self) -> None:
        command = [
            sys.executable, "-m", "radicale", "--server-hosts", f"127.0.0.1:{self.port}",
            "--storage-filesystem-folder", str(self.folder / "storage"), "--auth-type", "htpasswd",
            "--auth-htpasswd-filename", str(self.folder / "users"), "--auth-htpasswd-encryption", "plain",
            "--auth-delay", "0", "--logging-level", "error",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with suppress(OSError), create_connection(("127.0.0.1", self.port)):
                return
            assert self.process.poll() is None, "radicale ended at once"
            time.sleep(0.02)
        raise AssertionError("radicale does not listen")

    def forget(self) -> None:
        """Every calendar goes."""
        for calendar in (self.folder / "storage" / "collection-root" / USER).glob("[!.]*"):
            shutil.rmtree(calendar)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder)

    def witness(self, calendar: str) -> Any:
        """The calendar as a client that shares no code with ours has it."""
        from caldav.davclient import DAVClient

        client: Any = DAVClient(f"{self.base}/", username=USER, password=PASSWORD)
        return client.calendar(url=f"{self.base}/{calendar}/")


@pytest.fixture(scope="session")
def radicale() -> Iterator[Radicale]:
    server = Radicale()
    yield server
    server.close()


@contextmanager
def server_at(base: str, password: str = PASSWORD) -> Iterator[CalDav]:
    made = CalDav(Http(base, setting="BOOSTEZ_CALDAV_URL", timeout=5), USER, SecretStr(password))
    yield made
    made.close()


@pytest.fixture
def server(radicale: Radicale) -> Iterator[CalDav]:
    with server_at(radicale.base) as made:
        yield made


@pytest.fixture
def calendars(server: CalDav) -> Calendars:
    return Calendars(server, PUBLISHER)


_PAGE = b"<!DOCTYPE html><title>Maintenance</title>"
Trouble = Literal["", "lost before", "lost after", "500 after", "a page instead"]


class Line(ThreadingHTTPServer):
    """A line to a server that troubles one write, or lets somebody be faster: ``meanwhile`` happens before the next."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Relay)
        self.port = port
        self.trouble: Trouble = ""
        self.meanwhile: Callable[[], object] = lambda: None
        self.asked: list[str] = []
        self.answered: list[tuple[str, int]] = []  # by the server itself

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{USER}"


class _Relay(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def _relay(self) -> None:
        line = self.server
        assert isinstance(line, Line)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        line.asked.append(self.command)
        trouble: Trouble = ""
        if self.command in {"PUT", "DELETE", "MKCALENDAR"}:
            trouble, line.trouble = line.trouble, ""
            happens, line.meanwhile = line.meanwhile, lambda: None
            happens()
        if trouble == "lost before":
            return
        if trouble == "a page instead":
            self.send_response(200)
            self.send_header("Content-Length", str(len(_PAGE)))
            self.end_headers()
            self.wfile.write(_PAGE)
            return
        connection = http.client.HTTPConnection("127.0.0.1", line.port, timeout=10)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        line.answered.append((self.command, answer.status))
        if trouble == "lost after":
            return
        self.send_response(500 if trouble else answer.status)
        for name in ("ETag", "Content-Type", "Content-Encoding"):
            if value := answer.headers.get(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_DELETE = do_MKCALENDAR = do_REPORT = do_PROPFIND = _relay  # noqa: N815 - the base's names


@pytest.fixture
def line(radicale: Radicale) -> Iterator[Line]:
    with Line(radicale.port) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()
