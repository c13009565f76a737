"""Alerts as a channel: one message to one destination a call.

Belongs here: sending through Apprise. Does not: what is worth an alert (tasks/tell.py), its row (region/alerts.py) or its
words (wire.py).

Apprise's notify() answers yes or no for all its destinations together and does not tell a refusal from a lost answer. So
each destination is an effect of its own, a no is *unknown*, and since nobody can look into a mailbox the effect is parked.
What an address asks of Apprise against that (``retry``, ``optional``) is overruled.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final

import apprise
from pydantic import SecretStr

from connectors.alerts import wire
from connectors.channel import Capabilities, ItemChannel, Sent
from core.effects import Intent, Receipt

NAME: Final = "alerts"

# Both tell addresses, secrets included: Apprise at every level, its transport the path of each call.
logging.getLogger("apprise").addFilter(lambda _: False)
logging.getLogger("urllib3.connectionpool").addFilter(lambda record: record.levelno > logging.DEBUG)


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
            return Receipt(
                intent.effect,
                "rejected",
                error="its destination is no longer in BOOSTEZ_ALERT_URLS",
                cause="content",
            )
        sender = apprise.Apprise()
        if not sender.add(url.get_secret_value()):
            return Receipt(
                intent.effect,
                "rejected",
                error="an address of BOOSTEZ_ALERT_URLS is not one that Apprise knows",
                cause="content",
            )
        for service in sender:
            service.retry, service.optional = 0, False
        body = wire.body(message, intent.marker)
        if sender.notify(title=message.title, body=body, body_format=apprise.NotifyFormat.TEXT):
            return Receipt(intent.effect, "done", intent.marker)
        return Receipt(
            intent.effect, "unknown", error="Apprise could not say that it was delivered", cause="answer"
        )
