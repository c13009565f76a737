"""The seam of smtplib: each connection, recipient and letter is a point, and what a relay can do to one.

    die_before, die_after, overtaken, held   as everywhere (faults.py)
    unreachable       nobody listens
    not_now           the relay asks for time, in RFC 5321's words: nothing was taken
    refused           the relay refuses for good: the address, or the letter
    cut_before        the connection breaks in the middle of the letter: nothing was taken
    cut_after         the letter was taken, and the connection broke before the answer
    timeout_after     the letter was taken, and no answer came
    shrugged_after    the letter was taken, and the answer says that something went wrong (451)

Belongs here: smtplib's methods. Does not: what else can be stopped (seams.py).
"""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from tests.world import faults
from tests.world.seams import Life, living

CONNECT: Final = (*faults.ALWAYS, "unreachable")
RCPT: Final = ("not_now", "refused", "cut_before")
DATA: Final = (
    *faults.ALWAYS,
    "not_now",
    "refused",
    "cut_before",
    "cut_after",
    "timeout_after",
    "shrugged_after",
)
EVERY: Final = tuple(dict.fromkeys((*CONNECT, *RCPT, *DATA)))
Answer = tuple[int, bytes]
_NOT_NOW: Final = (451, b"4.3.0 come back later")
_REFUSED: Final = (550, b"5.1.1 not here")


@contextmanager
def installed() -> Iterator[None]:
    """The seam in place."""
    connect, rcpt, data = smtplib.SMTP.connect, smtplib.SMTP.rcpt, smtplib.SMTP.data

    def connecting(client: smtplib.SMTP, *words: Any, **more: Any) -> Answer:
        return _passed("connect", CONNECT, client, lambda: connect(client, *words, **more))

    def addressing(client: smtplib.SMTP, *words: Any, **more: Any) -> Answer:
        return _passed("rcpt", RCPT, client, lambda: rcpt(client, *words, **more))

    def sending(client: smtplib.SMTP, letter: bytes) -> Answer:
        return _passed("data", DATA, client, lambda: data(client, letter), letter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtplib.SMTP, "connect", connecting)
        patch.setattr(smtplib.SMTP, "rcpt", addressing)
        patch.setattr(smtplib.SMTP, "data", sending)
        yield


def _passed(
    what: str,
    able: tuple[str, ...],
    client: smtplib.SMTP,
    forward: Callable[[], Answer],
    letter: bytes = b"",
) -> Answer:
    life = living()
    if life is None:
        return forward()
    life.lives()
    fault = life.points.reach("smtp", f"smtp {what}", able)
    if fault is None:
        return forward()
    return _struck(fault, life, client, forward, letter)


def _struck(  # noqa: C901 - one case a fault
    fault: str, life: Life, client: smtplib.SMTP, forward: Callable[[], Answer], letter: bytes
) -> Answer:
    match fault:
        case "die_before":
            raise life.die()
        case "unreachable":
            raise ConnectionRefusedError
        case "not_now":
            return _NOT_NOW
        case "refused":
            return _REFUSED
        case "cut_before":
            raise _cut(client, letter)
        case faults.HELD:
            life.stall()
            return forward()
    answer = forward()
    match fault:
        case "die_after":
            raise life.die()
        case "overtaken":
            life.stall()
            return answer
        case "cut_after":
            client.close()
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        case "timeout_after":
            client.close()
            raise TimeoutError("timed out")
    assert fault == "shrugged_after"
    return _NOT_NOW


def _cut(client: smtplib.SMTP, letter: bytes) -> Exception:
    """Half of the letter, when there is one, and the end of the connection."""
    if letter:
        client.docmd("DATA")
        client.send(letter[: len(letter) // 2])
    client.close()
    return smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
