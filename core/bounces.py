"""Bounces: what is told of a letter after it was taken, by mail or by a web hook.

Belongs here: reading a report of non-delivery or a complaint, and what it says of the address. Does not: where reports come in
(connectors/bounces) or what follows for a contact.

Anybody can write such a mail, so it is read like any hostile input and proves little: whoever acts on it compares ``marker``
and ``recipient`` with what was really sent.

Sources: RFC 3462 and 3464 (reports of delivery), RFC 3461 (envelope ids, original recipients), RFC 3463 (status codes), RFC 5965
(complaints).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, Final, Literal

import msgspec

from core.payloads import decode
from schemas import documents
from schemas.documents import visible
from schemas.errors import Rejected

SCHEMA: Final = "bounce.v1"
LARGEST: Final = 256 * 1024  # bytes that are looked at: a report comes first, what it returns after it
SAID: Final = 200  # characters of what a server said
LONGEST: Final = 2_000  # characters of a field
MOST: Final = 20  # recipients of one report: our letters have one
Kind = Literal["hard", "soft", "complaint"]

_MARKER: Final = re.compile(r"<?([0-9a-z.]{1,200}-[0-9a-f]{1,16})@[A-Za-z0-9.-]+>?")
_ENVELOPE: Final = re.compile(r"[0-9a-z.]{1,200}-[0-9a-f]{1,16}")
_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])", re.ASCII)
_REPLY: Final = re.compile(r"(?<!\d)([45])\d\d(?!\d)", re.ASCII)
_ADDRESS: Final = re.compile(r"[^\s@<>()\",;:]+@[^\s@<>()\",;:]+")
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")
# Codes for good that say nothing against the address: full, too large, their system, this text, their policy towards us.
_NOT_ITS_FAULT: Final = re.compile(r"5\.(?:2\.[234]|[367]\.\d+)")
_COMPLAINTS: Final = frozenset({"abuse", "opt-out", "opt-out-list"})


class Bounce(msgspec.Struct, frozen=True):
    """What became of the letter with a marker.

    ``hard``: its address takes no letters. ``soft``: it did not arrive, or is late, and another may. ``complaint``: its reader
    called it unwanted. ``recipient`` is whom it was written to, ``status`` a code of RFC 3463; each empty when nobody says.
    ``at`` is in UTC. ``why`` is what a server said, without addresses.
    """

    marker: str
    recipient: str
    kind: Kind
    status: str
    at: dt.datetime
    why: str


def read(raw: bytes, received: dt.datetime) -> tuple[Bounce, ...]:
    """What a mail of ``received`` (UTC) tells of letters of ours; nothing when it is no report, whatever else it is."""
    try:
        mail = message_from_bytes(raw[:LARGEST])
        return tuple(_told(mail, received))
    except RecursionError:  # parts in parts in parts: no server writes that
        return ()


def reported(raw: bytes) -> Bounce:
    """What a web hook tells, in the shape of schemas/json/bounce.v1.json.

    Raises:
        Rejected: it has another shape; the message has every reason.

    """
    payload = decode(raw)
    reasons = documents.report(SCHEMA, payload) or documents.impossible(SCHEMA, payload)
    if reasons:
        raise Rejected(" ".join(reason.message for reason in reasons))
    marker = _MARKER.fullmatch(payload["message_id"])
    if marker is None:
        raise Rejected("/message_id is none of ours.")
    at = dt.datetime.fromisoformat(payload["at"].upper()).astimezone(dt.UTC)
    return Bounce(
        marker[1],
        payload["recipient"],
        payload["kind"],
        payload.get("status", ""),
        at,
        _why(payload.get("why", "")),
    )


def _told(mail: Message, received: dt.datetime) -> Iterator[Bounce]:
    parts = list(mail.walk())
    returned = _returned(parts)
    for part in parts:
        match part.get_content_type():
            case "message/delivery-status":
                yield from _reports(part, mail, returned, received)
                return
            case "message/feedback-report":
                yield from _complaint(part, mail, returned, received)
                return


def _reports(
    part: Message, mail: Message, returned: Message | None, received: dt.datetime
) -> Iterator[Bounce]:
    blocks = _blocks(part)
    if not blocks:
        return
    about, *recipients = blocks
    marker = _marker(returned) or _envelope(about)
    if marker is None:
        return
    for block in recipients[:MOST]:
        action = _field(block, "Action").lower()
        if action not in {"failed", "delayed"}:
            continue
        said = _field(block, "Diagnostic-Code").partition(";")[2]
        status = _status(block, said)
        final = status[0] == "5" and action == "failed" and not _NOT_ITS_FAULT.fullmatch(status)
        yield Bounce(
            marker,
            _recipient(returned, block),
            "hard" if final else "soft",
            status,
            _at(
                received,
                _field(block, "Last-Attempt-Date"),
                _field(about, "Arrival-Date"),
                _field(mail, "Date"),
            ),
            _why(said),
        )


def _complaint(
    part: Message, mail: Message, returned: Message | None, received: dt.datetime
) -> Iterator[Bounce]:
    (block, *_) = _blocks(part) or [Message()]
    marker = _marker(returned)
    kind = _field(block, "Feedback-Type").lower()
    if marker is None or kind not in _COMPLAINTS:
        return
    at = _at(received, _field(block, "Arrival-Date"), _field(mail, "Date"))
    yield Bounce(marker, _recipient(returned, block), "complaint", "", at, _why(f"feedback: {kind}"))


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report; Python reads each as the head of a message."""
    payload: Any = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _returned(parts: list[Message]) -> Message | None:
    """What a report gives back of our letter: all of it, or its head as a text."""
    for part in parts:
        if part.get_content_type() == "message/rfc822" and (blocks := _blocks(part)):
            return blocks[0]
        if part.get_content_type() == "text/rfc822-headers":
            payload: Any = part.get_payload(decode=True)
            return message_from_bytes(payload if isinstance(payload, bytes) else b"")
    return None


def _marker(returned: Message | None) -> str | None:
    found = returned and _MARKER.fullmatch(_field(returned, "Message-ID"))
    return found[1] if found else None


def _envelope(about: Message) -> str | None:
    found = _ENVELOPE.fullmatch(_field(about, "Original-Envelope-Id"))
    return found[0] if found else None


def _recipient(returned: Message | None, block: Message) -> str:
    """Whom we wrote to: as our letter says, or the report; a letter may have been forwarded since."""
    written = [address for _, address in getaddresses([_field(returned, "To")])] if returned else []
    told = [
        _XTEXT.sub(lambda found: chr(int(found[1], 16)), _field(block, name).rpartition(";")[2])
        .strip()
        .strip("<>")
        for name in ("Original-Recipient", "Original-Rcpt-To", "Final-Recipient")
    ]
    return next((address for address in (*written, *told) if _ADDRESS.fullmatch(address)), "")


def _status(block: Message, said: str) -> str:
    for text in (_field(block, "Status"), said):
        if found := _STATUS.search(text):
            return found[1]
    reply = _REPLY.search(said)
    return f"{reply[1] if reply else 5}.0.0"


def _at(received: dt.datetime, *dates: str) -> dt.datetime:
    """The first date that can be read; no later than the mail itself."""
    for date in dates:
        try:
            told = parsedate_to_datetime(date)
            return min((told if told.tzinfo else told.replace(tzinfo=dt.UTC)).astimezone(dt.UTC), received)
        except (ValueError, TypeError, OverflowError):
            continue
    return received


def _why(said: str) -> str:
    return visible(" ".join(_ADDRESS.sub("…", said).split()))[:SAID]


def _field(message: Message, name: str) -> str:
    """A field as one line, no longer than any that counts; empty when it is not there."""
    return " ".join(str(message.get(name, ""))[:LONGEST].split())
