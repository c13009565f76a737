"""Alerts as a channel: one message to one destination a call.

Belongs here: finding the destination's address, sealing the link that acknowledges (no row holds one). Does not: what is worth an
alert (tasks/tell.py), its row (region/alerting/alerts.py), when it is told (core/alerting.py), its words (core/alert_words.py) or the call (connectors/notifying.py). Each destination is an effect of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors import clock
from connectors.alerts import wire
from connectors.channel import Capabilities, ItemChannel, Sent
from connectors.notifying import notified
from connectors.seals import Seals
from connectors.settings import Settings
from connectors.writing import refused
from core.effects import Intent, Receipt

NAME: Final = "alerts"
SETTING: Final = "BOOSTEZ_ALERT_URLS and BOOSTEZ_ALERT_DESTINATIONS"


class Alerts(ItemChannel):
    """The destinations of the settings, by Apprise address."""

    name = NAME
    capabilities = Capabilities(form="alert-1", batch=1, lease_seconds=300.0)

    def __init__(self, settings: Settings) -> None:
        every = (url for urls in settings.alert_addresses.values() for url in urls)
        self._urls = {wire.destination(url.get_secret_value()): url for url in every}
        self._seals = Seals(settings)

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        return Sent([self._one(intent) for intent in intents])

    def _one(self, intent: Intent) -> Receipt:
        assert intent.content is not None
        message = wire.read(intent.content)
        url = self._urls.get(message.destination)
        if url is None:
            return refused(intent, f"its destination is no longer in {SETTING}")
        link = self._seals.link("alert", str(message.alert), clock.now()) if message.alert else None
        body = wire.body(message, link, intent.marker)
        return notified(intent, url, setting=SETTING, title=message.title, body=body)
