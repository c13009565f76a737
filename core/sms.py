"""A text message as a telephone counts it.

Belongs here: the alphabet of GSM, what else is written with it, and how many messages a text costs. Does not: a text's words
(its writer) or sending (connectors/sms).

Sources: 3GPP TS 23.038, 6.2.1 (the default alphabet and its extension, whose characters count twice); TS 23.040, 9.2.3.24.1
(of a text in several parts each loses six bytes to a header). One character outside the alphabet makes the whole text UCS-2,
and more than twice as dear.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, Literal

import msgspec

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE: Final = frozenset("\f^{}\\[~]|€")
_ALPHABET: Final = _BASIC | _TWICE
_WRITTEN: Final = str.maketrans(
    {
        **dict.fromkeys("’‘\u201a\u201b\u2032\u00b4`", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("\u2010\u2011\u2012–—\u2212•·", "-"),
        **dict.fromkeys("\t\u00a0\u2007\u2009\u200a\u202f", " "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\r", ""),
        "…": "...",
        "œ": "oe",
        "Œ": "OE",
        "×": "x",
        "°": "o",
        "\u2044": "/",
        "→": "->",
    }
)
_QUOTED: Final = re.compile("«[ \u00a0\u202f]*|[ \u00a0\u202f]*»")


class Segments(msgspec.Struct, frozen=True):
    """What a text costs: ``number`` messages of ``units`` septets, or of 16 bits outside the alphabet of GSM."""

    alphabet: Literal["gsm7", "ucs2"]
    units: int
    number: int


def gsm(text: str) -> str:
    """The text in the alphabet of GSM as far as a reader loses nothing: « Œuvre » is "OEuvre", ê is e, … is three dots.

    What has no such spelling (another script, a picture) stays.
    """
    plain = _QUOTED.sub('"', unicodedata.normalize("NFC", text)).translate(_WRITTEN)
    return "".join(map(_spelled, plain))


def _spelled(character: str) -> str:
    if character in _ALPHABET:
        return character
    parts = unicodedata.normalize("NFKD", character).translate(_WRITTEN)
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare if bare and _ALPHABET.issuperset(bare) else character


def segments(text: str) -> Segments:
    """How many messages a text is sent as."""
    if _ALPHABET.issuperset(text):
        sizes, alone, joined = [2 if c in _TWICE else 1 for c in text], 160, 153
        alphabet: Literal["gsm7", "ucs2"] = "gsm7"
    else:
        sizes, alone, joined = [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67
        alphabet = "ucs2"
    units = sum(sizes)
    return Segments(alphabet, units, 1 if units <= alone else _parts(sizes, joined))


def _parts(sizes: list[int], room: int) -> int:
    """Parts of at most ``room`` units: no character is cut in two, so that one of two units may not fit the last place."""
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts
