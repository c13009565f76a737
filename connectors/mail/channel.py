"""Mail as a channel: one letter to one person a call, over SMTP.

Belongs here: turning an intent into a letter and handing it to the relay. Does not: a letter's words or form (its writer,
wire.py), what a relay's answer means (relay.py) or whom a letter goes to (the writers that the registry hands in).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from connectors.channel import Capabilities, ItemChannel, Sent
from connectors.mail.relay import Relay
from connectors.mail.wire import Letter, compose
from connectors.settings import Settings
from connectors.writing import Moot, NotNow, Writer, refused, written
from core.effects import Intent, Receipt

NAME: Final = "mail"
Written = Letter | NotNow | Moot


class _Envelope(NamedTuple):
    recipient: str
    letter: bytes


class Mail(ItemChannel):
    """The relay of BOOSTEZ_SMTP_URL."""

    name = NAME
    capabilities = Capabilities(form="mail-1", batch=1, lease_seconds=600.0)

    def __init__(
        self, settings: Settings, writer: Writer[Letter], turn: Callable[[], None] = lambda: None
    ) -> None:
        """``writer`` makes the letter of an effect's content when it is sent; ``turn`` waits until one may leave.

        Raises:
            Misconfigured: the address is none of a relay; the message names the setting.

        """
        self._relay = None if settings.smtp_url is None else Relay(settings.smtp_url)
        self._sender, self._bounce = settings.sender, settings.bounce
        self._writer, self._turn = writer, turn

    def close(self) -> None:
        """See the port."""
        if self._relay is not None:
            self._relay.close()

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        return Sent([self._one(intent) for intent in intents])

    def _one(self, intent: Intent) -> Receipt:
        if self._relay is None:
            return refused(intent, "BOOSTEZ_SMTP_URL is not set: there is no relay to send it by")

        def composed(content: bytes) -> _Envelope | NotNow | Moot:
            told = self._writer(content)
            if not isinstance(told, Letter):
                return told
            return _Envelope(told.to, compose(self._sender, intent.marker, told, intent.at))

        envelope = written(intent, composed)
        if isinstance(envelope, Receipt):
            return envelope
        self._turn()
        return self._relay.take(intent, self._bounce, envelope.recipient, envelope.letter)
