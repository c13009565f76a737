"""A secret taken out of a text, however it is spelled there.

Belongs here: the spellings, and putting a mark in their place. Does not: which secrets there are, or where texts go
(connectors/redaction.py).
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

MARK: Final = "[secret]"
LEAST: Final = 8  # characters: what is shorter is a word, and taking it out would say that it is the secret


def redacted(text: str, secrets: Iterable[str]) -> str:
    """``text`` with a mark in the place of each secret: as it is, in URLs, JSON, hexadecimal or base64."""
    for secret in secrets:
        if (pattern := _pattern(secret)) is not None:
            text = pattern.sub(MARK, text)
    return text


def redacted_bytes(content: bytes, secret: str) -> bytes:
    """As ``redacted``, of bytes in any encoding that leaves ASCII as it is."""
    pattern = _pattern_of_bytes(secret)
    return content if pattern is None else pattern.sub(MARK.encode(), content)


def spellings(secret: str) -> list[str]:
    """The ways to write a secret, longest first. Base64 in the three alignments that it has inside a longer text."""
    raw = secret.encode()
    written = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    written |= {raw.hex(), raw.hex().upper()}
    for offset in range(3):
        first, last = (
            -(-offset * 8 // 6),
            (offset + len(raw)) * 8 // 6,
        )  # whole characters of the secret's own
        for encode in (b64encode, urlsafe_b64encode):
            written.add(encode(bytes(offset) + raw).decode()[first:last])
    return sorted(written, key=len, reverse=True)


@lru_cache(64)
def _pattern(secret: str) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, spellings(secret)))) if len(secret) >= LEAST else None


@lru_cache(64)
def _pattern_of_bytes(secret: str) -> re.Pattern[bytes] | None:
    pattern = _pattern(secret)
    return pattern and re.compile(pattern.pattern.encode())
