"""One page of the contractor's offers, taken apart without decoding its items.

Belongs here: the page's envelope and the bytes of each item, also when an item is not quite JSON. Does not: the items.
"""

from __future__ import annotations

import re

import msgspec

from schemas.errors import RetryLater


class Page(msgspec.Struct, frozen=True):
    """``items`` are the raw bytes of each; ``next_cursor`` is None on the last page."""

    items: list[msgspec.Raw]
    next_cursor: str | None
    snapshot_id: str
    total: int


_decoder = msgspec.json.Decoder(Page)
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


def read_page(body: bytes) -> Page:
    """Take a page apart.

    Raises:
        RetryLater: the body is no page (cut off, HTML, other JSON): it is to be asked for again.

    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        page = _split(body)
        if page is None:
            start = body[:60].decode("utf-8", "replace")
            raise RetryLater(f"not a page of offers ({error}): {start!r}", after=0.0) from error
        return page


def _split(body: bytes) -> Page | None:
    """Take apart a page in which some item is not JSON (NaN, bare control characters): only brackets must match."""
    opening = re.search(rb'"items"\s*:\s*\[', body)
    if opening is None:
        return None
    start = opening.end()
    items: list[bytes] = []
    depth, begin = 0, start
    for token in _TOKENS.finditer(body, start):
        mark = token.group()
        if mark in b"[{":
            depth += 1
        elif depth == 0 and mark in b"],":
            if item := body[begin : token.start()].strip():
                items.append(item)
            begin = token.end()
            if mark == b"]":
                return _enveloped(body[:start] + body[token.start() :], items)
        elif mark in b"]}":
            depth -= 1
    return None


def _enveloped(envelope: bytes, items: list[bytes]) -> Page | None:
    try:
        page = _decoder.decode(envelope)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return msgspec.structs.replace(page, items=[msgspec.Raw(item) for item in items])
