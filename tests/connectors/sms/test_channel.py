"""SMS as a channel: an effect becomes a text when it is sent; what Apprise says becomes a receipt."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.settings import Settings
from connectors.sms.channel import Sms, Written
from connectors.sms.wire import Text
from connectors.writing import Moot, NotNow
from core.effects import Intent, Receipt
from deployments.stack import gateway_of
from schemas.errors import Misconfigured, NotYet
from tests.makers import NOON
from tests.worlds import Sandbox

pytestmark = pytest.mark.catalogue(1, 1)
PHONE, SECRET = "+33612345678", "s3cr3t"
TEXT = Text(PHONE, "Rappel : mardi à 9\u00a0h", "https://boostez.example/s/AbC12")
INTENT = Intent(7, "session.12", "create", "session.12-2f", None, b"{}", NOON)


def sms(address: str | None, told: Written = TEXT, **more: Any) -> Sms:
    return Sms(Settings(sms_url=SecretStr(address) if address else None), lambda _: told, **more)


def sent(address: str | None, told: Written = TEXT, **more: Any) -> Receipt:
    (receipt,) = sms(address, told, **more).send([INTENT]).receipts
    assert PHONE[1:] not in (receipt.error or "")
    return receipt


def test_a_text_reaches_its_telephone_and_carries_its_marker(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    logging.getLogger("apprise").setLevel(1)
    assert sent(gateway_of(sandbox.base)) == Receipt(7, "done", "session.12-2f")
    (kept,) = sandbox.texts()
    assert (kept["to"], kept["subject"]) == (PHONE, "session.12")
    assert kept["text"] == "Rappel : mardi à 9 h\nStop SMS : https://boostez.example/s/AbC12"
    assert PHONE[1:] not in caplog.text


@pytest.mark.parametrize(
    ("fault", "delivered"),
    [("error_500_before", 0), ("error_500_after", 1), ("rate_limited", 0), ("timeout_after", 1)],
)
def test_a_no_is_unknown_it_may_have_been_delivered(sandbox: Sandbox, fault: str, delivered: int) -> None:
    sandbox.fault("/sms/", fault)
    receipt = sent(f"{gateway_of(sandbox.base)}&rto=1")
    assert (receipt.outcome, receipt.cause) == ("unknown", "answer")
    assert len(sandbox.texts()) == delivered


def test_no_option_of_an_address_sends_twice(sandbox: Sandbox) -> None:
    sandbox.fault("/sms/", "error_500_after", times=9)
    assert sent(f"{gateway_of(sandbox.base)}&retry=3&optional=yes").outcome == "unknown"
    assert len(sandbox.texts()) == sandbox.hits() == 1


@pytest.mark.parametrize("told", [Moot("over"), Moot("no consent", "consent"), NotNow(60.0, "a quiet hour")])
def test_what_is_not_to_be_sent_says_why_and_takes_no_turn(sandbox: Sandbox, told: Any) -> None:
    turns: list[None] = []
    receipt = sent(gateway_of(sandbox.base), told, turn=lambda: turns.append(None))
    assert receipt.error == told.why
    assert receipt.outcome == ("retry" if isinstance(told, NotNow) else "rejected")
    assert (sandbox.texts(), turns) == ([], [])


def test_when_it_is_no_text_s_turn_nothing_was_handed_over(sandbox: Sandbox) -> None:
    def full() -> None:
        raise NotYet("the budget of sms is used up for 40 s", after=40.0, cause="limit")

    with pytest.raises(NotYet):
        sent(gateway_of(sandbox.base), turn=full)
    assert sandbox.texts() == []


def test_a_number_that_is_none_is_refused(sandbox: Sandbox) -> None:
    receipt = sent(gateway_of(sandbox.base), Text("0612345678", "Rappel", "https://boostez.example/s/A"))
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert sandbox.texts() == []


def test_without_a_gateway_it_is_refused_and_says_why() -> None:
    receipt = sent(None)
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert "BOOSTEZ_SMS_URL" in (receipt.error or "")


@pytest.mark.parametrize(
    "address",
    [
        "x",
        f"json://{SECRET}@gateway.example/sms",
        f"unheard-of://{SECRET}/{{phone}}",
        "json://{phone",
        "octopush://{phone}",
    ],
)
def test_an_address_that_is_none_of_a_gateway_names_its_setting_and_tells_nothing(address: str) -> None:
    with pytest.raises(Misconfigured, match="BOOSTEZ_SMS_URL") as caught:
        sms(address)
    assert SECRET not in str(caught.value)


def test_nothing_of_an_address_is_shown_by_its_channel() -> None:
    assert SECRET not in repr(vars(sms(f"json://{SECRET}@gateway.example/sms/{{phone}}")))
