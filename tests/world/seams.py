"""Seams: the few places where a hub's steps can be seen, stopped and lied about, without changing the hub.

Belongs here: httpx's and requests' transports, an engine's commits, a file's replacement, what a dead process must not
do. Does not: what a fault does (faults.py) or when (points.py).
"""

from __future__ import annotations

import errno
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, cast

import httpx
import psycopg
import pytest
import requests
import urllib3
from sqlalchemy import event

from connectors.aggregator_feed.channel import AggregatorFeed
from connectors.region.database import Region
from tests.world import faults
from tests.world.faults import Answer
from tests.world.points import Death, Points

CONTROL = "/_sandbox"  # the tests' own calls


Raw = psycopg.Connection[Any]


class Life:
    """One hub process, from its start to its end: what it holds open, and whether it is dead.

    Its connections are lent to it from ``idle`` ones and go back there undone and unlocked, as the server leaves a dead
    process's: what was prepared on them serves the next hub, which is most of a world's time.
    """

    def __init__(
        self,
        points: Points,
        region: Region,
        idle: list[Raw] | None = None,
        *,
        stall: Callable[[], None] = lambda: None,
        eager: bool = False,
        owns: Callable[[str | None], bool] = lambda _: True,
    ) -> None:
        """``stall`` is what happens while this hub stands still. ``owns`` tells, where several live at once, whether a
        call to a path, or with None whatever the present thread does, is this hub's.

        ``eager``: a pool's steps are all done before the first result is looked at, instead of one by one.
        """
        self.points = points
        self.region = region
        self.stall, self.eager, self.owns = stall, eager, owns
        self.dead = False
        self._idle = [] if idle is None else idle
        self.lent: list[Raw] = []
        self._watch(region)

    def die(self) -> Death:
        """The process is gone: its transactions are undone and its locks released, as the server does for the dead."""
        self.dead = True
        for connection in self.lent:
            if not connection.closed:
                connection.rollback()
                connection.execute("SELECT pg_advisory_unlock_all()")
                connection.commit()  # psycopg forgets what is prepared when it rolls back
        return Death()

    def lives(self) -> None:
        """Raise Death for whatever a dead process still tries."""
        if self.dead:
            raise Death

    def end(self) -> None:
        """Nobody uses this hub any more."""
        self.die()
        self.region.dispose()
        self._idle += [connection for connection in self.lent if not connection.closed]

    def _watch(self, region: Region) -> None:
        engine, dialect = region.engine, cast("Any", region.engine.dialect)
        commit = dialect.do_commit

        def do_commit(connection: Any) -> None:
            self._commit(connection, commit)

        def do_rollback(connection: Any) -> None:
            if not self.dead:  # what a dead process held is undone already
                connection.rollback()

        dialect.do_commit, dialect.do_rollback = do_commit, do_rollback
        dialect.do_close = dialect.do_terminate = lambda _: None
        cast("Any", engine.pool)._pre_ping = False  # noqa: SLF001 - a fifth of a world's statements
        event.listen(engine, "do_connect", self._lend)
        event.listen(engine, "before_cursor_execute", lambda *_: self.lives())

    def _lend(self, dialect: Any, _record: Any, words: list[Any], named: dict[str, Any]) -> Raw:
        self.lives()
        connection: Raw = self._idle.pop() if self._idle else dialect.connect(*words, **named)
        connection.autocommit, connection.prepared_max = False, 1000
        self.lent.append(connection)
        return connection

    def _commit(self, connection: Any, commit: Callable[[Any], None]) -> None:
        self.lives()
        raw: Raw = connection.driver_connection
        idle = self.points.curious and _idle(raw)
        label = _committer()
        fault = self.points.reach("commit", label, faults.of_commit(label), idle=idle)
        match fault:
            case None:
                commit(connection)
            case faults.HELD:
                self.stall()
                commit(connection)
            case "die_before":
                raise self.die()
            case "die_after":
                commit(connection)
                raise self.die()
            case "overtaken":
                commit(connection)
                self.stall()
            case _:
                (raw.commit if fault.endswith("after") else raw.rollback)()
                self._lose([raw] if fault.startswith("lost") else self.lent)
                commit(connection)  # the client's own words for a connection that is gone

    def _lose(self, connections: list[Raw]) -> None:
        cast("Any", self.region.engine.pool)._pre_ping = True  # noqa: SLF001 - as in production, now that it matters
        for connection in connections:
            connection.close()


def _idle(connection: Raw) -> bool:
    """Whether the transaction wrote nothing."""
    row = connection.execute("SELECT pg_current_xact_id_if_assigned() IS NULL").fetchone()
    return bool(row and row[0])


def _committer() -> str:
    """Who commits: the nearest function of the Region's rooms, but for the door."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the stack is what is asked for
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith("connectors.") and module != "connectors.region.database":
            return f"{module.rpartition('.')[2]}.{frame.f_code.co_name}"
        frame = frame.f_back
    return "somebody"


_lives: list[Life] = []


def _life_of(path: str) -> Life | None:
    """Whose exchange this is: the newest hub's that owns the path; None for a test's own."""
    return None if path.startswith(CONTROL) else living(path)


def living(path: str | None = None) -> Life | None:
    return next((life for life in reversed(_lives) if life.owns(path)), None)


@contextmanager
def alive(life: Life) -> Iterator[Life]:
    """Everything that happens inside, and is not a test's own call, is done by this hub."""
    _lives.append(life)
    try:
        yield life
    finally:
        _lives.remove(life)


@contextmanager
def installed(*, threads: bool = False) -> Iterator[None]:
    """Every seam in place, for as long as worlds are played in this process; ``threads`` leaves pools as they are."""
    with pytest.MonkeyPatch.context() as patch:
        _through_httpx(patch)
        _through_requests(patch)
        _through_files(patch)
        if not threads:
            _one_after_the_other(patch)
        yield


# httpx


class _Cut(httpx.SyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


_Handle = Callable[[httpx.HTTPTransport, httpx.Request], httpx.Response]


class _HttpxExchange:
    """An exchange of httpx."""

    def __init__(self, transport: httpx.HTTPTransport, request: httpx.Request, handle: _Handle) -> None:
        self._transport, self._request, self._handle = transport, request, handle
        self.method, self.path, self.body = request.method, request.url.path, request.read()

    def forward(self, body: bytes | None = None) -> Answer:
        """See the protocol."""
        request = self._request
        if body is not None:
            headers = [(k, v) for k, v in request.headers.multi_items() if k != "content-length"]
            request = httpx.Request(
                request.method, request.url, headers=headers, content=body, extensions=request.extensions
            )
        answer = self._handle(self._transport, request)
        answer.read()
        answer.close()
        headers_kept = {
            k: v for k, v in answer.headers.items() if k not in {"content-encoding", "content-length"}
        }
        return Answer(answer.status_code, headers_kept, answer.content)

    def answered(self, answer: Answer) -> httpx.Response:
        """See the protocol."""
        return httpx.Response(
            answer.status, headers=dict(answer.headers), stream=httpx.ByteStream(answer.body)
        )

    def cut(self, answer: Answer) -> httpx.Response:
        """See the protocol."""
        return httpx.Response(answer.status, headers=dict(answer.headers), stream=_Cut(answer.body))

    def timed_out(self) -> Exception:
        """See the protocol."""
        return httpx.ReadTimeout("timed out", request=self._request)

    def refused(self) -> Exception:
        """See the protocol."""
        return httpx.ConnectError("connection refused", request=self._request)


def _through_httpx(patch: pytest.MonkeyPatch) -> None:
    handle: _Handle = httpx.HTTPTransport.handle_request

    def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        life = _life_of(request.url.path)
        if life is None:
            return handle(transport, request)
        life.lives()
        exchange = _HttpxExchange(transport, request, handle)
        fault = life.points.reach("http", faults.label(exchange), faults.applying(exchange))
        if fault is None:
            return handle(transport, request)
        answer: httpx.Response = faults.strike(fault, exchange, life.die, life.stall)
        return answer

    patch.setattr(httpx.HTTPTransport, "handle_request", handle_request)


def one_ssl_context(patch: pytest.MonkeyPatch) -> None:
    """Every client shares one: each takes 35 ms to make, and a sync makes five."""
    patch.setattr(httpx, "create_ssl_context", cache(httpx.create_ssl_context))


# requests

_Send = Callable[..., requests.Response]


class _RequestsExchange:
    """An exchange of requests."""

    def __init__(
        self, request: requests.PreparedRequest, send: Callable[[requests.PreparedRequest], requests.Response]
    ) -> None:
        self._request, self._send = request, send
        body: Any = request.body or b""
        self.body = body.encode() if isinstance(body, str) else bytes(body)
        self.method, self.path = str(request.method), request.path_url.partition("?")[0]

    def forward(self, body: bytes | None = None) -> Answer:
        """See the protocol."""
        request = self._request.copy()
        if body is not None:
            request.prepare_body(body, None)
        answer = self._send(request)
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    def answered(self, answer: Answer) -> requests.Response:
        """See the protocol."""
        return self._response(answer, answer.body)

    def cut(self, answer: Answer) -> requests.Response:
        """See the protocol."""
        return self._response(answer, None)

    def _response(self, answer: Answer, body: bytes | None) -> requests.Response:
        response = requests.Response()
        response.status_code, response.request, response.url = (
            answer.status,
            self._request,
            str(self._request.url),
        )
        response.headers.update(answer.headers)
        response.raw = _HalfBody(answer.body) if body is None else None
        if body is not None:
            response._content = body  # noqa: SLF001 - what reading the raw answer sets
        return response

    def timed_out(self) -> Exception:
        """See the protocol."""
        return requests.exceptions.ReadTimeout("timed out", request=self._request)

    def refused(self) -> Exception:
        """See the protocol."""
        return requests.exceptions.ConnectionError("connection refused", request=self._request)


class _HalfBody:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, _size: int, *, decode_content: bool = True) -> Iterator[bytes]:
        yield self._body[: len(self._body) // 2] if decode_content else b""
        raise urllib3.exceptions.ProtocolError("Connection broken: IncompleteRead")

    def release_conn(self) -> None:
        """Nothing is held."""


def _through_requests(patch: pytest.MonkeyPatch) -> None:
    original: _Send = requests.adapters.HTTPAdapter.send

    def send(
        adapter: requests.adapters.HTTPAdapter, request: requests.PreparedRequest, *args: Any, **more: Any
    ) -> requests.Response:
        life = _life_of(request.path_url)
        if life is None:
            return original(adapter, request, *args, **more)
        life.lives()
        exchange = _RequestsExchange(request, lambda other: original(adapter, other, *args, **more))
        fault = life.points.reach("http", faults.label(exchange), faults.applying(exchange))
        if fault is None:
            return original(adapter, request, *args, **more)
        answer: requests.Response = faults.strike(fault, exchange, life.die, life.stall)
        return answer

    patch.setattr(requests.adapters.HTTPAdapter, "send", send)


# Files


_Replace = Callable[[Path, Any], Path]


def _through_files(patch: pytest.MonkeyPatch) -> None:
    replace, unlink, cleanup = Path.replace, Path.unlink, tempfile.TemporaryDirectory.cleanup

    def replacing(path: Path, target: Any) -> Path:
        life = living() if _by(AggregatorFeed.__module__) else None
        return _put_in_place(life, replace, path, target) if life else replace(path, target)

    def unlinking(path: Path, **more: Any) -> None:
        _no_dead_hand()
        unlink(path, **more)

    def cleaning(folder: Any) -> None:
        if (life := living()) and life.dead:
            folder._finalizer.detach()  # noqa: SLF001 - the dead do not tidy up
        _no_dead_hand()
        cleanup(folder)

    patch.setattr(Path, "replace", replacing)
    patch.setattr(Path, "unlink", unlinking)
    patch.setattr(tempfile.TemporaryDirectory, "cleanup", cleaning)


def _put_in_place(life: Life, replace: _Replace, path: Path, target: Any) -> Path:
    life.lives()
    fault = life.points.reach("replace", f"replace {Path(target).name}", faults.REPLACE)
    match fault:
        case "die_before":
            raise life.die()
        case "disk_full":
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        case faults.HELD:
            life.stall()
    placed = replace(path, target)
    if fault == "die_after":
        raise life.die()
    if fault == "overtaken":
        life.stall()
    return placed


def _by(module: str) -> bool:
    """Whether the caller's caller is that module."""
    return sys._getframe(2).f_globals.get("__name__") == module  # noqa: SLF001


def _no_dead_hand() -> None:
    if life := living():
        life.lives()


# Threads


def _one_after_the_other(patch: pytest.MonkeyPatch) -> None:
    """What a pool would do at once is done in its order: each step when its result is asked for, or all before."""

    def submit(
        _pool: ThreadPoolExecutor, function: Callable[..., Any], *args: Any, **more: Any
    ) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(function(*args, **more))
        except Exception as error:  # noqa: BLE001 - a future carries whatever its function raised, but for Death
            done.set_exception(error)
        return done

    def mapped(
        _pool: ThreadPoolExecutor, function: Callable[..., Any], *iterables: Iterable[Any], **_: Any
    ) -> Iterator[Any]:
        steps = map(function, *iterables)
        return iter(list(steps)) if (life := living()) and life.eager else steps

    patch.setattr(ThreadPoolExecutor, "submit", submit)
    patch.setattr(ThreadPoolExecutor, "map", mapped)
