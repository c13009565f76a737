"""SMS as a channel: one text to one telephone a call, through whichever gateway Apprise knows.

Belongs here: turning an intent into a text and handing it over. Does not: its words (its writer), its form (wire.py) or the call
(connectors/notifying.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from pydantic import SecretStr

from connectors.channel import Capabilities, ItemChannel, Sent
from connectors.notifying import knows, notified
from connectors.settings import Settings
from connectors.sms import wire
from connectors.sms.wire import Text
from connectors.writing import Moot, NotNow, Writer, refused, written
from core.effects import Intent, Receipt
from schemas.errors import Misconfigured

NAME: Final = "sms"
SETTING: Final = "BOOSTEZ_SMS_URL"
Written = Text | NotNow | Moot
_ANYBODY: Final = "+33600000000"


class _Envelope(NamedTuple):
    phone: str
    body: str


class Sms(ItemChannel):
    """The gateway of BOOSTEZ_SMS_URL."""

    name = NAME
    capabilities = Capabilities(form="sms-1", batch=1, lease_seconds=300.0)

    def __init__(
        self, settings: Settings, writer: Writer[Text], turn: Callable[[], None] = lambda: None
    ) -> None:
        """``writer`` makes the text of an effect's content when it is sent; ``turn`` waits until one may leave.

        Raises:
            Misconfigured: the address is none of a gateway; the message names the setting.

        """
        self._gateway = settings.sms_url
        self._writer, self._turn = writer, turn
        if self._gateway is not None and not (
            wire.PHONE in self._gateway.get_secret_value() and knows(self._address(_ANYBODY, "none"))
        ):
            raise Misconfigured(
                f"{SETTING} is no address that Apprise knows, with {wire.PHONE} for the number"
            )

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        return Sent([self._one(intent) for intent in intents])

    def _one(self, intent: Intent) -> Receipt:
        if self._gateway is None:
            return refused(intent, f"{SETTING} is not set: there is no gateway to send it by")

        def composed(content: bytes) -> _Envelope | NotNow | Moot:
            told = self._writer(content)
            return _Envelope(told.phone, wire.whole(told)) if isinstance(told, Text) else told

        envelope = written(intent, composed)
        if isinstance(envelope, Receipt):
            return envelope
        self._turn()
        to = self._address(envelope.phone, intent.marker)
        return notified(intent, to, setting=SETTING, title="", body=envelope.body)

    def _address(self, phone: str, marker: str) -> SecretStr:
        assert self._gateway is not None
        return SecretStr(wire.address(self._gateway.get_secret_value(), phone, marker))
