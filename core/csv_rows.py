"""The one place that writes CSV: rows that a spreadsheet shows and never runs.

Belongs here: quoting, encoding, and taking the formula out of a text. Does not: which columns there are (whoever has the
rows), or reading CSV.

Source: RFC 4180 (quoting, CRLF); OWASP, "CSV Injection": a cell that begins with = + - @ (or their full-width forms), a tab or
a line end is run as a formula when a spreadsheet opens it. The same holds inside a text, behind a comma, semicolon, tab or
line end: a spreadsheet whose separator is another (a French one takes the semicolon) begins a cell there.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

Cell = str | int | float | Decimal | dt.date | None  # a bool is an int, a datetime a date
BOM: Final = b"\xef\xbb\xbf"  # makes Excel read UTF-8
_GUARD: Final = "'"  # what a spreadsheet takes for "this is text"
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NUMBER: Final = re.compile(
    r"[+-]?[0-9][0-9 \u00a0\u202f]*(?:[.,][0-9]+)?"
)  # a telephone's too: it cannot be run
# = + - @, their full-width and small forms, and the minus of mathematics.
_SIGNS: Final = r"=+@\-\uff1d\uff0b\uff20\uff0d\ufe66\ufe62\ufe6b\ufe63\u2212"
_SPACES: Final = r"[ \u00a0\u1680\u2000-\u200f\u202f\u205f\u2060\u3000\ufeff\"]*+"
_FORMULA: Final = re.compile(rf"((?:^|[,;\t\r\n]){_SPACES})(?=[{_SIGNS}])")


def csv_rows(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool = False) -> Iterator[bytes]:
    """The lines of a CSV file in UTF-8, its header first. Numbers stay numbers; texts are guarded.

    Raises:
        ValueError: a row has not as many cells as the header.

    """
    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\r\n", strict=True)
    if bom:
        yield BOM
    for row in itertools.chain([header], rows):
        if len(row) != len(header):
            raise ValueError(f"{len(row)} cells under a header of {len(header)}")
        writer.writerow([_written(cell) for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def guarded(text: str) -> str:
    """``text`` with an apostrophe wherever a spreadsheet would begin a formula; unwritable characters become U+FFFD."""
    text = _UNWRITABLE.sub("\ufffd", text)
    if _NUMBER.fullmatch(text):
        return text
    text = _FORMULA.sub(rf"\g<1>{_GUARD}", text)
    return _GUARD + text if text[:1] in {"\t", "\r", "\n"} else text


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            return guarded(cell)
        case dt.date():
            return cell.isoformat()
        case float() if not math.isfinite(cell):
            return guarded(str(cell))
        case Decimal() if not cell.is_finite():
            return guarded(str(cell))
        case Decimal():
            return format(cell, "f")
    return repr(cell)
