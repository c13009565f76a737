"""The log of calls: what the outside systems were asked, and the clock on every answer.

Belongs here: an ASGI middleware that notes method, path and status, and dates answers by the sandbox's clock. Does not:
effects (posts.py, board.py keep the truth).
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from dataclasses import asdict, dataclass
from email.utils import format_datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import SECOND, Clock
from sandbox.faults import ADMINISTRATION

KEPT = 10_000
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(slots=True)
class Call:
    """One call; ``status`` is None while it has no answer, and for good when it never got one.

    ``query`` is the address behind the ``?``, as every server on the way may log it.
    """

    number: int
    at: int
    method: str
    path: str
    query: str
    status: int | None = None


class Log:
    """The last calls, and how many there were."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every call."""
        self.calls: deque[Call] = deque(maxlen=KEPT)
        self.count = 0
        self.writing = {"contractor": 0, "graph": 0}

    def begin(self, at: int, method: str, path: str, query: str) -> Call:
        """Note a call."""
        self.count += 1
        call = Call(self.count, at, method, path, query)
        self.calls.append(call)
        return call

    def end(self, call: Call, *, reads: bool) -> None:
        """Count a call that writes to the contractor or to Graph. A batch of Graph whose items all read does not."""
        of = {"v1": "contractor", "graph": "graph"}.get(call.path.removeprefix("/").partition("/")[0])
        if of and call.method in _WRITING and not reads:
            self.writing[of] += 1

    def since(self, number: int) -> dict[str, Any]:
        """The calls after a number, and the counters."""
        return {
            "calls": [asdict(call) for call in self.calls if call.number > number],
            "count": self.count,
            "writing_calls": dict(self.writing),
        }


class Logged:
    """The middleware."""

    def __init__(self, app: ASGIApp, log: Log, clock: Clock) -> None:
        self._app, self._log, self._clock = app, log, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the call, date its answer."""
        if scope["type"] != "http" or scope["path"].startswith(ADMINISTRATION):
            await self._app(scope, receive, send)
            return
        call = self._log.begin(
            self._clock.now(), scope["method"], scope["path"], scope["query_string"].decode("latin-1")
        )
        date = (b"date", format_datetime(_utc(call.at), usegmt=True).encode())

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
                message["headers"] = [*message.get("headers", ()), date]
            await send(message)

        try:
            await self._app(scope, receive, dated)
        finally:
            self._log.end(call, reads=scope.get("sandbox.reads", False))


def _utc(moment: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment // SECOND, dt.UTC)
