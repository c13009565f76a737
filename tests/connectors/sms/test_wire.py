"""A text as it goes to a gateway."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.wire import MOST, Text, address, whole
from core.sms import segments
from schemas.errors import Rejected

PHONE, STOP = "+33612345678", "https://boostez.example/s/AbC12"


def text(body: str = "Rappel : mardi à 9 h", phone: str = PHONE) -> Text:
    return Text(phone, body, STOP)


def test_it_ends_with_how_to_stop() -> None:
    assert whole(text()) == f"Rappel : mardi à 9 h\nStop SMS : {STOP}"


def test_what_is_usual_is_one_message() -> None:
    body = "Rappel « Être vu sur Facebook » : mardi 1er décembre à 9 h, 3 rue de la Bourse, Lyon. À bientôt !"
    assert segments(whole(text(body))).number == 1
    assert segments(body).number == 2, "as it is written on the portal"


@given(st.text(st.characters(codec="utf-8"), max_size=100))
def test_whatever_it_says_it_ends_with_how_to_stop(body: str) -> None:
    told = whole(text(body))
    assert told.endswith(f"\nStop SMS : {STOP}") or told == f"Stop SMS : {STOP}"


def test_a_text_that_would_cost_too_much_is_refused() -> None:
    assert segments(whole(text("a" * 500))).number == MOST
    with pytest.raises(Rejected, match="5 messages"):
        whole(text("a" * 700))


@pytest.mark.parametrize(
    "phone",
    [
        "0612345678",
        "33612345678",
        "+",
        "+0612345678",
        "+3361234567890123",
        "+33 6 12 34 56 78",
        "+33612345678\n",
        "",
        "+336/../x",
        "+٣٣٦١٢٣٤٥٦٧٨",
    ],
)
def test_a_number_that_is_none_is_refused_and_not_repeated(phone: str) -> None:
    with pytest.raises(Rejected) as caught:
        whole(text(phone=phone))
    assert "12345" not in str(caught.value)


def test_a_number_and_a_marker_take_their_places() -> None:
    gateway = "json://gateway.example/sms/{phone}?:reference={marker}"
    told = address(gateway, PHONE, "session.12-2f")
    assert told == "json://gateway.example/sms/%2B33612345678?:reference=session.12-2f"
    assert unquote(told).endswith("/sms/+33612345678?:reference=session.12-2f")


@pytest.mark.parametrize(
    "gateway",
    [
        "octopush://login@example.com/0123456789abcdef/{phone}",
        "sfr://user:password@sender/{phone}?space_id=12",
        "vonage://ABCD1234:0123456789abcdef@33600000001/{phone}",
        "bulksms://user:password@{phone}",
        "msgbird://0123456789abcdef012345678/33600000001/{phone}",
    ],
)
def test_gateways_that_apprise_knows_take_one_number_at_a_time(gateway: str) -> None:
    sender: Any = apprise.Apprise.instantiate(address(gateway, PHONE, "a-1"))
    assert sender is not None
    assert len(sender) == 1
    assert "33612345678" in sender.url()
