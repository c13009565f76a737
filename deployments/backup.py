"""Backups of the Region's database: an archive and, beside it, a manifest that tells whether it is whole.

Belongs here: the two files, from the first byte to their names. Does not: PostgreSQL's programs (archive.py) or what a
restore makes of a backup (restore.py).

The archive is of pg_dump's own custom format, so that a database administrator needs nothing of ours to read it.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec

from connectors.region import migrations
from connectors.region.database import Region
from connectors.region.upkeep.census import Census, moment
from deployments import archive
from deployments.bars import Listener
from schemas.errors import Misconfigured, Permanent, Refused, Rejected

_READ = 2**20  # bytes


class Manifest(msgspec.Struct, frozen=True):
    """What an archive holds: ``rows`` of each table as of ``taken_at``, in schema ``version``, of a ``server``.

    ``program`` is the major version of pg_dump that wrote it; ``size`` is in bytes.
    """

    taken_at: dt.datetime
    version: str
    server: str
    program: int
    rows: dict[str, int]
    size: int
    sha256: str


class Backup(msgspec.Struct, frozen=True):
    """A backup's place and manifest."""

    file: str
    manifest: Manifest


def back_up(region: Region, file: Path | None, folder: Path, now: dt.datetime, tell: Listener) -> Backup:
    """Write the database as of one moment into ``file``, or into one named after ``now`` in ``folder``.

    Syncs may run meanwhile. The file has its name only when it is whole, on disk, and has its manifest.

    Raises:
        Misconfigured: the file cannot be there.
        Refused: it is there already, or nothing is in the database.
        Permanent: pg_dump failed, for want of space, say.
        Unreachable: no server answers.

    """
    version = migrations.current(region)
    if version is None:
        raise Refused("The database is empty: there is nothing to back up.")
    if file is None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)
        file = folder / f"boostez-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-{version}.dump"
    with _part(file) as part:
        with moment(region) as (snapshot, held):
            tools = archive.programs(held.major)
            archive.dump(region, tools, snapshot, part, held.rows, tell)
        manifest = _manifest(part, held, tools, now, tell)
        _write(manifest_of(file), msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    return Backup(str(file), manifest)


def keep_newest(folder: Path, number: int) -> list[str]:
    """Remove the backups of a folder that have no place among the newest ``number``; those that were named by hand stay.

    Returns the files that were removed.
    """
    assert number > 0
    own = sorted(folder.glob("boostez-????????T??????Z-*.dump"), reverse=True)  # the instant is in the name
    old = own[number:]
    for file in old:
        manifest_of(file).unlink(missing_ok=True)  # what is left of a pair when we are killed is no backup
        file.unlink(missing_ok=True)
    return [str(file) for file in old]


def check(file: Path, tell: Listener) -> Manifest:
    """See that a backup is whole and readable, without a database.

    Raises:
        Rejected: it is not; the message says in what.

    """
    with opened(file, tell) as (manifest, _):
        return manifest


@contextmanager
def opened(file: Path, tell: Listener) -> Iterator[tuple[Manifest, IO[bytes]]]:
    """A backup that was seen to be whole, its archive open. Raises as ``check``."""
    manifest = _read_manifest(file)
    try:
        open_file = file.open("rb", buffering=0)
    except OSError as error:
        raise Rejected(f"{file} cannot be read: {error.strerror}.") from error
    with open_file:
        size = os.fstat(open_file.fileno()).st_size
        if size != manifest.size:
            raise Rejected(f"{file} has {size:,} bytes instead of {manifest.size:,}: {_ANOTHER}")
        if _digest(open_file, size, "check", tell) != manifest.sha256:
            raise Rejected(
                f"{file} is not what was written: its SHA-256 differs from its manifest's. {_ANOTHER}"
            )
        try:
            held = archive.contents(archive.programs(manifest.program), open_file)
        except Permanent as error:
            raise Rejected(f"{file}: {error} {_ANOTHER}") from error
        if missing := set(manifest.rows) - held:
            raise Rejected(f"{file} lacks the rows of {', '.join(sorted(missing))}. {_ANOTHER}")
        yield manifest, open_file


_ANOTHER = "Take another copy or another backup."


def manifest_of(file: Path) -> Path:
    """Where the manifest of a backup is."""
    return file.with_name(f"{file.name}.manifest.json")


def _read_manifest(file: Path) -> Manifest:
    beside = manifest_of(file)
    try:
        return msgspec.json.decode(beside.read_bytes(), type=Manifest)
    except OSError as error:
        raise Rejected(
            f"{beside} cannot be read ({error.strerror}): a backup is two files, the archive and its manifest."
        ) from error
    except msgspec.DecodeError as error:
        raise Rejected(f"{beside} is no manifest: {error}. {_ANOTHER}") from error


@contextmanager
def _part(file: Path) -> Iterator[IO[bytes]]:
    """A file under another name until it is whole and on disk; gone when anything fails."""
    path = file.with_name(f"{file.name}.part")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}. Name another file.") from error
    with os.fdopen(descriptor, "r+b", buffering=0) as part:
        if not _locked(part):
            raise Refused(f"Another backup is writing {path}: wait for its end, or name another file.")
        if file.exists():
            path.unlink()
            raise Refused(f"{file} is there already and is not overwritten: name another file, or remove it.")
        os.fchmod(part.fileno(), 0o600)  # what a killed backup left may be anything
        part.truncate(0)
        try:
            yield part
            os.fsync(part.fileno())
            path.rename(file)
            _sync_folder(file.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _locked(file: IO[bytes]) -> bool:
    """Whether the file is ours alone now; the lock dies with us and with the pg_dump that writes it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove what killed backups left."""
    for path in folder.glob("boostez-*.dump.part"):
        with suppress(FileNotFoundError), path.open("rb") as part:
            if _locked(part):
                path.unlink()


def _manifest(
    part: IO[bytes], held: Census, tools: archive.Programs, now: dt.datetime, tell: Listener
) -> Manifest:
    size = os.fstat(part.fileno()).st_size
    assert held.version is not None
    digest = _digest(part, size, "checksum", tell)
    return Manifest(now, held.version, held.server, tools.major, held.rows, size, digest)


def _digest(file: IO[bytes], size: int, stage: str, tell: Listener) -> str:
    digest, done = hashlib.sha256(), 0
    file.seek(0)
    while block := file.read(_READ):
        digest.update(block)
        done += len(block)
        tell(stage, done, size)
    return digest.hexdigest()


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.part")
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
