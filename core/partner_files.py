"""Partners' files of registrations, read: a JSON array, or a JSON document a line, each as ``json/registration.v1.json`` says.

Belongs here: where one registration ends and the next begins, and reasons as errors of a line. Does not: what a registration must say
(registrations.py), sheets (seminar_sheets.py).

A line is a line of the file, or the place in the array, counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from core import registrations
from core.delimited import LARGEST, Unreadable
from core.seminar_sheets import MOST_LINES, Row, Sheet, SheetError
from core.sheet_sentences import shown
from schemas.firm import Registration

_array: Final = msgspec.json.Decoder(list[msgspec.Raw])
_BOM: Final = b"\xef\xbb\xbf"


def read(raw: bytes) -> Sheet:
    """What a partner's file says. Nobody of it is known to have come: that is a sheet's to say.

    Raises:
        Unreadable: nothing of it can be taken.

    """
    if len(raw) > LARGEST:
        raise Unreadable("file_large")
    rows: list[Row] = []
    errors: list[SheetError] = []
    for line, payload in _payloads(raw.removeprefix(_BOM)):
        if line > MOST_LINES:
            raise Unreadable("file_long", MOST_LINES, line=line)
        told = registrations.read(payload)
        if isinstance(told, Registration):
            rows.append(Row(line, told))
        else:
            errors += [SheetError(line, one.pointer, shown(one.value), one.message, one.rule) for one in told]
    if not (rows or errors):
        raise Unreadable("file_nothing")
    return Sheet(tuple(rows), tuple(errors), (), ())


def _payloads(raw: bytes) -> Iterator[tuple[int, bytes]]:
    if raw.lstrip().startswith(b"["):
        try:
            told = _array.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Unreadable("file_json", str(error)) from error
        yield from ((place, bytes(one)) for place, one in enumerate(told, 1))
    else:
        yield from ((number, line) for number, line in enumerate(raw.splitlines(), 1) if line.strip())
