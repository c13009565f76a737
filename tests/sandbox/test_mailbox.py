"""The stand-in of a mail relay."""

from __future__ import annotations

import smtplib
import subprocess
import sys
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ports import free_pair
from tests.sandbox.conftest import Sandbox

ROOT = Path(__file__).parents[2]


def port(sandbox: Sandbox) -> int:
    return int(sandbox.truth()["mails"]["port"])


def send(sandbox: Sandbox, marker: str, text: str = "Bonjour") -> None:
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = "Votre offre « é »", f"<{marker}@portail.example>"
    message["From"], message["To"] = "hub@portail.example", "contact@fournil.example"
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", port(sandbox), timeout=2) as relay:
        relay.send_message(message)


def letters(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.http.get("/_sandbox/truth/mails").json()["items"]
    return found


def counted(sandbox: Sandbox) -> tuple[int, int]:
    told = sandbox.truth()["mails"]
    return told["messages"], told["duplicates"]


def test_a_letter_is_kept_and_can_be_read(sandbox: Sandbox) -> None:
    send(sandbox, "confirm.1.1-2f", "Bonjour,\n\n.un point en tête\nÀ bientôt")
    (kept,) = letters(sandbox)
    assert (kept["to"], kept["title"], kept["subject"]) == (
        "contact@fournil.example",
        "Votre offre « é »",
        "confirm.1.1",
    )
    assert kept["text"].replace("\r\n", "\n") == "Bonjour,\n\n.un point en tête\nÀ bientôt\n"
    assert kept["at"].endswith("Z")


def test_what_comes_twice_is_told(sandbox: Sandbox) -> None:
    for marker in ("confirm.1.1-2f", "confirm.1.1-30", "confirm.2.1-31", "no marker", "no marker"):
        send(sandbox, marker)
    assert counted(sandbox) == (5, 1)


@pytest.mark.parametrize(
    ("fault", "kept", "code"),
    [
        ("error_500_before", 0, 451),
        ("error_500_after", 1, 451),
        ("rate_limited", 0, 452),
        ("unavailable", 0, 421),
    ],
)
def test_an_order_is_obeyed_at_the_end_of_a_letter(
    sandbox: Sandbox, fault: str, kept: int, code: int
) -> None:
    sandbox.admin("faults", path="/smtp", fault=fault)
    with pytest.raises(smtplib.SMTPDataError) as caught:
        send(sandbox, "confirm.1.1-2f")
    assert caught.value.smtp_code == code
    assert counted(sandbox) == (kept, 0)
    send(sandbox, "confirm.2.1-2f")


@pytest.mark.parametrize(("fault", "kept"), [("timeout_before", 0), ("timeout_after", 1), ("cut_body", 1)])
def test_a_relay_may_stay_silent(sandbox: Sandbox, fault: str, kept: int) -> None:
    sandbox.admin("faults", path="/smtp", fault=fault, seconds=0.1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(sandbox, "confirm.1.1-2f")
    assert counted(sandbox) == (kept, 0)


def test_a_recipient_may_be_put_off(sandbox: Sandbox) -> None:
    sandbox.admin("faults", path="/smtp/rcpt", fault="rate_limited")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(sandbox, "confirm.1.1-2f")
    assert counted(sandbox) == (0, 0)


def test_a_new_story_has_no_letters(sandbox: Sandbox) -> None:
    send(sandbox, "confirm.1.1-2f")
    sandbox.admin("reset")
    assert letters(sandbox) == []


def test_alone_it_listens_on_the_port_after_the_sandbox_s(tmp_path: Path) -> None:
    port = free_pair()
    command = [sys.executable, "-m", "sandbox", str(port), str(tmp_path / "state.sqlite")]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            assert answers(f"http://127.0.0.1:{port}/_sandbox/truth/mails", process) == {"items": []}
            with smtplib.SMTP("127.0.0.1", port + 1, timeout=5) as relay:
                assert relay.noop()[0] == 250
        finally:
            process.terminate()


def answers(address: str, process: subprocess.Popen[bytes]) -> Any:
    for _ in range(300):
        with suppress(httpx.TransportError):
            return httpx.get(address, trust_env=False, timeout=30).json()
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    pytest.fail("it did not start")
