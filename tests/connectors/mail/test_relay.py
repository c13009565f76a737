"""An SMTP relay: what each of its answers means, how long a connection is good, and what is told of it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from pydantic import SecretStr

from connectors.mail.relay import Relay
from core.effects import Intent, Receipt
from schemas.errors import Misconfigured, Permanent, RetryLater, Unreachable
from tests.connectors.authority import Authority
from tests.makers import NOON
from tests.relays import Letters, relaying

INTENT = Intent(7, "confirm.1.1", "create", "confirm.1.1-2f", None, b"{}", NOON)
SENDER, TO = "ne-pas-repondre@portail.example", "contact@fournil.example"
LETTER = b"Subject: Bonjour\r\n\r\nUn texte.\r\n"


def sent(address: str) -> Receipt:
    relay = Relay(SecretStr(address))
    try:
        receipt = relay.take(INTENT, SENDER, TO, LETTER)
    finally:
        relay.close()
    assert receipt.effect == INTENT.effect
    assert "fournil" not in (receipt.error or "")
    return receipt


@pytest.mark.parametrize(
    ("letters", "outcome", "cause"),
    [
        (Letters(rcpt="550 5.1.1 <ADDRESS> unknown"), "rejected", "content"),
        (Letters(rcpt="450 4.2.1 <ADDRESS> greylisted"), "retry", "limit"),
        (Letters(rcpt="452 4.5.3 full"), "retry", "limit"),
        (Letters(data="554 5.7.1 spam for ADDRESS"), "rejected", "content"),
        (Letters(data="451 4.3.0 ADDRESS later"), "unknown", "answer"),
        (Letters(data="421 closing"), "unknown", "answer"),
        (Letters(data="cut"), "unknown", "answer"),
    ],
    ids=lambda value: f"{value.rcpt}|{value.data}" if isinstance(value, Letters) else str(value),
)
def test_what_an_answer_means(letters: Letters, outcome: str, cause: str) -> None:
    with relaying(letters) as address:
        receipt = sent(address)
    assert (receipt.outcome, receipt.cause) == (outcome, cause)


def test_a_relay_that_is_not_there_took_nothing() -> None:
    with pytest.raises(Unreachable):
        sent("smtp://127.0.0.1:1")


@contextmanager
def speaking(*lines: str) -> Iterator[str]:
    """A server that answers each line with the next of ``lines``, and then says nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def talk() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as read:
                for line in lines:
                    connection.sendall(f"{line}\r\n".encode())
                    if line.startswith("354"):
                        while read.readline() not in {b".\r\n", b""}:
                            pass
                    else:
                        read.readline()
                ended.wait(10)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}?timeout=0.5"
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("220 hi",),
        ("220 hi", "250 ok"),
        ("220 hi", "250 ok", "250 ok"),
        ("220 hi", "250 ok", "250 ok", "250 ok"),
    ],
    ids=["greeting", "ehlo", "mail", "rcpt", "data"],
)
def test_silence_before_the_letter_was_asked_for_means_that_nothing_was_done(lines: tuple[str, ...]) -> None:
    """Waiting for 354: the letter was not sent; but smtplib cannot tell that silence from the one after it."""
    with speaking(*lines) as address:
        if len(lines) < 4:
            with pytest.raises(Unreachable):
                sent(address)
        else:
            assert sent(address).outcome == "unknown"


def test_silence_after_the_letter_is_unknown() -> None:
    with speaking("220 hi", "250 ok", "250 ok", "250 ok", "354 go") as address:
        assert sent(address).outcome == "unknown"


@pytest.mark.parametrize(
    ("lines", "trouble"),
    [
        (("220 hi", "250 ok", "550 not you"), Permanent),
        (("220 hi", "250 ok", "451 later"), RetryLater),
        (("554 go away",), Unreachable),
    ],
)
def test_a_relay_that_takes_no_letters_of_ours_stops_the_channel(
    lines: tuple[str, ...], trouble: type[Exception]
) -> None:
    with speaking(*lines) as address, pytest.raises(trouble):
        sent(address)


@pytest.mark.parametrize(
    "address",
    [
        "x",
        "",
        "https://relay.example",
        "smtp://",
        "smtp://h:x",
        "smtp+tls://:25",
        "smtp://[",
        "smtp://u:p@relay.example",
    ],
)
def test_an_address_that_is_none_of_a_relay_names_its_setting_and_tells_nothing(address: str) -> None:
    if not address:
        return
    with pytest.raises(Misconfigured, match="BOOSTEZ_SMTP_URL") as caught:
        Relay(SecretStr(address))
    assert "relay.example" not in str(caught.value)
    assert "u:p" not in str(caught.value)


# TLS and passwords


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A relay's certificate for localhost that this process trusts."""
    authority = Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=str(authority.file))
    monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: trusting)
    return authority.server_context("localhost")


def authenticated(wanted: tuple[str, str]) -> Callable[..., AuthResult]:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login.decode(), given.password.decode()) == wanted, handled=False)

    return check


def test_a_password_goes_over_tls_and_is_told_nowhere(trusted: ssl.SSLContext) -> None:
    letters = Letters()
    more = {
        "tls_context": trusted,
        "require_starttls": True,
        "authenticator": authenticated(("hub", "p@ss:w")),
    }
    with relaying(letters, **more) as address:
        port = address.rpartition(":")[2]
        assert sent(f"smtp+tls://hub:p%40ss%3Aw@localhost:{port}").outcome == "done"
        with pytest.raises(Permanent, match="refuses our password") as caught:
            sent(f"smtp+tls://hub:wrong-pass@localhost:{port}")
        assert caught.value.cause == "token"
        assert "wrong-pass" not in str(caught.value)
    assert len(letters.taken) == 1


def test_a_relay_without_tls_gets_nothing_when_tls_is_demanded() -> None:
    letters = Letters()
    with relaying(letters) as address, pytest.raises(Unreachable):
        sent(address.replace("smtp:", "smtp+tls:"))
    assert letters.taken == []


def test_a_certificate_of_somebody_else_is_refused(tmp_path: Path) -> None:
    letters = Letters()
    with relaying(letters, tls_context=Authority(tmp_path).server_context("localhost")) as address:
        port = address.rpartition(":")[2]
        with pytest.raises(Unreachable):
            sent(f"smtp+tls://localhost:{port}")
    assert letters.taken == []
