"""An outside system that does as it is told: a real server on loopback, one answer a call."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


class Handler(BaseHTTPRequestHandler):
    """Gives the server's answers, one a call, the last one for ever."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def _serve(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server.calls.append((self.command, self.path, body, dict(self.headers)))
        answer = server.answers[min(len(server.calls), len(server.answers)) - 1]
        answer(self)

    do_GET = do_POST = do_PUT = do_DELETE = do_PROPFIND = do_REPORT = do_MKCALENDAR = _serve  # noqa: N815 - the base's names


class Server(ThreadingHTTPServer):
    """An outside system that does as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = [says(200, b"{}")]
        self.calls: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.release = Event()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with suppress(OSError):
            handler.wfile.write(body)

    return answer


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Half a body, then nothing."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"items":[')
    handler.close_connection = True


def reset(handler: BaseHTTPRequestHandler) -> None:
    """A connection torn down without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    handler.close_connection = True
    handler.connection.close()


def hang(handler: BaseHTTPRequestHandler) -> None:
    """No answer until the test ends."""
    assert isinstance(handler.server, Server)
    handler.server.release.wait(30)
    handler.close_connection = True


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A body a byte at a time, for as long as somebody reads."""
    handler.send_response(200)
    handler.end_headers()
    _for_ever(handler, b"a")


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    """Headers that never end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    _for_ever(handler, b"X-A: a\r\n")


def not_yet(handler: BaseHTTPRequestHandler) -> None:
    """Announcements of an answer, and no answer."""
    _for_ever(handler, b"HTTP/1.1 102 Processing\r\n\r\n")


def _for_ever(handler: BaseHTTPRequestHandler, part: bytes) -> None:
    handler.close_connection = True
    with suppress(OSError):
        while True:
            handler.wfile.write(part)


@contextmanager
def serving() -> Iterator[Server]:
    """Such a system, for as long as it is asked."""
    with Server() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


class Ticking:
    """A clock that says that so many seconds passed each time it is asked."""

    def __init__(self, step: float) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now
