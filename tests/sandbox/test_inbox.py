"""The stand-in of whatever receives messages."""

from __future__ import annotations

from typing import Any

import apprise
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.sandbox.conftest import Sandbox


def send(sandbox: Sandbox, message: str, title: str = "Away") -> int:
    return sandbox.http.post("/inbox", json={"title": title, "message": message}).status_code


def messages(sandbox: Sandbox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.http.get("/_sandbox/truth/messages").json()["items"]
    return found


def test_a_message_is_kept_as_it_came(sandbox: Sandbox) -> None:
    assert send(sandbox, "L’adresse « é » 🥖\n\n[3.aaaaaaaa-2f]") == 200
    (kept,) = messages(sandbox)
    assert (kept["title"], kept["message"]) == ("Away", "L’adresse « é » 🥖\n\n[3.aaaaaaaa-2f]")
    assert kept["subject"] == "3.aaaaaaaa"
    assert kept["at"].endswith("Z")


def test_messages_are_told_in_the_order_they_came(sandbox: Sandbox) -> None:
    for number in range(5):
        send(sandbox, f"{number} [{number}.aaaaaaaa-1]")
    assert [kept["message"][0] for kept in messages(sandbox)] == list("01234")


@pytest.mark.parametrize(
    ("markers", "duplicates"),
    [
        (["1.aa-1", "2.aa-1"], 0),
        (["1.aa-1", "1.bb-1"], 0),
        (["1.aa-1", "1.aa-1"], 1),
        (["1.aa-1", "1.aa-2", "1.aa-3"], 2),
    ],
)
def test_a_subject_that_came_before_is_one_message_too_many_whatever_its_lease(
    sandbox: Sandbox, markers: list[str], duplicates: int
) -> None:
    for marker in markers:
        send(sandbox, f"Away.\n\n[{marker}]")
    assert sandbox.truth()["inbox"] == {"messages": len(markers), "duplicates": duplicates}


@pytest.mark.parametrize(
    "message", ["", "Away.", "[3.aaaaaaaa-2f] and more", "[3.aaaaaaaa]", "3.aaaaaaaa-2f"]
)
def test_a_message_without_a_marker_at_its_end_is_kept_and_counted_as_nobodys(
    sandbox: Sandbox, message: str
) -> None:
    for _ in range(2):
        assert send(sandbox, message) == 200
    assert sandbox.truth()["inbox"] == {"messages": 2, "duplicates": 0}
    assert {kept["subject"] for kept in messages(sandbox)} == {None}


def test_the_last_marker_counts(sandbox: Sandbox) -> None:
    send(sandbox, "[1.aa-1]\n[2.aa-1]")
    assert [kept["subject"] for kept in messages(sandbox)] == ["2.aa"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"message":7}', b"\xff\xfe", b"[" * 3000])
def test_what_is_no_message_is_refused_and_not_kept(sandbox: Sandbox, body: bytes) -> None:
    assert sandbox.http.post("/inbox", content=body).status_code == 400
    assert messages(sandbox) == []


@given(st.text(), st.text())
@example("\x00", "\x00")
@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_kept_as_it_came(sandbox: Sandbox, title: str, message: str) -> None:
    sandbox.admin("reset")
    assert send(sandbox, message, title) == 200
    assert [(kept["title"], kept["message"]) for kept in messages(sandbox)] == [(title, message)]


def test_it_is_only_written_to(sandbox: Sandbox) -> None:
    assert sandbox.http.get("/inbox").status_code == 405


def test_it_is_emptied_by_a_reset(sandbox: Sandbox) -> None:
    send(sandbox, "Away. [1.aa-1]")
    sandbox.admin("reset")
    assert sandbox.truth()["inbox"] == {"messages": 0, "duplicates": 0}


@pytest.mark.parametrize(
    ("fault", "kept"),
    [("error_500_before", 0), ("error_500_after", 1), ("rate_limited", 0), ("html", 0), ("wrong_json", 1)],
)
def test_it_misbehaves_on_command(sandbox: Sandbox, fault: str, kept: int) -> None:
    sandbox.admin("faults", path="/inbox", fault=fault)
    send(sandbox, "Away. [1.aa-1]")
    assert sandbox.truth()["inbox"]["messages"] == kept
    assert send(sandbox, "Away. [2.aa-1]") == 200


def test_a_client_that_nobody_here_wrote_is_understood(sandbox: Sandbox) -> None:
    sender = apprise.Apprise()
    assert sender.add(f"{sandbox.url.replace('http:', 'json:')}/inbox")
    assert sender.notify(title="Away", body="It is away.\n\n[3.aaaaaaaa-2f]")
    (kept,) = messages(sandbox)
    assert (kept["title"], kept["subject"]) == ("Away", "3.aaaaaaaa")
