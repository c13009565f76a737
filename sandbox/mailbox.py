"""A stand-in of a mail relay and of every mailbox behind it: it keeps each letter, and tells which came twice.

Belongs here: SMTP (RFC 5321) as far as a client of one letter speaks it, and counting. Does not: sending. A letter's
Message-ID is its marker, ``<subject-lease@host>``: the same subject twice is one letter too many.

Orders on the path ``/smtp`` are obeyed at the end of a letter: before it is kept or after, with a 4yz answer or none. Those on
``/smtp/rcpt`` are obeyed at the recipient.
"""

from __future__ import annotations

import asyncio
import email
import re
from email import policy
from typing import Any

from sandbox.clock import Clock, instant
from sandbox.faults import HANG_SECONDS, Order
from sandbox.state import State

PATH, RECIPIENT = "/smtp", "/smtp/rcpt"
LARGEST = 1_000_000  # bytes of a letter
_MARKER = re.compile(r"\A<([0-9a-z.]+)-[0-9a-f]+@")
_REFUSALS = {"rate_limited": 452, "unavailable": 421}  # every other order: 451
_HANGS = frozenset({"timeout_before", "timeout_after", "cut_body"})
_KEPT = frozenset({"timeout_after", "error_500_after", "cut_body", "wrong_json"})


class Mailbox:
    """The relay, on loopback; ``port`` 0 takes any free one, and is the real one once it serves."""

    def __init__(self, state: State, clock: Clock, orders: list[Order], port: int) -> None:
        self._state, self._clock, self._orders, self.port = state, clock, orders, port
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Serve. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=LARGEST)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.close()

    def letters(self) -> list[dict[str, Any]]:
        """Every letter, oldest first, its text decoded."""
        rows = self._state.connection.execute(
            "SELECT at, subject, recipient, letter FROM mails ORDER BY number"
        )
        return [
            {"at": instant(at), "subject": subject, "to": to, **_opened(letter)}
            for at, subject, to, letter in rows
        ]

    def truth(self) -> dict[str, int]:
        """How many letters came, and how many of them once more than they should."""
        total, subjects, unmarked = self._state.connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT subject), COUNT(*) - COUNT(subject) FROM mails"
        ).fetchone()
        return {"messages": total, "duplicates": total - subjects - unmarked}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _say(writer, "220 sandbox ESMTP")
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the client went, or sent what is no letter
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipient = ""
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").strip()
            match command[:4].upper():
                case "EHLO" | "HELO" | "MAIL" | "RSET" | "NOOP":
                    await _say(writer, "250 sandbox")
                case "RCPT":
                    recipient = command.partition("<")[2].partition(">")[0]
                    order = self._ordered(RECIPIENT)
                    await _say(writer, "250 sandbox" if order is None else "450 4.2.1 not now")
                case "DATA":
                    await _say(writer, "354 end with a dot")
                    letter = await reader.readuntil(b"\r\n.\r\n")
                    if not await self._take(recipient, letter[:-3], writer):
                        return
                case "QUIT":
                    await _say(writer, "221 bye")
                    return
                case _:
                    await _say(writer, "502 not here")

    async def _take(self, recipient: str, letter: bytes, writer: asyncio.StreamWriter) -> bool:
        """The end of a letter, or an order's. Returns whether the conversation goes on."""
        order = self._ordered(PATH)
        if order is None or order.fault in _KEPT:
            self._keep(recipient, letter.replace(b"\r\n..", b"\r\n."))
        if order is None:
            await _say(writer, "250 2.0.0 taken")
            return True
        if order.fault in _HANGS:
            await asyncio.sleep(HANG_SECONDS if order.seconds is None else order.seconds)
            return False
        await _say(writer, f"{_REFUSALS.get(order.fault, 451)} 4.3.0 <{recipient}> came to grief")
        return order.fault != "unavailable"

    def _ordered(self, path: str) -> Order | None:
        return next(
            (order for order in self._orders if order.path == path and order.takes("SMTP", path)), None
        )

    def _keep(self, recipient: str, letter: bytes) -> None:
        marker = _MARKER.search(str(email.message_from_bytes(letter)["Message-ID"] or ""))
        with self._state.transaction() as connection:
            connection.execute(
                "INSERT INTO mails (at, subject, recipient, letter) VALUES (?, ?, ?, ?)",
                (self._clock.now(), marker[1] if marker else None, recipient, letter),
            )


async def _say(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(f"{line}\r\n".encode())
    await writer.drain()


def _opened(letter: bytes) -> dict[str, str]:
    message = email.message_from_bytes(letter, policy=policy.default)
    body = message.get_body(("plain", "html"))
    return {"title": str(message["Subject"]), "text": "" if body is None else str(body.get_content())}
