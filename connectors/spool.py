"""The spool: the payloads of one walk, byte for byte, in one file, until the run has stored what they say.

Belongs here: appending and reading back by position. Does not: what the bytes mean, or the index (region/offers/walks.py).

A walk is spooled to its end before anything is stored, so a half-read snapshot never counts and memory never grows
with the catalogue. The file has no name: whatever ends the run, the system frees it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self


class Spool:
    """One run's payloads. A context manager: leaving it frees the file."""

    def __init__(self, folder: Path, run_id: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(prefix=f"run-{run_id}-", dir=folder)  # noqa: SIM115 - closed on leaving
        self._size = 0

    def append(self, payload: bytes) -> int:
        """Keep a payload; returns its position in bytes."""
        position = self._size
        self._file.seek(position)
        self._file.write(payload)
        self._size += len(payload)
        return position

    def read(self, position: int, length: int) -> bytes:
        """Give ``length`` bytes from ``position`` back."""
        self._file.seek(position)
        return self._file.read(length)

    def clear(self) -> None:
        """Forget everything: the walk is void."""
        self._file.seek(0)
        self._file.truncate()
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
