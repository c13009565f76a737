"""Misbehaviour on command: an ASGI middleware, and the orders it obeys.

Belongs here: which call is hit, and what is done to its answer. Does not: faults that need to know the system
(expire_token, void_snapshot, expire_cursor, null_item, null_item_after, item_error, reordered, and Graph's rate_limited):
those travel in the scope, as ``sandbox.order`` and ``sandbox.order_details``, and contractor.py and graph.py obey them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Iterable
from email.utils import format_datetime

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ADMINISTRATION = "/_sandbox"
HANG_SECONDS, SLOW_SECONDS, RETRY_AFTER = 60.0, 2.0, 1.0
INWARD = frozenset(
    {
        "expire_token",
        "void_snapshot",
        "expire_cursor",
        "null_item",
        "null_item_after",
        "item_error",
        "reordered",
    }
)
OUTWARD = frozenset(
    {"timeout_before", "timeout_after", "error_500_before", "error_500_after", "rate_limited", "unavailable"}
    | {"cut_body", "wrong_json", "html", "slow", "echo"}
)
AFTERWARDS = frozenset({"timeout_after", "error_500_after", "cut_body", "wrong_json"})
_GRAPH_500 = (
    b'{"error":{"message":"An unexpected error has occurred. Please retry your request later.",'
    b'"type":"OAuthException","is_transient":true,"code":2,"fbtrace_id":"A0"}}'
)
_HTML = "<!DOCTYPE html><html lang=fr><title>Maintenance</title><h1>Le service revient bientôt</h1></html>".encode()
_JSON, _PROBLEM = b"application/json", b"application/problem+json"
_500 = (500, b'{"type":"about:blank","title":"Internal error","status":500}', _PROBLEM)
_WAIT = frozenset({429, 503})
_ANSWERS = {
    "error_500_before": _500,
    "error_500_after": _500,
    "rate_limited": (429, b'{"type":"about:blank","title":"Too fast","status":429}', _PROBLEM),
    "unavailable": (503, b'{"type":"about:blank","title":"Unavailable","status":503}', _PROBLEM),
    "wrong_json": (200, b'{"ok":true}', _JSON),
    "html": (200, _HTML, b"text/html; charset=utf-8"),
}


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """``path`` is searched in the call's path; the first ``skip`` calls pass, then ``times`` calls are hit.

    ``seconds``: how long it hangs or is slow, or what Retry-After says (``http_date``: as a date). ``item``, ``code``,
    ``subcode``: which item of a batch is hit, and with which of Graph's errors.
    """

    path: str
    fault: str
    method: str | None = None
    times: int = 1
    skip: int = 0
    item: int = 0
    seconds: float | None = None
    code: int | None = None
    subcode: int | None = None
    http_date: bool = False
    hits: int = 0
    seen: int = 0

    def __post_init__(self) -> None:
        if self.fault not in INWARD | OUTWARD:
            raise ValueError(f"fault is one of {', '.join(sorted(INWARD | OUTWARD))}")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error

    def takes(self, method: str, path: str) -> bool:
        """Whether this call is hit; counts."""
        if self.method not in {None, method} or not re.search(self.path, path) or self.hits >= self.times:
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.hits += 1
        return True


class Faults:
    """The middleware, and its orders in the sequence they were given; the first that takes a call has it."""

    def __init__(self, app: ASGIApp, orders: list[Order]) -> None:
        self._app, self._orders = app, orders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the call through, or obey the order that takes it."""
        if scope["type"] != "http" or scope["path"].startswith(ADMINISTRATION):
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        order = next((each for each in self._orders if each.takes(method, path)), None)
        if order is None:
            await self._app(scope, receive, send)
            return
        await self._obey(order, scope, receive, send)

    async def _obey(self, order: Order, scope: Scope, receive: Receive, send: Send) -> None:
        is_graph = scope["path"].startswith("/graph")
        done = await self._done(scope, receive) if order.fault in AFTERWARDS else []
        match order.fault:
            case "timeout_before" | "timeout_after":
                await _hang(order, scope, receive)
            case "cut_body":
                await _cut(done, scope, receive, send)
            case "error_500_before" | "error_500_after" if is_graph:
                await _answer(send, 500, _GRAPH_500, _JSON)
            case "echo":
                await _echo(scope, receive, send, is_graph=is_graph)
            case "slow":
                await asyncio.sleep(SLOW_SECONDS if order.seconds is None else order.seconds)
                await self._app(scope, receive, send)
            case fault if fault in INWARD or (is_graph and fault == "rate_limited"):
                scope["sandbox.order"] = order.fault
                scope["sandbox.order_details"] = msgspec.structs.asdict(order)
                await self._app(scope, receive, send)
            case fault:
                status, body, media = _ANSWERS[fault]
                await _answer(send, status, body, media, _retry(order) if status in _WAIT else ())

    async def _done(self, scope: Scope, receive: Receive) -> list[Message]:
        """Let the call have its effect, and keep the answer."""
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        return answer


async def _hang(order: Order, scope: Scope, receive: Receive) -> None:
    """No answer for so long, or until the client goes; then the connection is dropped."""
    try:
        async with asyncio.timeout(HANG_SECONDS if order.seconds is None else order.seconds):
            await _gone(receive)
    except TimeoutError:
        await _drop(scope, receive)


async def _echo(scope: Scope, receive: Receive, send: Send, *, is_graph: bool) -> None:
    """A refusal that repeats all it was sent, headers and body: some systems do, and log what they answer."""
    headers = b" ".join(value for name, value in scope["headers"] if name in {b"authorization", b"cookie"})
    fields = reversed((await _body(receive)).split(b"&"))  # credentials come last, and errors are cut
    said = b" ".join([headers, *fields]).decode("utf-8", "replace").strip()
    message = f"Malformed access token {said}"
    graph = {"error": {"message": message, "type": "OAuthException", "code": 190, "fbtrace_id": "A0"}}
    body = msgspec.json.encode(
        graph if is_graph else {"title": "Bad request", "status": 400, "detail": message}
    )
    await _answer(
        send, 400, body, _JSON if is_graph else _PROBLEM, ((b"x-echo", said.encode("ascii", "replace")),)
    )


async def _body(receive: Receive) -> bytes:
    whole, more = b"", True
    while more:
        message = await receive()
        whole += message.get("body", b"")
        more = message.get("more_body", False)
    return whole


async def _cut(answer: Iterable[Message], scope: Scope, receive: Receive, send: Send) -> None:
    """The declared length, and half of it."""
    start, *bodies = answer
    body = b"".join(message.get("body", b"") for message in bodies)
    await send(start)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await _drop(scope, receive)


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection under the server, after what was sent is out: ASGI has no word for it."""
    transport = scope.get("sandbox.transport")
    if transport is None:
        raise ConnectionResetError("the sandbox dropped this connection")
    transport.close()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(
    send: Send, status: int, body: bytes, media: bytes, more: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    headers = [(b"content-type", media), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _retry(order: Order) -> tuple[tuple[bytes, bytes], ...]:
    seconds = RETRY_AFTER if order.seconds is None else order.seconds
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    value = format_datetime(until, usegmt=True) if order.http_date else f"{seconds:g}"
    return ((b"retry-after", value.encode()),)
