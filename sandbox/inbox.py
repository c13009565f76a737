"""A stand-in of whatever receives messages: it keeps each, and tells which came twice.

Belongs here: receiving and counting. Does not: sending, or what the messages mean. A message ends with its marker in
brackets, ``[subject-lease]``: the same subject twice is one message too many.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.clock import Clock, instant
from sandbox.state import State

_MARKER = re.compile(r"\[([0-9a-z.]+)-[0-9a-f]+\]\s*\Z")


class _Message(msgspec.Struct):
    title: str = ""
    message: str = ""


class Inbox:
    """One mailbox for all, at ``/inbox``, in the form of Apprise's JSON notifications."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state, self._clock = state, clock

    def routes(self) -> list[Route]:
        """Where messages arrive."""
        return [Route("/inbox", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """Keep a message."""
        try:
            message = msgspec.json.decode(await request.body(), type=_Message)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Response(status_code=400)
        match = _MARKER.search(message.message)
        with self._state.transaction() as connection:
            connection.execute(
                "INSERT INTO messages (at, subject, title, message) VALUES (?, ?, ?, ?)",
                (self._clock.now(), match[1] if match else None, message.title, message.message),
            )
        return Response(status_code=200)

    def messages(self) -> list[dict[str, Any]]:
        """Every message, oldest first."""
        rows = self._state.connection.execute(
            "SELECT at, subject, title, message FROM messages ORDER BY number"
        )
        return [
            {"at": instant(at), "subject": subject, "title": title, "message": message}
            for at, subject, title, message in rows
        ]

    def truth(self) -> dict[str, int]:
        """How many messages came, and how many of them once more than they should."""
        total, subjects, unmarked = self._state.connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT subject), COUNT(*) - COUNT(subject) FROM messages"
        ).fetchone()
        return {"messages": total, "duplicates": total - subjects - unmarked}
