"""A JPEG without what its maker's telephone wrote beside the picture: where and when it was taken, with what, a preview, a film.

Belongs here: reading and writing a file's segments, pure. Does not: the picture itself, which is not touched.

Sources: ITU-T T.81, annex B (segments); Exif 2.32, 4.5.4 and 4.6.4 (orientation, which is kept: without it a portrait lies).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from schemas.errors import Refused

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_APP0, _EXIF, _ICC, _ADOBE, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a segment
_BROKEN: Final = "The image is no whole JPEG: export it anew."
_ORIENTATION: Final = 0x0112
_SHORT: Final = 3  # the type of its value


def is_jpeg(content: bytes) -> bool:
    """Whether a file begins as one."""
    return content[:3] == b"\xff\xd8\xff"


def bare(content: bytes) -> bytes:
    """The same picture, with its colours and its orientation, and nothing else.

    Raises:
        Refused: it is no whole JPEG.

    """
    kept = [b"\xff\xd8"]
    for marker, part in _segments(content):
        if marker == _EXIF:
            kept.append(_oriented(_orientation(part)))
        elif _is_picture(marker, part):
            kept.append(part)
    return b"".join(kept)


def _is_picture(marker: int, part: bytes) -> bool:
    if marker == _ICC:
        return part[4:16] == b"ICC_PROFILE\0"
    return marker in {_APP0, _ADOBE} or not (_APP0 <= marker <= _APP15 or marker == _COMMENT)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker with its bytes, a scan with its data, up to the picture's end: what follows is another file."""
    if not is_jpeg(content):
        raise Refused(_BROKEN)
    at = 2
    while True:
        if content[at : at + 1] != b"\xff" or len(content) < at + 2:
            raise Refused(_BROKEN)
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker == _END:
            yield marker, content[at : at + 2]
            return
        end = at + 2 if marker in _ALONE else at + 2 + _length(content, at + 2)
        if marker == _SCAN:
            end = _scanned(content, end)
        yield marker, content[at:end]
        at = end


def _length(content: bytes, at: int) -> int:
    length = int.from_bytes(content[at : at + 2], "big")
    if length < 2 or at + length > len(content):
        raise Refused(_BROKEN)
    return length


def _scanned(content: bytes, at: int) -> int:
    """Where a scan's data ends: at a marker that is no part of it."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        if content[at + 1] not in {0x00, *range(0xD0, 0xD8)}:
            return at
        at += 2
    raise Refused(_BROKEN)


def _orientation(part: bytes) -> int:
    """How the picture is to be turned, from 1 to 8; 1, as it is, where that cannot be read."""
    if part[4:10] != b"Exif\0\0":
        return 1
    tiff = part[10:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return 1
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if (tag, kind) == (_ORIENTATION, _SHORT):
                return int(value) if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _oriented(orientation: int) -> bytes:
    """A segment that says only that; nothing when there is nothing to say."""
    if orientation == 1:
        return b""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + tiff
    return struct.pack(">BBH", 0xFF, _EXIF, len(exif) + 2) + exif
