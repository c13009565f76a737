"""Files of registrations on a disk: what one says, and what it is known by.

Belongs here: reading a path as a sheet or a partner's file. Does not: what they mean (core/seminar_sheets.py, core/partner_files.py), or
taking them in (region/firms/imports.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from core import partner_files, seminar_sheets, wall
from core.delimited import LARGEST
from core.seminar_sheets import Row, Sheet
from schemas.errors import Misconfigured

Kind = Literal["sheet", "partner"]


class File(msgspec.Struct, frozen=True):
    """A file, read. ``digest`` is of what is taken in: its bytes, and the session that they are taken in for."""

    name: str
    digest: bytes
    sheet: Sheet


def read(
    path: Path, kind: Kind, now: dt.datetime, *, origin: str, told_at: dt.datetime | None, session: str | None
) -> File:
    """Read a file.

    ``origin`` and ``told_at`` (None: ``now``; without a zone: as clocks in Paris show) prove what the people of a sheet agreed to; a partner's file has both of each person.
    ``session`` is that of lines which name none.

    Raises:
        Misconfigured: there is no such file, or it cannot be read.
        Unreadable: nothing of it can be taken.
        ValueError: ``origin`` is empty or too long.

    """
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)  # one more than is taken: the reader says that it is too large
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}.") from error
    sheet = (
        seminar_sheets.read(raw, origin=origin, told_at=_told(told_at, now))
        if kind == "sheet"
        else partner_files.read(raw)
    )
    return File(path.name, hashlib.sha256(raw + (session or "").encode()).digest(), _for(sheet, session))


def _told(at: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    if at is None:
        return now
    return at if at.utcoffset() is not None else wall.instant(at, "Europe/Paris")


def _for(sheet: Sheet, session: str | None) -> Sheet:
    if session is None:
        return sheet
    return msgspec.structs.replace(sheet, rows=tuple(_in(row, session) for row in sheet.rows))


def _in(row: Row, session: str) -> Row:
    if row.registration.session is not None:
        return row
    return msgspec.structs.replace(
        row, registration=msgspec.structs.replace(row.registration, session=session)
    )
