"""Alerts as a channel: one message to one destination a call.

Belongs here: finding the destination's address. Does not: what is worth an alert (tasks/tell.py), its row (region/alerts.py),
its words (wire.py) or the call (connectors/notifying.py). Each destination is an effect of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import SecretStr

from connectors.alerts import wire
from connectors.channel import Capabilities, ItemChannel, Sent
from connectors.notifying import notified
from connectors.writing import refused
from core.effects import Intent, Receipt

NAME: Final = "alerts"
SETTING: Final = "BOOSTEZ_ALERT_URLS"


class Alerts(ItemChannel):
    """The destinations of BOOSTEZ_ALERT_URLS, by Apprise address."""

    name = NAME
    capabilities = Capabilities(form="alert-1", batch=1, lease_seconds=300.0)

    def __init__(self, urls: Iterable[SecretStr]) -> None:
        self._urls = {wire.destination(url.get_secret_value()): url for url in urls}

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        return Sent([self._one(intent) for intent in intents])

    def _one(self, intent: Intent) -> Receipt:
        assert intent.content is not None
        message = wire.read(intent.content)
        url = self._urls.get(message.destination)
        if url is None:
            return refused(intent, f"its destination is no longer in {SETTING}")
        body = wire.body(message, intent.marker)
        return notified(intent, url, setting=SETTING, title=message.title, body=body)
