"""Sending through Apprise: what it says becomes a receipt, and what it knows stays secret."""

from __future__ import annotations

import datetime as dt
import logging

import msgspec
import pytest
from pydantic import SecretStr

from connectors.alerts import wire
from connectors.alerts.channel import Alerts
from connectors.alerts.wire import Message
from connectors.settings import Settings
from core.effects import Intent, Receipt
from tests.worlds import Sandbox

pytestmark = pytest.mark.catalogue(1, 1)
NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SECRET = "s3cr3t"


def inbox(sandbox: Sandbox, options: str = "rto=3") -> str:
    return f"{sandbox.base.replace('http:', 'json:')}/inbox?{options}"


def at(*urls: str) -> Settings:
    addresses = [SecretStr(url) for url in urls]
    return Settings(
        portal_url="https://portail.example", portal_secret=SecretStr("s" * 40), alert_urls=addresses
    )


def send(url: str, *urls: str, to: str | None = None, message: str = "It is away.") -> Receipt:
    content = msgspec.json.encode(Message(wire.destination(to or url), "Away", message))
    intent = Intent(7, "3.aaaaaaaa", "create", "3.aaaaaaaa-2f", None, content, NOON)
    channel = Alerts(at(url, *urls))
    sent = channel.send([intent])
    channel.close()
    assert sent.halt is None
    (receipt,) = sent.receipts
    return receipt


def test_a_yes_is_done_and_the_letter_carries_its_marker(sandbox: Sandbox) -> None:
    assert send(inbox(sandbox)) == Receipt(7, "done", "3.aaaaaaaa-2f")
    (letter,) = sandbox.messages()
    assert (letter["title"], letter["message"]) == ("Away", "It is away.\n\n[3.aaaaaaaa-2f]")


def test_each_message_goes_to_its_own_destination_only(sandbox: Sandbox) -> None:
    send(inbox(sandbox), inbox(sandbox, "n=1"), inbox(sandbox, "n=2"))
    assert len(sandbox.messages()) == 1


@pytest.mark.parametrize(
    ("fault", "delivered"), [("error_500_before", 0), ("error_500_after", 1), ("timeout_after", 1)]
)
def test_a_no_is_unknown_it_may_have_been_delivered(sandbox: Sandbox, fault: str, delivered: int) -> None:
    sandbox.fault("/inbox", fault)
    receipt = send(inbox(sandbox, "rto=1"))
    assert (receipt.outcome, receipt.cause) == ("unknown", "answer")
    assert len(sandbox.messages()) == delivered


@pytest.mark.parametrize("option", ["retry=3", "optional=yes", "optional=yes&retry=2"])
def test_no_option_of_an_address_sends_twice_or_hides_a_no(sandbox: Sandbox, option: str) -> None:
    """Apprise itself repeats what was not confirmed when an address says so, and calls a failure of an optional one done."""
    sandbox.fault("/inbox", "error_500_after", times=9)
    assert send(inbox(sandbox, option)).outcome == "unknown"
    assert len(sandbox.messages()) == sandbox.hits() == 1


def test_a_destination_that_left_the_settings_is_refused(sandbox: Sandbox) -> None:
    receipt = send(inbox(sandbox), to=inbox(sandbox, "n=1"))
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert "no longer in BOOSTEZ_ALERT_URLS" in (receipt.error or "")
    assert sandbox.messages() == []


@pytest.mark.parametrize("url", ["", "nothing", "unheard-of://host", "slack://", "json://"])
def test_an_address_that_apprise_does_not_know_is_refused(url: str) -> None:
    receipt = send(url)
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert "BOOSTEZ_ALERT_URLS" in (receipt.error or "")


def test_a_message_keeps_its_lines_where_html_is_read(sandbox: Sandbox) -> None:
    """A mail is HTML by default: its lines ran together, and what looked like a tag was gone."""
    send(inbox(sandbox, "format=html"), message="Numbers:\n- <now>: 30\n- limit: 25")
    (letter,) = sandbox.messages()
    assert "&lt;now&gt;" in letter["message"]
    assert letter["message"].count("<br") >= 4


@pytest.mark.parametrize(
    "url",
    [
        f"unheard-of://{SECRET}:{SECRET}@{SECRET}/{SECRET}?token={SECRET}",
        f"{SECRET}",
        f"slack://{SECRET}",
        f"json://{SECRET}:{SECRET}@127.0.0.1:9/{SECRET}?+X-Token={SECRET}&cto=1&rto=1",
        f"form://127.0.0.1:9/{SECRET}?rto=abc&cto={SECRET}&:field={SECRET}",
    ],
)
def test_nothing_of_an_address_is_in_a_receipt_or_in_a_log(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    logging.getLogger("apprise").setLevel(1)
    receipt = send(url, to=url)
    assert SECRET not in str(receipt)
    assert SECRET not in caplog.text


def test_nothing_of_an_address_is_shown_by_its_channel() -> None:
    channel = Alerts(at(f"json://{SECRET}@host/{SECRET}"))
    assert SECRET not in repr(channel)
    assert SECRET not in str(channel)
