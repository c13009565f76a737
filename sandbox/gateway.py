"""A stand-in of an SMS gateway and of every telephone behind it: it keeps each text, and tells which came twice.

Belongs here: receiving and counting. Does not: sending, or what the texts mean. A text comes with its sender's reference, the
marker ``subject-lease``: the same subject twice is one text too many.
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

_MARKER = re.compile(r"([0-9a-z.]+)-[0-9a-f]+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class _Text(msgspec.Struct):
    message: str
    reference: str = ""


class Gateway:
    """Numbers at ``/sms/{phone}``, in the form of Apprise's JSON notifications with ``?:reference=``."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state, self._clock = state, clock

    def routes(self) -> list[Route]:
        """Where texts arrive."""
        return [Route("/sms/{phone}", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        """Keep a text; 400 for one that is none, 422 for a number that is none."""
        phone = request.path_params["phone"]
        try:
            text = msgspec.json.decode(await request.body(), type=_Text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Response(status_code=400)
        if not _PHONE.fullmatch(phone) or not text.message:
            return Response(status_code=422)
        match = _MARKER.fullmatch(text.reference)
        with self._state.transaction() as connection:
            connection.execute(
                "INSERT INTO texts (at, subject, phone, message) VALUES (?, ?, ?, ?)",
                (self._clock.now(), match[1] if match else None, phone, text.message),
            )
        return Response(status_code=200)

    def texts(self) -> list[dict[str, Any]]:
        """Every text, oldest first."""
        rows = self._state.connection.execute("SELECT at, subject, phone, message FROM texts ORDER BY number")
        return [
            {"at": instant(at), "subject": subject, "to": phone, "text": message}
            for at, subject, phone, message in rows
        ]

    def truth(self) -> dict[str, int]:
        """How many texts came, and how many of them once more than they should."""
        total, subjects, unmarked = self._state.connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT subject), COUNT(*) - COUNT(subject) FROM texts"
        ).fetchone()
        return {"messages": total, "duplicates": total - subjects - unmarked}
