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

from connectors.mail.relay import REUSED, Relay
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


class Talk:
    """A server that answers each line with the next of a script, one script a connection, and then says nothing more."""

    def __init__(self, *scripts: tuple[str, ...]) -> None:
        self.scripts, self.heard = scripts, [list[str]() for _ in scripts]
        self._ended = threading.Event()

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address, meanwhile."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(10)
            thread = threading.Thread(target=self._serve, args=(server,), daemon=True)
            thread.start()
            yield f"smtp://127.0.0.1:{server.getsockname()[1]}?timeout=0.5"
            self._ended.set()
            thread.join()

    def _serve(self, server: socket.socket) -> None:
        for script, heard in zip(self.scripts, self.heard, strict=True):
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as read:
                self._converse(connection, read, script, heard)

    def _converse(
        self, connection: socket.socket, read: Any, script: tuple[str, ...], heard: list[str]
    ) -> None:
        for number, line in enumerate(script, 1):
            if line == "hang up":
                return
            connection.sendall(f"{line}\r\n".encode())
            if line.startswith("354"):
                while read.readline() not in {b".\r\n", b""}:
                    pass
            elif not line.startswith("250-") and number < len(script):
                heard.append(read.readline().decode().strip())
        self._ended.wait(10)


@contextmanager
def speaking(*lines: str) -> Iterator[str]:
    """A server of one conversation."""
    with Talk(lines).serving() as address:
        yield address


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


# One connection for many letters


HELLO, ONE_LETTER = ("220 hi", "250 ok"), ("250 ok", "250 ok", "354 go", "250 taken")


def take(relay: Relay) -> str:
    return relay.take(INTENT, SENDER, TO, LETTER).outcome


def test_letters_go_over_one_connection_until_it_has_had_its_number() -> None:
    letters = Letters()
    with relaying(letters) as address:
        relay = Relay(SecretStr(address))
        assert [take(relay) for _ in range(REUSED + 1)] == ["done"] * (REUSED + 1)
        relay.close()
    assert len(set(letters.peers[:REUSED])) == 1
    assert len(set(letters.peers)) == 2


def test_each_letter_is_begun_afresh() -> None:
    talk = Talk((*HELLO, *ONE_LETTER, "250 reset", *ONE_LETTER))
    with talk.serving() as address:
        relay = Relay(SecretStr(address))
        assert [take(relay), take(relay)] == ["done", "done"]
    said = [line.partition(" ")[0].upper() for line in talk.heard[0]]
    assert said == ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize(
    "after",
    [
        ("hang up",),
        ("421 bye",),
        ("500 what?",),
        ("250 reset", "421 too many letters"),
        ("250 reset", "hang up"),
    ],
    ids=" ".join,
)
def test_a_connection_that_is_no_longer_good_is_replaced_and_no_letter_goes_twice(
    after: tuple[str, ...],
) -> None:
    talk = Talk((*HELLO, *ONE_LETTER, *after, "hang up"), (*HELLO, *ONE_LETTER))
    with talk.serving() as address:
        relay = Relay(SecretStr(address))
        assert [take(relay), take(relay)] == ["done", "done"]
        relay.close()
    assert [sum(line == "data" for line in heard) for heard in talk.heard] == [1, 1]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (("250 ok", "550 unknown"), "rejected"),
        (("250 ok", "450 later"), "retry"),
        (("250 ok", "250 ok", "554 not you"), "rejected"),
        (("250 ok", "250 ok", "354 go", "554 spam"), "rejected"),
    ],
)
def test_a_clear_no_leaves_the_connection_good(answers: tuple[str, ...], outcome: str) -> None:
    talk = Talk((*HELLO, *answers, "250 reset", *ONE_LETTER))
    with talk.serving() as address:
        relay = Relay(SecretStr(address))
        assert [take(relay), take(relay)] == [outcome, "done"]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        (("250 ok", "421 bye"), "retry"),
        (("250 ok", "250 ok", "421 bye"), "retry"),
        (("250 ok", "250 ok", "354 go", "451 hm"), "unknown"),
        (("250 ok", "250 ok", "354 go", "hang up"), "unknown"),
    ],
)
def test_after_any_doubt_another_connection_is_made(answers: tuple[str, ...], outcome: str) -> None:
    talk = Talk((*HELLO, *answers, "hang up"), (*HELLO, *ONE_LETTER))
    with talk.serving() as address:
        relay = Relay(SecretStr(address))
        assert [take(relay), take(relay)] == [outcome, "done"]


def test_a_relay_that_is_gone_for_good_took_nothing() -> None:
    with speaking(*HELLO, *ONE_LETTER) as address:
        relay = Relay(SecretStr(address))
        assert take(relay) == "done"
    with pytest.raises(Unreachable):
        take(relay)


def test_a_relay_that_knows_dsn_names_the_marker_in_what_it_bounces() -> None:
    talk = Talk(("220 hi", "250-relay", "250 DSN", *ONE_LETTER))
    with talk.serving() as address:
        assert sent(address).outcome == "done"
    assert f"mail FROM:<{SENDER}> ENVID=confirm.1.1-2f RET=HDRS" in talk.heard[0]


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
