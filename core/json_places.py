"""Where values stand in a JSON text, and where a text stops being JSON.

Belongs here: offsets by RFC 6901 pointer, lines and columns. Does not: what the values are (payloads.py) or should be
(schemas/).

The grammar is RFC 8259's, without a level of recursion: a text of five million brackets is refused at the first that is
too deep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final, Literal

from schemas.errors import Rejected

LEVELS: Final = (
    72  # that are followed: an offer has at most 64 (payloads.py), and stands in an array or a page
)
Expected = Literal[
    "value", "name", "colon", "comma", "comma_brace", "comma_bracket", "end", "closing", "quotes", "escape", "depth", "many"
]  # fmt: skip
_GAP: Final = re.compile(rb"[ \t\r\n]*+")
_STRING: Final = re.compile(rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_RUN: Final = re.compile(rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_SCALAR: Final = re.compile(
    rb"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![0-9.eE+-])|true|false|null"
)
_QUOTES: Final = (b"'", "’".encode(), "‘".encode(), "“".encode(), "”".encode(), "«".encode())


class Malformed(Rejected):
    """The text is no JSON from byte ``offset`` on, where something else was ``expected``."""

    def __init__(self, offset: int, expected: Expected) -> None:
        super().__init__(f"no JSON at byte {offset}: {expected}")
        self.offset, self.expected = offset, expected


def places(text: bytes, wanted: Collection[str] = ()) -> dict[str, int]:
    """The byte at which the value of each ``wanted`` pointer begins, of those that there are.

    Of a name that stands twice in an object the first counts. What stands behind the last that is wanted is not read;
    with none wanted all is.

    Raises:
        Malformed: the text is no JSON, or deeper than ``LEVELS``.

    """
    return _Scan(text, frozenset(wanted)).run()


def position(text: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, from 1; columns are characters of UTF-8."""
    start = text.rfind(b"\n", 0, offset) + 1
    column = len(text[start:offset].decode("utf-8", "replace")) + 1
    return text.count(b"\n", 0, offset) + 1, column


def gap(text: bytes, at: int) -> int:
    """The next byte from ``at`` that is no white space."""
    found = _GAP.match(text, at)
    assert found is not None  # it matches the empty text
    return found.end()


class _Scan:
    """One text under way. ``stack`` has the pointer and the next index of each open array; of an object, -1."""

    def __init__(self, text: bytes, wanted: frozenset[str]) -> None:
        self.text, self.wanted = text, wanted
        self.found: dict[str, int] = {}
        self.stack: list[tuple[str, int]] = []
        self.pointer, self.at = "", gap(text, 0)

    def run(self) -> dict[str, int]:
        while True:
            if self.pointer in self.wanted:
                self.found.setdefault(self.pointer, self.at)
                if len(self.found) == len(self.wanted):
                    return self.found
            if self._opened():
                continue
            if self._ended():
                return self.found

    def _opened(self) -> bool:
        """Go into an array or object that holds something; go behind any other value."""
        mark = self.text[self.at : self.at + 1]
        if mark not in {b"[", b"{"}:
            self.at = self._scalar()
            return False
        if len(self.stack) == LEVELS:
            raise Malformed(self.at, "depth")
        self.at = gap(self.text, self.at + 1)
        if self.text[self.at : self.at + 1] == (b"]" if mark == b"[" else b"}"):
            self.at += 1
            return False
        self.stack.append((self.pointer, 0 if mark == b"[" else -1))
        self._step("name")
        return True

    def _ended(self) -> bool:
        """Go from the end of a value to the next one; True behind the last."""
        while self.stack:
            self.at = gap(self.text, self.at)
            mark, (_, index) = self.text[self.at : self.at + 1], self.stack[-1]
            if mark == b",":
                comma, self.at = self.at, gap(self.text, self.at + 1)
                if self.text[self.at : self.at + 1] in {b"]", b"}"}:
                    raise Malformed(comma, "comma")
                self._step("name")
                return False
            if mark != (b"}" if index < 0 else b"]"):
                raise Malformed(self.at, "comma_brace" if index < 0 else "comma_bracket")
            self.stack.pop()
            self.at += 1
        self.at = gap(self.text, self.at)
        if self.at < len(self.text):
            raise Malformed(self.at, "end")
        return True

    def _step(self, expected: Expected) -> None:
        """To the next value of the innermost array or object: read an object's name, or count."""
        parent, index = self.stack[-1]
        if index >= 0:
            self.stack[-1] = parent, index + 1
            self.pointer = f"{parent}/{index}"
            return
        name = _STRING.match(self.text, self.at)
        if name is None:
            raise self._no_string(expected)
        self.at = gap(self.text, name.end())
        if self.text[self.at : self.at + 1] != b":":
            raise Malformed(self.at, "colon")
        self.at = gap(self.text, self.at + 1)
        told = json.loads(name[0].decode("utf-8", "replace"))
        self.pointer = f"{parent}/{told.replace('~', '~0').replace('/', '~1')}"

    def _scalar(self) -> int:
        found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
        if found is None:
            raise self._no_string("value")
        return found.end()

    def _no_string(self, expected: Expected) -> Malformed:
        begun = _RUN.match(self.text, self.at)
        if begun:
            bad = self.text[begun.end() : begun.end() + 1]
            return Malformed(begun.end(), "escape") if bad else Malformed(self.at, "closing")
        if self.text.startswith(_QUOTES, self.at):
            return Malformed(self.at, "quotes")
        return Malformed(self.at, expected)
