"""A file of offers in the contractor's wire form, taken apart without decoding its items.

Belongs here: one offer, an array, a page with ``items``, JSON lines; where each offer's bytes begin. Does not: the offers, or
a page as the API sends it (pages.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from core.json_places import LEVELS, Malformed, gap, places

MARKS: Final = 1_000_000  # brackets that open, and commas; 5 MiB of offers have a quarter of that at most
_TOKENS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)
_LINES: Final = re.compile(rb"[^\r\n]*[^\s][^\r\n]*")
_ITEMS: Final = re.compile(rb'"items"[ \t\r\n]*:[ \t\r\n]*$')


def offers(text: bytes, most: int) -> Iterator[tuple[int, bytes]]:
    """Each offer of the file, as the bytes that stand there, and the byte at which it begins; ``most`` of them, and one.

    An offer that is not quite JSON (NaN, a bare line end) is given like any other, as long as brackets match: it is
    refused by itself. A file without any bracket that opens has one offer, which is refused as well.

    Raises:
        Malformed: brackets do not match, something follows the end, or there are more than ``MARKS``.

    """
    if sum(text.count(mark) for mark in (b"[", b"{", b",")) > MARKS:
        raise Malformed(0, "many")
    start = gap(text, 0)
    if text[start : start + 1] == b"[":
        yield from _items(text, start, most)
        return
    page, end = _object(text, start)
    if page is not None:
        yield from _items(text, page, most)
        return
    if end is not None and text[gap(text, end) :][:1] == b"{":
        for line in islice(_LINES.finditer(text), most + 1):
            yield line.start(), line[0]
        return
    if end is None or gap(text, end) < len(text):
        places(text)  # raises: it says where
    yield start, text[start:].rstrip()


def _items(text: bytes, opening: int, most: int) -> Iterator[tuple[int, bytes]]:
    """What stands between the commas of the array that opens there; nothing is given unless its brackets match.

    Of more than ``most`` the end is not looked for.
    """
    begin, found = opening + 1, []
    for token, depth in _tokens(text, opening):
        if (depth == 1 and token[0] == b",") or depth == 0:
            item = text[begin : token.start()].rstrip()
            if gap(item, 0) < len(item):
                found.append((begin + gap(item, 0), begin + len(item)))
            begin = token.end()
            if depth == 0 or len(found) > most:
                yield from ((first, text[first:last]) for first, last in found)
                return
    places(text)  # raises: an array that does not end is no JSON


def _object(text: bytes, start: int) -> tuple[int | None, int | None]:
    """Of the object that begins there: where its array ``items`` opens, and the byte behind it; None for neither."""
    for token, depth in _tokens(text, start):
        if (
            depth == 2
            and token[0] == b"["
            and _ITEMS.search(text, max(start, token.start() - 200), token.start())
        ):
            return token.start(), None
        if depth == 0:
            return None, token.end()
    return None, None


def _tokens(text: bytes, start: int) -> Iterator[tuple[re.Match[bytes], int]]:
    """Each text, comma and bracket from there, and how many brackets are open behind it."""
    depth = 0
    for token in _TOKENS.finditer(text, start):
        depth += (token[0] in b"[{") - (token[0] in b"]}")
        if depth > LEVELS:
            raise Malformed(token.start(), "depth")
        yield token, depth
