"""A table that a spreadsheet exported as text: bytes to numbered lines of cells.

Belongs here: encodings, separators, quotes, what is no table at all. Does not: what columns mean (sheet_columns.py), or writing
(csv_rows.py).

What Excel and LibreOffice write in France: UTF-8 with a byte-order mark, Windows-1252 (« CSV », no mark), UTF-16 with a mark
(« Texte Unicode »); a semicolon, a tabulation or a comma; quotes doubled, line ends inside quotes. Bytes that are none of the
three encodings are refused, and so is Windows-1252 that reads like a Mac's encoding: a name spelled wrong is worse than a file
sent again.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from core.sheet_sentences import sentence
from schemas.errors import Rejected

LARGEST: Final = 5 * 1024 * 1024  # bytes: 20,000 lines of everything that a sheet may hold
SEPARATORS: Final = (";", "\t", ",")
_PACKED: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")  # .xlsx and .ods, .xls, PDF
_SEPARATOR: Final = re.compile(r'"?sep=([;,\t])"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
# é, è, à and ê of Mac OS Roman, read as Windows-1252, where a French word has none of these.
_MAC: Final = re.compile(r"[A-Za-z]Ž|Ž[a-z]|[^\W\d_][\u02c6\u2030\u0192]|[\u02c6\u2030\u0192][^\W\d_]")


class Unreadable(Rejected):
    """The file is no table, or not further than its ``line``: nothing of it is taken.

    ``rule`` says why; the message is in French, for whoever made the file.
    """

    def __init__(self, rule: str, *values: object, line: int | None = None) -> None:
        super().__init__(sentence(rule, *values))
        self.rule, self.line = rule, line


class Record(msgspec.Struct, frozen=True):
    """One line as a spreadsheet numbers it, from 1, whatever line ends its cells hold."""

    line: int
    cells: tuple[str, ...]

    @property
    def blank(self) -> bool:
        """Whether nothing is written in it."""
        return not any(cell.strip() for cell in self.cells)


def text_of(raw: bytes) -> str:
    """The text of a file, without its byte-order mark.

    Raises:
        Unreadable: it is empty, too large, packed, binary, or of no encoding that is read here.

    """
    if len(raw) > LARGEST:
        raise Unreadable("file_large")
    if raw.startswith(_PACKED):
        raise Unreadable("file_packed")
    text = _decoded(raw)
    if "\0" in text:
        raise Unreadable("file_binary")
    if not text.strip():
        raise Unreadable("file_empty")
    return text


def announced(text: str) -> tuple[str | None, str]:
    """The separator that a first line ``sep=;`` announces to Excel, and the text behind it."""
    found = _SEPARATOR.match(text)
    return (found[1], text[found.end() :]) if found else (None, text)


def records(text: str, separator: str) -> Iterator[Record]:
    """Every line, the blank ones too.

    Raises:
        Unreadable: quotes are left open, or a text goes on behind the quotes that closed it.

    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 0
    while True:
        line += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Unreadable("file_quotes", line, line=line) from error
        yield Record(line, tuple(cells))


def _decoded(raw: bytes) -> str:
    try:
        if raw.startswith(codecs.BOM_UTF8):
            return raw.decode("utf-8-sig")
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return raw.decode("utf-16")
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return _windows(raw)


def _windows(raw: bytes) -> str:
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        raise Unreadable("file_encoding") from error
    if raw.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _MAC.search(text):
        raise Unreadable("file_encoding")
    return text
