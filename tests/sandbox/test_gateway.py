"""The stand-in of an SMS gateway."""

from __future__ import annotations

from typing import Any

import apprise
import pytest

from tests.sandbox.conftest import Sandbox

PHONE = "+33612345678"


def send(sandbox: Sandbox, marker: str, phone: str = PHONE, message: str = "Rappel") -> int:
    body = {"title": "", "message": message, "reference": marker}
    return sandbox.http.post(f"/sms/{phone}", json=body).status_code


def texts(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.http.get("/_sandbox/truth/texts").json()["items"]
    return found


def test_a_text_is_kept_with_its_number(sandbox: Sandbox) -> None:
    assert send(sandbox, "session.12-2f", message="Rappel à 9 h") == 200
    (kept,) = texts(sandbox)
    assert (kept["to"], kept["text"], kept["subject"]) == (PHONE, "Rappel à 9 h", "session.12")
    assert kept["at"].endswith("Z")


def test_what_comes_twice_is_told(sandbox: Sandbox) -> None:
    for marker in ("a.1-2f", "a.1-30", "a.2-31", "", "", "no marker"):
        send(sandbox, marker)
    assert sandbox.truth()["texts"] == {"messages": 6, "duplicates": 1}


@pytest.mark.parametrize(
    "phone", ["0612345678", "+", "+0612345678", "33612345678", "+336123456789012345", "x"]
)
def test_a_number_that_is_none_is_refused(sandbox: Sandbox, phone: str) -> None:
    assert send(sandbox, "a.1-2f", phone) == 422
    assert texts(sandbox) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"{}", b'{"message":7}', b"\xff\xfe", b"[" * 3000])
def test_what_is_no_text_is_refused_and_not_kept(sandbox: Sandbox, body: bytes) -> None:
    assert sandbox.http.post(f"/sms/{PHONE}", content=body).status_code == 400
    assert send(sandbox, "a.1-2f", message="") == 422
    assert texts(sandbox) == []


@pytest.mark.parametrize(
    ("fault", "kept"),
    [("error_500_before", 0), ("error_500_after", 1), ("rate_limited", 0), ("html", 0), ("wrong_json", 1)],
)
def test_it_misbehaves_on_command(sandbox: Sandbox, fault: str, kept: int) -> None:
    sandbox.admin("faults", path="/sms/", fault=fault)
    send(sandbox, "a.1-2f")
    assert sandbox.truth()["texts"]["messages"] == kept
    assert send(sandbox, "a.2-2f") == 200


def test_a_new_story_has_no_texts(sandbox: Sandbox) -> None:
    send(sandbox, "a.1-2f")
    sandbox.admin("reset")
    assert sandbox.truth()["texts"] == {"messages": 0, "duplicates": 0}


def test_a_client_that_nobody_here_wrote_is_understood(sandbox: Sandbox) -> None:
    sender = apprise.Apprise()
    assert sender.add(f"{sandbox.url.replace('http:', 'json:')}/sms/%2B33612345678?:reference=a.1-2f")
    assert sender.notify(body="Rappel : mardi à 9 h")
    (kept,) = texts(sandbox)
    assert (kept["to"], kept["text"], kept["subject"]) == (PHONE, "Rappel : mardi à 9 h", "a.1")
