"""Mail as a channel: one letter to one person a call, over SMTP.

Belongs here: the connection, and what each answer means. Does not: a letter's words (wire.py) or whom it goes to
(region/postings.py, handed in by the registry).

SMTP says where responsibility changes hands (RFC 5321, 4.2.5 and 6.1): before the final dot nothing was taken, a 250 after it
is a receipt, a 5yz after it a refusal for good. Everything else after the dot, or none, is *unknown*, and since nobody can
look into a mailbox the effect is parked. What a relay answers often repeats the address, so only its code is kept.
"""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import SecretStr

from connectors.channel import Capabilities, ItemChannel, Sent
from connectors.mail import wire
from connectors.mail.wire import Addressee, Message
from connectors.seals import Seals
from connectors.settings import Settings
from core.effects import Intent, Receipt
from schemas.errors import Misconfigured, Permanent, RetryLater, Unreachable

NAME: Final = "mail"
TIMEOUT: Final = 20.0  # seconds for one answer; a letter takes about six of them
GREYLISTED: Final = 300.0  # seconds to wait after "not now" (RFC 6647, 4: a few minutes)
_PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Addressed = Callable[[Message], Addressee | None]


class Mail(ItemChannel):
    """The relay of BOOSTEZ_SMTP_URL."""

    name = NAME
    capabilities = Capabilities(form="mail-1", batch=1, lease_seconds=600.0)

    def __init__(self, settings: Settings, addressed: Addressed) -> None:
        """``addressed`` finds who a message goes to, None when nobody any more.

        Raises:
            Misconfigured: the address is none of a relay; the message names the setting.

        """
        self._relay = None if settings.smtp_url is None else Relay(settings.smtp_url)
        self._sender, self._public_url = settings.sender, settings.public_url
        self._seals = Seals(settings)
        self._addressed = addressed

    def send(self, intents: Sequence[Intent]) -> Sent:
        """See the port."""
        return Sent([self._one(intent) for intent in intents])

    def _one(self, intent: Intent) -> Receipt:
        assert intent.content is not None
        if self._relay is None:
            return _refused(intent, "BOOSTEZ_SMTP_URL is not set: there is no relay to send it by")
        message = wire.read(intent.content)
        to = self._addressed(message)
        if to is None:
            return _refused(intent, "its posting is gone, or no longer has a contact")
        purpose: Final = "confirm" if message.kind == "confirm" else "manage"
        link = self._seals.link(purpose, to.ref, dt.datetime.now(dt.UTC))
        subject, text = wire.letter(message.kind, to, link=link, public_url=self._public_url)
        letter = wire.compose(self._sender, to, intent.marker, subject, text)
        return self._relay.take(intent, self._sender, to.address, letter)


class Relay:
    """An SMTP server that takes letters for others."""

    def __init__(self, address: SecretStr) -> None:
        """Raises Misconfigured: it is no address of a relay, or its password would travel in the clear."""
        try:
            self._parts = urlsplit(address.get_secret_value())
            self._port = self._parts.port or _PORTS.get(self._parts.scheme, 0)
            self._timeout = float(parse_qs(self._parts.query).get("timeout", [TIMEOUT])[0])
        except ValueError:
            self._parts, self._port, self._timeout = SplitResult("", "", "", "", ""), 0, TIMEOUT
        if not (self._port and self._parts.hostname):
            raise Misconfigured("BOOSTEZ_SMTP_URL is no address of a relay (smtp+tls://user:password@host)")
        if self._parts.scheme == "smtp" and self._parts.password and self._parts.hostname not in _LOOPBACK:
            raise Misconfigured(
                "BOOSTEZ_SMTP_URL would send its password in the clear: write smtp+tls:// or smtps://"
            )

    def take(self, intent: Intent, sender: str, recipient: str, letter: bytes) -> Receipt:
        """Hand one letter over.

        Raises:
            Unreachable, RetryLater: nothing was handed over.
            Permanent: the relay does not take letters of ours at all.

        """
        relay = self._connected()
        try:
            return self._handed(relay, intent, sender, recipient, letter)
        finally:
            relay.close()  # without QUIT: its answer would tell nothing, and could be waited for

    def _connected(self) -> smtplib.SMTP:
        host, scheme = str(self._parts.hostname), self._parts.scheme
        try:
            relay = (
                smtplib.SMTP_SSL(
                    host, self._port, timeout=self._timeout, context=ssl.create_default_context()
                )
                if scheme == "smtps"
                else smtplib.SMTP(host, self._port, timeout=self._timeout)
            )
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(
                f"the relay of BOOSTEZ_SMTP_URL does not answer: {type(error).__name__}"
            ) from None
        try:
            if scheme == "smtp+tls":
                relay.starttls(context=ssl.create_default_context())
            relay.ehlo_or_helo_if_needed()
            if self._parts.username and self._parts.password:
                self._log_in(relay)
        except smtplib.SMTPAuthenticationError as error:
            relay.close()
            raise Permanent(
                f"the relay of BOOSTEZ_SMTP_URL refuses our password ({error.smtp_code})", cause="token"
            ) from None
        except Permanent:
            relay.close()
            raise
        except (OSError, smtplib.SMTPException) as error:
            relay.close()
            raise Unreachable(f"the relay of BOOSTEZ_SMTP_URL broke off: {type(error).__name__}") from None
        return relay

    def _log_in(self, relay: smtplib.SMTP) -> None:
        """One try: smtplib's own goes through every mechanism with a wrong password, until the relay hangs up."""
        offered = relay.esmtp_features.get("auth", "").upper().split()
        relay.user, relay.password = unquote(self._parts.username or ""), unquote(self._parts.password or "")
        ways = {"PLAIN": relay.auth_plain, "LOGIN": relay.auth_login}
        way = next((way for way in ways if way in offered), None)
        if way is None:
            raise Permanent("the relay of BOOSTEZ_SMTP_URL takes no password (PLAIN or LOGIN)", cause="token")
        relay.auth(way, ways[way])

    def _handed(
        self, relay: smtplib.SMTP, intent: Intent, sender: str, recipient: str, letter: bytes
    ) -> Receipt:
        try:
            code, _ = relay.mail(sender)
            if code != 250:
                _stop(code)
            code, _ = relay.rcpt(recipient)
            if code not in {250, 251}:
                return _not_taken(intent, code, "its address")
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"the relay of BOOSTEZ_SMTP_URL broke off: {type(error).__name__}") from None
        try:
            code, _ = relay.data(letter)
        except smtplib.SMTPDataError as error:  # no 354: the letter was not asked for
            return _not_taken(intent, error.smtp_code, "the letter")
        except (OSError, smtplib.SMTPException) as error:
            return _unknown(intent, f"no answer to the letter: {type(error).__name__}")
        if code == 250:
            return Receipt(intent.effect, "done", intent.marker)
        if code >= 500:
            return _refused(intent, f"the relay refuses the letter ({code})")
        return _unknown(intent, f"the relay's answer to the letter leaves open what became of it ({code})")


def _stop(code: int) -> None:
    if code >= 500:
        raise Permanent(
            f"the relay of BOOSTEZ_SMTP_URL takes no letters from BOOSTEZ_MAIL_FROM ({code})",
            cause="permission",
        )
    raise RetryLater(f"the relay of BOOSTEZ_SMTP_URL asks for time ({code})", after=GREYLISTED, cause="limit")


def _not_taken(intent: Intent, code: int, what: str) -> Receipt:
    if code >= 500:
        return _refused(intent, f"the relay refuses {what} ({code})")
    error = f"the relay does not take {what} now ({code})"
    return Receipt(intent.effect, "retry", after=GREYLISTED, error=error, cause="limit")


def _refused(intent: Intent, error: str) -> Receipt:
    return Receipt(intent.effect, "rejected", error=error, cause="content")


def _unknown(intent: Intent, error: str) -> Receipt:
    return Receipt(intent.effect, "unknown", error=error, cause="answer")
