"""Our record of an alert to what a person reads, pure.

Belongs here: the message's form and its marker. Does not: sending (channel.py).
"""

from __future__ import annotations

import hashlib

import msgspec


class Message(msgspec.Struct, frozen=True):
    """One alert to one destination: ``destination`` names the address without telling it, for addresses hold secrets."""

    destination: str
    title: str
    message: str


_decoder = msgspec.json.Decoder(Message)


def destination(url: str) -> str:
    """The name of an Apprise address: eight characters of its hash."""
    return hashlib.sha256(url.encode()).hexdigest()[:8]


def read(content: bytes) -> Message:
    """The message of an effect."""
    return _decoder.decode(content)


def body(message: Message, marker: str) -> str:
    """The text; its last line carries the marker, so that a person can name the message and two can be told apart."""
    return f"{message.message}\n\n[{marker}]"
