"""A mail relay that is not ours: aiosmtpd, with a letter box, told what to answer."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ports import free_port


class Letters:
    """What a relay took. It answers 250, or what ``rcpt`` and ``data`` say."""

    def __init__(self, rcpt: str | None = None, data: str = "250 taken") -> None:
        self.rcpt, self.data = rcpt, data
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.raw: list[bytes] = []
        self.senders: list[str | None] = []  # where it would come back to
        self.peers: list[Any] = []  # which connection each letter came over

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt:
            return self.rcpt.replace("ADDRESS", address)
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.peers.append(session.peer)
        self.senders.append(envelope.mail_from)
        self.raw.append(envelope.content)
        message: Any = email.message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append((envelope.rcpt_tos, message))
        if self.data == "cut":
            assert server.transport is not None
            server.transport.close()
        return self.data.replace("ADDRESS", envelope.rcpt_tos[0])

    @property
    def subjects(self) -> list[str]:
        """In order."""
        return [str(message["Subject"]).replace("\u00a0", " ") for _, message in self.taken]

    def text(self, number: int) -> str:
        """The plain text of one."""
        body = self.taken[number][1].get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


@contextmanager
def relaying(letters: Letters, **more: Any) -> Iterator[str]:
    """The address of a relay that serves meanwhile."""
    port = free_port()
    controller = Controller(letters, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()
