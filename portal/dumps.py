"""Open data as files: every open offer in one CSV and one Parquet file, written when they are asked for and the board changed.

Belongs here: writing them in bounded memory, putting them in place, knowing whether they are fresh. Does not: their columns
(columns.py), serving them (open_data.py), or reading the board (connectors/region/board/catalogue.py).

The folder holds one pointer and the files that it names, each written once and never changed: whoever reads, in any process,
has a whole file. The files before the last are kept until the next, for readers that are about to open them.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from isal import igzip

from connectors.region.board import catalogue
from connectors.region.board.search import Listed
from connectors.region.database import Region
from core.csv_rows import csv_rows
from portal.columns import COLUMNS, NAMES, Value, row, text_row
from schemas.errors import RetryLater

EVERY: Final = dt.timedelta(minutes=10)  # no oftener, whatever changes
GROUP: Final = 5_000  # offers held at once, and in a row group of the Parquet file
CSV: Final = "offres.csv.gz"
PARQUET: Final = "offres.parquet"
_FORM: Final = "1"  # another when the columns change: files of the former are then out of date
_POINTER: Final = "current.json"
_NEW: Final = ".new-"


class Dump(msgspec.Struct, frozen=True):
    """What is in place: ``files`` are the public names with the names in the folder, ``sizes`` their bytes."""

    state: str
    built_at: dt.datetime
    offers: int
    files: dict[str, str]
    sizes: dict[str, int]


def current(folder: Path) -> Dump | None:
    """What is in place, None when nothing whole is."""
    try:
        dump = msgspec.json.decode((folder / _POINTER).read_bytes(), type=Dump)
    except (OSError, msgspec.DecodeError):
        return None
    return dump if all((folder / name).is_file() for name in dump.files.values()) else None


def fresh(region: Region, folder: Path, public_url: str, now: dt.datetime) -> Dump | None:
    """What is in place, written anew when it is ``EVERY`` old and the board has changed.

    One process and thread writes at a time; the others get what is there, None before the first. An old one is better than none:
    it is given while the database is away.

    Raises:
        Unreachable: the database does not answer, and nothing is there.
        OSError: the folder cannot be written, and nothing is there.

    """
    dump = current(folder)
    if dump and now - dump.built_at < EVERY:
        return dump
    try:
        state = f"{_FORM} {public_url} {catalogue.state(region)}"
        if dump and dump.state == state:
            return dump
        with alone(folder) as held:
            if not held:
                return dump
            known = current(folder)  # another may have come first
            if known and (known.state == state or now - known.built_at < EVERY):
                return known
            return build(catalogue.offers(region), folder, public_url, state, now)
    except (RetryLater, OSError):
        if dump is None:
            raise
        return dump


def build(offers: Iterable[Listed], folder: Path, public_url: str, state: str, now: dt.datetime) -> Dump:
    """Write both files, then the pointer to them; what an earlier pointer does not name goes.

    Memory holds ``GROUP`` offers at a time.
    """
    before = current(folder)
    stamp = f"{now.astimezone(dt.UTC):%Y%m%dT%H%M%S%fZ}"
    files = {CSV: f"offres-{stamp}.csv.gz", PARQUET: f"offres-{stamp}.parquet"}
    new = {name: folder / f"{_NEW}{file}" for name, file in files.items()}
    count = _write(offers, new[CSV], new[PARQUET], public_url)
    sizes = {name: path.stat().st_size for name, path in new.items()}
    for name, path in new.items():
        path.replace(folder / files[name])
    dump = Dump(state, now, count, files, sizes)
    pointer = folder / f"{_NEW}{_POINTER}"
    with pointer.open("wb") as file:
        file.write(msgspec.json.encode(dump))
        _to_disk(file)
    pointer.replace(folder / _POINTER)
    kept = {*files.values(), *(before.files.values() if before else ())}
    for path in folder.iterdir():
        if path.name.startswith((_NEW, "offres-")) and path.name not in kept:
            path.unlink()
    return dump


def _write(offers: Iterable[Listed], csv_path: Path, parquet_path: Path, public_url: str) -> int:
    """One walk for both. Returns how many offers."""
    import pyarrow as pa  # noqa: PLC0415 - a process that never writes a file never loads it
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = arrow_schema()
    group: list[list[Value]] = []
    count = 0

    def flush() -> None:
        if group:
            columns = [
                pa.array(values, field.type)
                for values, field in zip(zip(*group, strict=True), schema, strict=True)
            ]
            parquet.write_batch(pa.record_batch(columns, schema=schema))
            group.clear()

    def rows() -> Iterator[list[Value]]:
        nonlocal count
        for listed in offers:
            values = row(listed, public_url)
            group.append(values)
            count += 1
            yield text_row(values)
            if len(group) == GROUP:
                flush()
        flush()

    with (
        parquet_path.open("wb") as parquet_file,
        pq.ParquetWriter(parquet_file, schema, compression="zstd") as parquet,
        csv_path.open("wb") as csv_file,
        _gzip(csv_file) as packed,
    ):
        for line in csv_rows(NAMES, rows()):
            packed.write(line)
        packed.close()
        parquet.close()
        _to_disk(csv_file)
        _to_disk(parquet_file)
    pa.default_memory_pool().release_unused()
    return count


def arrow_schema() -> Any:
    """The Parquet file's columns, as pyarrow has them."""
    import pyarrow as pa  # noqa: PLC0415

    types = {
        "string": pa.string(),
        "boolean": pa.bool_(),
        "integer": pa.int32(),
        "number": pa.float64(),
        "date": pa.date32(),
        "datetime": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema(
        pa.field(
            column.name,
            types[column.type],
            nullable=not column.required,
            metadata={"description": column.meaning},
        )
        for column in COLUMNS
    )


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else writes here; then nobody will until the end. The death of the process ends it too."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _gzip(file: Any) -> Any:
    """Equal contents give equal bytes: no name, no time."""
    make: Any = igzip.IGzipFile  # isal is typed but for this class
    return make(filename="", mode="wb", fileobj=file, compresslevel=2, mtime=0)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
