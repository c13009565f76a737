from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from connectors.alerts import wire
from connectors.alerts.wire import Message
from core.effects import marker_of

URL = "slack://TOKEN-A/TOKEN-B/TOKEN-C/#alerts"
MARKER = re.compile(r"\[([0-9a-z.]+)-[0-9a-f]+\]\s*\Z")  # as whoever receives it may look for it


@given(st.text(), st.text())
def test_a_destination_names_an_address_without_telling_it(one: str, other: str) -> None:
    name = wire.destination(one)
    assert re.fullmatch("[0-9a-f]{8}", name)
    if one != other:
        assert name != wire.destination(other)


def test_the_secret_of_an_address_is_not_in_its_name() -> None:
    assert not any(part in wire.destination(URL) for part in ("TOKEN", "slack", "alerts"))


@given(st.builds(Message, st.text(), st.text(), st.text()))
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert wire.read(msgspec.json.encode(message)) == message


@given(st.builds(Message, st.just("aaaaaaaa"), st.text(), st.text()), st.integers(1), st.integers(0))
def test_a_body_ends_with_its_marker_whatever_it_says(message: Message, alert: int, lease: int) -> None:
    subject = f"{alert}.aaaaaaaa"
    body = wire.body(message, "https://portail.example/alertes/seal", marker_of(subject, lease))
    assert body.startswith(message.message)
    match = MARKER.search(body)
    assert match is not None
    assert match[1] == subject
