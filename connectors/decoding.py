"""The body of an answer, decoded no further than a limit: a bomb of a kilobyte stays a kilobyte.

Belongs here: gzip and zstd with bounded output. Does not: the limit, or where the bytes come from (http.py).

httpx decodes whatever one read of the socket brought, whole: 64 KB of zstd can be 2 GB. So its raw bytes are decoded here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import zstandard

from schemas.errors import RetryLater

ACCEPTED: Final = "zstd, gzip"
_WINDOW: Final = 8 * 1024 * 1024  # RFC 9659: no zstd frame sent over HTTP needs a larger window
_SLICE: Final = 256  # bytes of zstd fed at a time: at 128 KB a block of four bytes, 8 MB come out at most
_GZIP: Final = 16 + zlib.MAX_WBITS


def decoded(parts: Iterator[bytes], encoding: str, limit: int) -> bytes:
    """The whole body, of at most ``limit`` bytes as sent and as decoded.

    Raises:
        RetryLater: it is longer, cut, damaged, or in an encoding that was not asked for.

    """
    body = _Body(limit)
    capped = body.capped(parts)
    match encoding.strip().lower():
        case "" | "identity":
            for part in capped:
                body.add(part)
        case "gzip" | "x-gzip":
            _gunzip(capped, body)
        case "zstd":
            _unzstd(capped, body)
        case _:
            raise RetryLater("a body in an encoding that was not asked for", after=0.0)
    return bytes(body.content)


class _Body:
    """What was decoded so far, and how much may still come."""

    def __init__(self, limit: int) -> None:
        self.content, self._limit = bytearray(), limit

    @property
    def room(self) -> int:
        """Bytes that show that the limit is passed: one more than may come."""
        return self._limit + 1 - len(self.content)

    def add(self, part: bytes) -> None:
        self.content += part
        if len(self.content) > self._limit:
            raise self._too_long()

    def capped(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        """The parts as sent: encoded nothing for ever is too long as well."""
        sent = 0
        for part in parts:
            sent += len(part)
            if sent > self._limit:
                raise self._too_long()
            yield part

    def _too_long(self) -> RetryLater:
        return RetryLater(f"a body of more than {self._limit} bytes")


def _gunzip(parts: Iterator[bytes], body: _Body) -> None:
    inflate = None
    try:
        for part in parts:
            rest = part
            while rest:
                if inflate is None or inflate.eof:  # a file may have several members, one after another
                    inflate = zlib.decompressobj(_GZIP)
                body.add(inflate.decompress(rest, body.room))
                rest = inflate.unused_data
    except zlib.error as error:
        raise _damaged(error) from error
    if inflate is not None and not inflate.eof:
        raise _damaged("it is cut")


def _unzstd(parts: Iterator[bytes], body: _Body) -> None:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    frame = None
    try:
        for part in parts:
            for start in range(0, len(part), _SLICE):
                rest = part[start : start + _SLICE]
                while rest:
                    if frame is None or frame.eof:
                        frame = decompressor.decompressobj()
                    body.add(frame.decompress(rest))
                    rest = frame.unused_data
    except zstandard.ZstdError as error:
        raise _damaged(error) from error
    if frame is not None and not frame.eof:
        raise _damaged("it is cut")


def _damaged(why: object) -> RetryLater:
    return RetryLater(f"a body that cannot be decoded: {why}", after=0.0)
