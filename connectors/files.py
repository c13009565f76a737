"""A file of a source's records, opened: regular, and no larger than a catalogue can be.

Belongs here: what may be opened at all. Does not: any source's form (lheo/client.py, france_travail/client.py).
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from schemas.errors import Rejected

FILE_LIMIT: Final = 1 << 30  # bytes; the whole catalogue of trainings, as LHEO, has about 400 MB


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file, for reading.

    Raises:
        Rejected: it is no regular file (a pipe or a device has no end), or is larger than ``FILE_LIMIT``.
        OSError: it cannot be opened.

    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Rejected(f"{path.name} is no regular file")
    if status.st_size > FILE_LIMIT:
        raise Rejected(
            f"{path.name} has {status.st_size:,} bytes, and a file of records at most {FILE_LIMIT:,}. Split it: each part "
            "adds and changes."
        )
    with path.open("rb") as file:
        yield file
