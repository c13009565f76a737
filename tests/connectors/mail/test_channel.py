"""Mail as a channel: an effect becomes a letter when it is sent, or says why not."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.mail.channel import Mail, Written
from connectors.mail.wire import Letter
from connectors.settings import Settings
from connectors.writing import Moot, NotNow
from core.effects import Intent, Receipt
from schemas.errors import NotYet
from tests.makers import NOON
from tests.relays import Letters, relaying

INTENT = Intent(7, "confirm.1.1", "create", "confirm.1.1-2f", None, b'{"about":"posting"}', NOON)
LETTER = Letter(
    to="contact@fournil.example", subject="Votre offre « é »", text="Bonjour,\n\nhttps://a.example/secret\n"
)


def mail(address: str | None, told: Written = LETTER, **more: Any) -> Mail:
    chosen = Settings(
        portal_url="https://portail.example",
        mail_bounce="retours@portail.example",
        smtp_url=SecretStr(address) if address else None,
    )
    return Mail(chosen, lambda _: told, **more)


def sent(address: str | None, told: Written = LETTER, **more: Any) -> Receipt:
    channel = mail(address, told, **more)
    (receipt,) = channel.send([INTENT]).receipts
    channel.close()
    assert receipt.effect == INTENT.effect
    return receipt


def test_a_letter_says_who_writes_and_carries_its_marker(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    letters = Letters()
    with relaying(letters) as address:
        assert sent(address) == Receipt(7, "done", "confirm.1.1-2f")
    ((to, message),) = letters.taken
    assert to == ["contact@fournil.example"]
    assert letters.senders == ["retours@portail.example"]
    assert message["Message-ID"] == "<confirm.1.1-2f@portail.example>"
    assert message["From"] == "Boostez votre Région <ne-pas-repondre@portail.example>"
    assert message["To"] == "contact@fournil.example"
    assert message["Date"].datetime == NOON
    assert letters.text(0) == LETTER.text
    told = "\n".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    assert "fournil" not in told
    assert "secret" not in told


def test_what_is_moot_is_not_sent_and_says_why() -> None:
    letters = Letters()
    with relaying(letters) as address:
        assert sent(address, Moot("the session is over")) == Receipt(
            7, "rejected", error="the session is over", cause="moot"
        )
        assert sent(address, Moot("no consent to invitations", "consent")).cause == "consent"
    assert letters.taken == []


def test_what_is_not_for_now_is_put_off_and_is_no_trouble() -> None:
    letters = Letters()
    with relaying(letters) as address:
        receipt = sent(address, NotNow(3600.0, "a quiet hour"))
    assert receipt == Receipt(7, "retry", after=3600.0, error="a quiet hour")
    assert letters.taken == []


def test_without_a_relay_nothing_is_written() -> None:
    receipt = sent(None)
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert "BOOSTEZ_SMTP_URL" in (receipt.error or "")


def test_a_letter_waits_for_its_turn_and_one_that_is_not_sent_takes_none() -> None:
    turns: list[str] = []
    letters = Letters()
    with relaying(letters) as address:
        sent(address, Moot("over"), turn=lambda: turns.append("moot"))
        sent(address, turn=lambda: turns.append("sent"))
    assert turns == ["sent"]


def test_when_it_is_no_letter_s_turn_nothing_was_handed_over() -> None:
    letters = Letters()

    def full() -> None:
        raise NotYet("the budget of mail is used up for 40 s", after=40.0, cause="limit")

    with relaying(letters) as address, pytest.raises(NotYet):
        sent(address, turn=full)
    assert letters.taken == []


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: x@y.example", "a@b.example\n", ""])
def test_an_address_that_is_none_is_refused_and_not_repeated(to: str) -> None:
    letters = Letters()
    with relaying(letters) as address:
        receipt = sent(address, Letter(to=to, subject="s", text="t"))
    assert (receipt.outcome, receipt.cause) == ("rejected", "content")
    assert "b.example" not in (receipt.error or "")
    assert letters.taken == []


def test_many_letters_go_over_one_connection() -> None:
    letters = Letters()
    with relaying(letters) as address:
        channel = mail(address)
        receipts = [channel.send([INTENT]).receipts[0] for _ in range(3)]
        channel.close()
    assert [receipt.outcome for receipt in receipts] == ["done"] * 3
    assert len(letters.peers) == 3
    assert len(set(letters.peers)) == 1
