"""An SMTP relay: the connection, and what each of its answers means.

Belongs here: RFC 5321 as its client speaks it. Does not: a letter (wire.py) or whose it is (channel.py).

SMTP says where responsibility changes hands (RFC 5321, 4.2.5 and 6.1): before the final dot nothing was taken, a 250 after it
is a receipt, a 5yz after it a refusal for good. Everything else after the dot, or none, is *unknown*, and since nobody can
look into a mailbox the effect is parked. What a relay answers often repeats the address, so only its code is kept.

A connection is used for many letters: RSET between two of them ends what the one before left, and shows whether the relay is
still there; when it is not, another connection is made. After any doubt the connection is dropped.
"""

from __future__ import annotations

import smtplib
import ssl
from threading import Lock
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from pydantic import SecretStr

from connectors.writing import refused
from core.effects import Intent, Receipt
from schemas.errors import Misconfigured, Permanent, RetryLater, Unreachable

TIMEOUT: Final = 20.0  # seconds for one answer; a letter takes about six of them
GREYLISTED: Final = 300.0  # seconds to wait after "not now" (RFC 6647, 4: a few minutes)
REUSED: Final = 100  # letters a connection: many relays hang up on whoever never does
_PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Relay:
    """An SMTP server that takes letters for others; thread-safe, one letter at a time."""

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
        self._open: smtplib.SMTP | None = None
        self._letters = 0  # that went over the open connection
        self._lock = Lock()

    def close(self) -> None:
        """Hang up, without QUIT: its answer would tell nothing, and could be waited for."""
        if self._open is not None:
            self._open.close()
        self._open, self._letters = None, 0

    def greet(self) -> None:
        """Connect, encrypt and log in as for a letter, and hang up: nothing is sent.

        Raises:
            Unreachable, Permanent: no letter could be handed over now.

        """
        self._connected().close()

    def take(self, intent: Intent, sender: str, recipient: str, letter: bytes) -> Receipt:
        """Hand one letter over; ``sender`` is where it comes back to when it cannot be delivered.

        Raises:
            Unreachable, RetryLater: nothing was handed over.
            Permanent: the relay does not take letters of ours at all.

        """
        with self._lock:
            relay = self._begun(sender, intent.marker)
            receipt, clear = _handed(relay, intent, recipient, letter)
            if clear:
                self._open, self._letters = relay, self._letters + 1
            else:
                self.close()
            return receipt

    def _begun(self, sender: str, marker: str) -> smtplib.SMTP:
        """A connection on which a letter was begun: the open one, or another when that is no longer good."""
        if self._open is not None and self._letters < REUSED:
            try:
                if self._open.rset()[0] == 250 and _mail(self._open, sender, marker) == 250:
                    return self._open
            except (OSError, smtplib.SMTPException):
                pass  # it hung up meanwhile, or counts a connection's letters: nothing was under way
        self.close()
        self._open = self._connected()
        try:
            code = _mail(self._open, sender, marker)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise _broke_off(error) from None
        if code != 250:
            self.close()
            _stop(code)
        return self._open

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
            raise _broke_off(error) from None
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


def _mail(relay: smtplib.SMTP, sender: str, marker: str) -> int:
    """Begin a letter. A relay that knows RFC 3461 names the marker in what it bounces, and sends no letter's text back."""
    options = [f"ENVID={marker}", "RET=HDRS"] if relay.has_extn("dsn") else []
    return relay.mail(sender, options)[0]


def _handed(relay: smtplib.SMTP, intent: Intent, recipient: str, letter: bytes) -> tuple[Receipt, bool]:
    """The receipt, and whether the connection came to a clear end of this letter.

    Raises:
        Unreachable: nothing was handed over.

    """
    try:
        code, _ = relay.rcpt(recipient)
    except (OSError, smtplib.SMTPException) as error:
        relay.close()
        raise _broke_off(error) from None
    if code not in {250, 251}:
        return _not_taken(intent, code, "its address"), code != 421
    try:
        code, _ = relay.data(letter)
    except smtplib.SMTPDataError as error:  # no 354: the letter was not asked for
        return _not_taken(intent, error.smtp_code, "the letter"), error.smtp_code != 421
    except (OSError, smtplib.SMTPException) as error:
        return _unknown(intent, f"no answer to the letter: {type(error).__name__}"), False
    if code == 250:
        return Receipt(intent.effect, "done", intent.marker), True
    if code >= 500:
        return refused(intent, f"the relay refuses the letter ({code})"), True
    return _unknown(intent, f"the relay's answer to the letter leaves open what became of it ({code})"), False


def _broke_off(error: Exception) -> Unreachable:
    return Unreachable(f"the relay of BOOSTEZ_SMTP_URL broke off: {type(error).__name__}")


def _stop(code: int) -> None:
    if code >= 500:
        raise Permanent(
            f"the relay of BOOSTEZ_SMTP_URL takes no letters from BOOSTEZ_MAIL_FROM, or BOOSTEZ_MAIL_BOUNCE ({code})",
            cause="permission",
        )
    raise RetryLater(f"the relay of BOOSTEZ_SMTP_URL asks for time ({code})", after=GREYLISTED, cause="limit")


def _not_taken(intent: Intent, code: int, what: str) -> Receipt:
    if code >= 500:
        return refused(intent, f"the relay refuses {what} ({code})")
    error = f"the relay does not take {what} now ({code})"
    return Receipt(intent.effect, "retry", after=GREYLISTED, error=error, cause="limit")


def _unknown(intent: Intent, error: str) -> Receipt:
    return Receipt(intent.effect, "unknown", error=error, cause="answer")
