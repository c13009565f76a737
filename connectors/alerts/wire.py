"""Our record of an alert to what a person reads, pure.

Belongs here: the message's form, its link and its marker. Does not: sending (channel.py), or its words (core/alert_words.py).
"""

from __future__ import annotations

import hashlib

import msgspec


class Message(msgspec.Struct, frozen=True):
    """One notice to one destination: ``destination`` names the address without telling it, for addresses hold secrets.

    ``alert`` is the number of the alert that whoever reads it can acknowledge, 0 when there is nothing to.
    """

    destination: str
    title: str
    message: str
    alert: int = 0


_decoder = msgspec.json.Decoder(Message)


def destination(url: str) -> str:
    """The name of an Apprise address: eight characters of its hash."""
    return hashlib.sha256(url.encode()).hexdigest()[:8]


def read(content: bytes) -> Message:
    """The message of an effect."""
    return _decoder.decode(content)


def body(message: Message, link: str | None, marker: str) -> str:
    """The text; its last line carries the marker, so that a person can name the message and two can be told apart."""
    acknowledge = f"\nAcknowledge: {link}" if link else ""
    return f"{message.message}{acknowledge}\n\n[{marker}]"
