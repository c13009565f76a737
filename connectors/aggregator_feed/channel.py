"""The aggregator feed as a channel: one XML file and its gzip, replaced whole.

Belongs here: writing, replacing at once, reading back. Does not: the format (wire.py).

On a local folder the new file is complete and on disk before it takes the old one's name; on an object store an upload
replaces the object when it is complete.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import fsspec
from botocore.exceptions import BotoCoreError
from isal import igzip, igzip_lib
from lxml import etree

from connectors.aggregator_feed import wire
from connectors.channel import Capabilities, DocumentChannel, Entry
from core.effects import Found, Intent
from schemas.errors import Misconfigured, Unreachable
from schemas.offer import decode

NAME: Final = "aggregator_feed"
_DAMAGED: Final[Any] = (EOFError, igzip.BadGzipFile, igzip_lib.IsalError)  # isal types the last as a value
FILE: Final = "aggregator.xml"
_NEW: Final = ".new-"  # begins the name of the hidden folder in which a feed is built


class AggregatorFeed(DocumentChannel):
    """The feed in the folder ``url`` (fsspec), its links under ``publisher``."""

    name = NAME

    def __init__(self, url: str, publisher: str) -> None:
        """Raises Misconfigured when no file system serves ``url``."""
        try:
            self._files, self._folder = fsspec.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise Misconfigured(f"BOOSTEZ_FEEDS_URL: {error}") from error
        self._publisher = publisher
        self._path = f"{self._folder}/{FILE}"
        self._packed = f"{self._path}.gz"
        self._local = "file" in (
            self._files.protocol if isinstance(self._files.protocol, tuple) else (self._files.protocol,)
        )
        self.capabilities = Capabilities(form=f"indeed-1 {url} {publisher}", batch=1)

    def present(self) -> bool:
        """See the port: two short reads, for every sync asks."""
        with self._reaching():
            if not (self._files.exists(self._path) and self._files.exists(self._packed)):
                return False
            end = wire.TAIL.encode()
            last = self._files.read_block(self._path, self._files.size(self._path) - len(end), len(end))
            return bool(last == end)

    def whole(self) -> bool:
        """See the port: the gzip file is read to its end too, for no look-up reads it."""
        with self._reaching():
            return self.present() and self._unpacks()

    def _unpacks(self) -> bool:
        with self._files.open(self._packed, "rb") as file, _gzip(file, "rb") as packed:
            try:
                while packed.read(2**20):
                    pass
            except _DAMAGED:
                return False
        return True

    def replace(self, entries: Iterable[Entry], built_at: str) -> int:
        """See the port.

        Raises:
            Unreachable: the folder cannot be written.

        """
        with self._reaching():
            self._files.makedirs(self._folder, exist_ok=True)
            return self._write(entries, built_at)

    def try_out(self) -> None:
        """Write something empty beside the feed, or where its folder will be made, and take it away again.

        Raises:
            Unreachable: the folder cannot be written.

        """
        with self._reaching():
            if self._local:
                folder = Path(self._folder)
                there = next(place for place in (folder, *folder.parents) if place.exists())
                tempfile.TemporaryDirectory(prefix=_NEW, dir=there).cleanup()
            else:
                name = f"{self._folder}/{_NEW}tried"
                self._files.pipe_file(name, b"")
                self._files.rm_file(name)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except (OSError, BotoCoreError) as error:
            raise Unreachable(
                f"The feed at {self._path} cannot be reached: {error}. Check BOOSTEZ_FEEDS_URL."
            ) from error

    def _write(self, entries: Iterable[Entry], built_at: str) -> int:
        """Build both files beside the old ones (or here, for an object store), then put them in place: gzip first.

        The plain file comes last: it is what a look-up believes.
        """
        if self._local:
            for left in Path(self._folder).glob(f"{_NEW}*"):  # one writer at a time: a dead one's
                shutil.rmtree(left)
        with tempfile.TemporaryDirectory(prefix=_NEW, dir=self._folder if self._local else None) as folder:
            plain, packed = Path(folder) / FILE, Path(folder) / f"{FILE}.gz"
            count = 0
            with (
                plain.open("wb") as plain_file,
                packed.open("wb") as packed_file,
                _gzip(packed_file, "wb") as gzip_file,
            ):
                for part in self._parts(entries, built_at):
                    plain_file.write(part)
                    gzip_file.write(part)
                    count += 1
                gzip_file.close()
                _to_disk(plain_file)
                _to_disk(packed_file)
            for built, place in ((packed, self._packed), (plain, self._path)):
                if self._local:
                    built.chmod(0o644)
                    built.replace(place)
                else:
                    self._files.put_file(str(built), place)
        return count - 2

    def _parts(self, entries: Iterable[Entry], built_at: str) -> Iterator[bytes]:
        yield wire.HEAD.format(publisher=self._publisher, built_at=built_at).encode()
        for entry in entries:
            yield wire.job(entry, self._publisher).encode()
        yield wire.TAIL.encode()

    def find(self, intents: Sequence[Intent]) -> Mapping[int, Found]:
        """See the port: the file itself is read."""
        wanted = {intent.subject: intent.effect for intent in intents}
        found = {}
        for there in self.inventory():
            if there.remote_id in wanted:
                found[wanted[there.remote_id]] = there
        return found

    def inventory(self) -> Iterator[Found]:
        """See the port: the file as whoever pulls it reads it, streamed; what stands behind a fault is not there."""
        with self._reaching():
            if self._files.exists(self._path):
                with self._files.open(self._path, "rb") as file:
                    yield from wire.read(file)

    def digest(self, marker: str, content: bytes) -> str:
        """See the port."""
        return wire.digest(etree.fromstring(wire.job(Entry(marker, decode(content)), self._publisher)))


def _gzip(file: Any, mode: str) -> Any:
    make: Any = igzip.IGzipFile  # isal is typed but for this class
    return make(filename="", fileobj=file, mode=mode, compresslevel=1, mtime=0)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
