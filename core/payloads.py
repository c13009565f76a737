"""A raw payload, decoded when it is plain JSON: shallow, and saying each thing once.

Belongs here: what JSON allows and no honest source sends. Does not: whether a payload is right (schemas/documents.py,
rules.py).

RFC 8259 leaves to each reader which of two equal names counts (section 4) and how deep it follows (section 9): two readers
of one payload would see two offers, or one would fall.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import msgspec

from schemas.errors import Rejected

DEEPEST: Final = 64  # levels; no payload that we know has more than 8
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_DISGUISED: Final = re.compile(rb'"[ \t\r\n]+:|\\u00(?:22|3[aA])')


def decode(raw: bytes) -> Any:
    """What a payload says.

    Raises:
        Rejected: it is no JSON, is deeper than ``DEEPEST``, or has an object that names a member twice.

    """
    if _depth_exceeds(raw, DEEPEST):
        raise Rejected(f"it is nested more than {DEEPEST} levels deep")
    try:
        payload = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Rejected(str(error)) from error
    if _may_repeat(raw, payload):
        _refuse_repetition(raw)
    return payload


def _depth_exceeds(raw: bytes, deepest: int) -> bool:
    if raw.count(b"[") + raw.count(b"{") <= deepest:
        return False
    depth = 0
    for token in _TOKEN.finditer(raw):
        mark = token[0]
        depth += (mark in b"[{") - (mark in b"]}")
        if depth > deepest:
            return True
    return False


def _may_repeat(raw: bytes, payload: Any) -> bool:
    """False when no member comes twice: quick, since almost no payload has one.

    A name is followed by ``":``. What was decoded, encoded again, has one for each member that is left and for each place
    where a text says so; the raw bytes have as many or more, unless they spell one of the two in another way.
    """
    return raw.count(b'":') > msgspec.json.encode(payload).count(b'":') or bool(_DISGUISED.search(raw))


def _refuse_repetition(raw: bytes) -> None:
    def members(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Rejected(f"an object has two members {name[:100]!r}: send each once")
            seen.add(name)

    json.loads(raw, object_pairs_hook=members)
