"""A text as it goes to a gateway, pure.

Belongs here: the record of a text, its whole body, and the gateway's address for one number. Does not: any text's words (its
writer) or sending (channel.py).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from connectors.templates import templates
from core.sms import gsm, segments
from schemas.errors import Rejected

MOST: Final = 4  # messages that a text may cost: more is a template gone wrong
PHONE: Final = "{phone}"
MARKER: Final = "{marker}"
TEXTS: Final = Path(__file__).parent / "texts"
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")  # ITU-T E.164, 6.2: fifteen digits at most


class Text(msgspec.Struct, frozen=True):
    """A text to one telephone: its number as E.164 has it, what it says, and the short address by which its reader says stop."""

    phone: str
    body: str
    stop: str


def whole(text: Text) -> str:
    """All that is sent: the body and how to stop, in the alphabet of GSM as far as it goes.

    Raises:
        Rejected: the number is none, or it costs too much.

    """
    if not _E164.fullmatch(text.phone):
        raise Rejected("its number is none of E.164's")
    if (number := cost(text)) > MOST:
        raise Rejected(f"it would cost {number} messages; {MOST} are the most")
    return _told(text)


def cost(text: Text) -> int:
    """How many messages it is sent as."""
    return segments(_told(text)).number


def _told(text: Text) -> str:
    told = templates(TEXTS).get_template("text.txt").render(body=text.body.strip(), stop=text.stop)
    return gsm(told).strip()


def address(gateway: str, phone: str, marker: str) -> str:
    """The gateway's address for one number; ``{marker}`` is for those that keep a reference of the sender's."""
    return gateway.replace(PHONE, quote(phone, safe="")).replace(MARKER, quote(marker, safe=""))
