"""Folding: text without case, accents or invisible characters, so that two spellings compare equal.

Belongs here: the one fold that communes and names are compared by. Does not: what the comparison is for.
"""

from __future__ import annotations

import re
import unicodedata

# Combining accents, and characters that show nothing: soft hyphen, zero-width spaces and joiners, byte-order mark.
_UNSEEN = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]+")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """``text`` in lower case, without accents and ligatures; punctuation and spaces stay."""
    if text.isascii():
        return text.lower()
    folded = _UNSEEN.sub("", unicodedata.normalize("NFKD", text).casefold())
    return folded.replace("œ", "oe").replace("æ", "ae")


def words(text: str) -> list[str]:
    """The folded words of ``text``: runs of letters and digits."""
    return _WORD.findall(fold(text))


def compact(text: str) -> str:
    """The folded words of ``text`` run together."""
    return "".join(words(text))
