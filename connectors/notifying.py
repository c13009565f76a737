"""One message to one destination through Apprise: what it says, as a receipt.

Belongs here: the call, and keeping quiet about addresses, which hold secrets. Does not: which address (connectors/alerts, sms)
or any words.

Apprise's notify() answers yes or no for all its destinations together and does not tell a refusal from a lost answer, nor a
gateway that is away from one that took the message. So one destination a call, a no is *unknown*, and since nobody can look
into a mailbox or a telephone the effect is parked. What an address asks of Apprise against that (``retry``, ``optional``) is
overruled.
"""

from __future__ import annotations

import logging

import apprise
from pydantic import SecretStr

from connectors.writing import refused
from core.effects import Intent, Receipt

# Both tell addresses, secrets included: Apprise at every level, its transport the path of each call.
logging.getLogger("apprise").addFilter(lambda _: False)
logging.getLogger("urllib3.connectionpool").addFilter(lambda record: record.levelno > logging.DEBUG)


def knows(address: SecretStr) -> bool:
    """Whether it is an address that Apprise can send to."""
    return bool(apprise.Apprise().add(address.get_secret_value()))


def place(address: SecretStr) -> tuple[str, int] | None:
    """The host and port that the address names, for who wants to see whether somebody is there; None: it names none."""
    sender = apprise.Apprise()
    sender.add(address.get_secret_value())
    for service in sender:
        if host := getattr(service, "smtp_host", None) or getattr(service, "host", None):
            return str(host), int(getattr(service, "port", None) or (443 if service.secure else 80))
    return None


def delivered(address: SecretStr, *, title: str, body: str) -> bool:
    """Send one message without a ledger, for whoever has none; whether it certainly arrived."""
    sender = apprise.Apprise()
    return bool(
        sender.add(address.get_secret_value())
        and sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    )


def notified(intent: Intent, address: SecretStr, *, setting: str, title: str, body: str) -> Receipt:
    """Send one message; ``setting`` names where the address comes from."""
    sender = apprise.Apprise()
    if not sender.add(address.get_secret_value()):
        return refused(intent, f"an address of {setting} is not one that Apprise knows")
    for service in sender:
        service.retry, service.optional = 0, False
    if sender.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
        return Receipt(intent.effect, "done", intent.marker)
    return Receipt(
        intent.effect, "unknown", error="Apprise could not say that it was delivered", cause="answer"
    )
