"""Reading a file of France Travail offers, item by item, in bounded memory.

Belongs here: where one item ends and the next begins. Does not: what an item means (wire.py) or whether it is right
(schemas/json/france_travail.offer.v2.json).

Three forms are read: an array of offers, a search answer ``{"resultats": [...]}``, and JSON lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from connectors.files import opened
from schemas.errors import Rejected

CHUNK: Final = 1 << 18  # bytes read at a time
ITEM_LIMIT: Final = 1 << 22  # bytes of the largest item; a real offer has 2 to 20 KB

_BOM: Final = b"\xef\xbb\xbf"
_GAP: Final = re.compile(rb"[ \t\r\n]*")
# A string (group 1 is its closing quote, missing when the buffer ends inside it) or a bracket.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]+|\\.)*+(")?|[\[\]{}]', re.DOTALL)
_SCALAR: Final = re.compile(rb'[^ \t\r\n,:"\[\]{}]+')
_RESULTS: Final = re.compile(rb'"resultats"[ \t\r\n]*:[ \t\r\n]*\[')


def read(path: Path) -> Iterator[bytes]:
    """Each item of the file, as the bytes that stand there, always one sound JSON value.

    An item that is not sound JSON comes as a JSON string of its text: its schema refuses it with a reason, and the
    others go on. Memory is bounded by ``ITEM_LIMIT``, not by the file.

    Raises:
        Rejected: the file is none of the three forms, or is cut; the message names line and column. Items that
            stand before the fault have been given: a reader must not take them for the whole.
        OSError: the file cannot be opened.

    """
    with opened(path) as file:
        window = _Window(file, path.name)
        first = window.peek()
        if first == b"[":
            yield from _array(window)
        elif first == b"{":
            yield from _objects(window)
        else:
            raise window.fault("it begins with neither [ nor {" if first else "it is empty")
        if window.peek():
            raise window.fault("something follows the end")


class _Window:
    """The part of the file in memory. ``at`` is the next byte to read in ``buffer``."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._line = 1
        self._column = 1
        self.buffer = file.read(CHUNK)
        self.at = len(_BOM) if self.buffer.startswith(_BOM) else 0

    def fault(self, what: str) -> Rejected:
        """The error that says what is wrong and where reading stands."""
        line, column = self._position()
        return Rejected(
            f"{self._name} is not readable as France Travail offers: {what} (line {line}, column {column})"
        )

    def more(self) -> bool:
        """Read one chunk further and forget what was taken; False at the end of the file."""
        chunk = self._file.read(CHUNK)
        if not chunk:
            return False
        self._line, self._column = self._position()
        self.buffer = self.buffer[self.at :] + chunk
        self.at = 0
        return True

    def fill(self) -> None:
        """Read ahead as far as the largest item may go."""
        while len(self.buffer) - self.at < ITEM_LIMIT and self.more():
            pass

    def peek(self) -> bytes:
        """The next byte that is no white space, not taken; nothing at the end."""
        while True:
            self.at = self._after_gap()
            if self.at < len(self.buffer):
                return self.buffer[self.at : self.at + 1]
            if not self.more():
                return b""

    def take(self, wanted: bytes, what: str) -> bytes:
        """Take the next byte, which must be one of ``wanted``."""
        found = self.peek()
        if not found or found not in wanted:
            raise self.fault(f"{what} was expected" if found else "it is cut")
        self.at += 1
        return found

    def value(self) -> bytes:
        """Take one whole value."""
        if self.peek() in b",:]}":
            raise self.fault("a value was expected" if self.peek() else "it is cut")
        while True:
            end = _end(self.buffer, self.at)
            if end is not None:
                return self._taken(end)
            self._extend("it is cut inside an item")

    def line(self) -> bytes:
        """Take up to the next line feed, or the end."""
        while True:
            end = self.buffer.find(b"\n", self.at)
            if end >= 0:
                return self._taken(end + 1)
            if len(self.buffer) - self.at > ITEM_LIMIT or not self.more():
                self._refuse_giant()
                return self._taken(len(self.buffer))

    def _extend(self, at_end: str) -> None:
        self._refuse_giant()
        if not self.more():
            raise self.fault(at_end)

    def _refuse_giant(self) -> None:
        if len(self.buffer) - self.at > ITEM_LIMIT:
            raise self.fault(f"an item has more than {ITEM_LIMIT:,} bytes")

    def _taken(self, end: int) -> bytes:
        taken = self.buffer[self.at : end]
        self.at = end
        return taken

    def _after_gap(self) -> int:
        gap = _GAP.match(self.buffer, self.at)
        assert gap is not None  # it matches the empty string
        return gap.end()

    def _position(self) -> tuple[int, int]:
        lines = self.buffer.count(b"\n", 0, self.at)
        if not lines:
            return self._line, self._column + self.at
        return self._line + lines, self.at - self.buffer.rfind(b"\n", 0, self.at)


def _end(buffer: bytes, at: int) -> int | None:
    """Where the value that begins at ``at`` ends; None when the buffer ends before it."""
    if buffer[at : at + 1] not in (b'"', b"[", b"{"):
        scalar = _SCALAR.match(buffer, at)
        return scalar.end() if scalar and scalar.end() < len(buffer) else None
    depth = 0
    for token in _TOKEN.finditer(buffer, at):
        mark = token[0][:1]
        if mark == b'"':
            if token[1] is None:
                return None
        else:
            depth += 1 if mark in b"[{" else -1
        if depth == 0:
            return token.end()
    return None


def _array(window: _Window) -> Iterator[bytes]:
    window.take(b"[", "[")
    if window.peek() == b"]":
        window.at += 1
        return
    while True:
        yield _sound(window.value())
        if window.take(b",]", ", or ]") == b"]":
            return


def _objects(window: _Window) -> Iterator[bytes]:
    """A file that begins with an object: a search answer, or objects after one another."""
    window.fill()
    start, end = window.at, _end(window.buffer, window.at)
    if _is_answer(window.buffer, start):
        yield from _answer(window)
    elif end is not None and b"\n" in window.buffer[start:end] and _is_sound(window.buffer[start:end]):
        while window.peek():  # laid out over several lines
            yield _sound(window.value())
    elif end is None and not window.buffer[start:].partition(b"\n")[0].rstrip().endswith(b"}"):
        raise window.fault("it is cut inside its first object")
    else:
        while window.peek():
            yield _sound(window.line().strip())


def _is_answer(buffer: bytes, at: int) -> bool:
    """Whether the object that begins at ``at`` has a member ``resultats`` that is an array."""
    depth = 0
    for token in _TOKEN.finditer(buffer, at):
        mark = token[0][:1]
        if mark != b'"':
            depth += 1 if mark in b"[{" else -1
        elif depth == 1 and _RESULTS.match(buffer, token.start()):
            return True
        if depth == 0:
            return False
    return False


def _answer(window: _Window) -> Iterator[bytes]:
    window.take(b"{", "{")
    while True:
        name = window.value()
        window.take(b":", ":")
        if name == b'"resultats"':
            yield from _array(window)
        else:
            window.value()
        if window.take(b",}", ", or }") == b"}":
            return


def _is_sound(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _sound(raw: bytes) -> bytes:
    return raw if _is_sound(raw) else msgspec.json.encode(raw.decode("utf-8", "replace"))
