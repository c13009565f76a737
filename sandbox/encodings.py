"""Compressed answers: zstd or gzip, when the client accepts them.

Belongs here: the choice and the compression. Does not: what is compressed.
"""

from __future__ import annotations

import zstandard
from isal import igzip
from starlette.requests import Request
from starlette.responses import Response

WORTH_IT = 1_000  # bytes
_zstd = zstandard.ZstdCompressor(level=1)


def encoded(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    """A JSON answer, compressed as the client likes best."""
    headers = {**headers, "vary": "Accept-Encoding"}
    accepted = _accepted(request.headers.get("accept-encoding", ""))
    if len(body) >= WORTH_IT and accepted & {"zstd", "gzip"}:
        name = "zstd" if "zstd" in accepted else "gzip"
        body = _zstd.compress(body) if name == "zstd" else igzip.compress(body, compresslevel=1)
        headers["content-encoding"] = name
    return Response(body, headers=headers, media_type="application/json")


def _accepted(header: str) -> set[str]:
    pairs = [each.partition(";") for each in header.lower().split(",")]
    return {name.strip() for name, _, quality in pairs if quality.strip().replace(" ", "") not in _NEVER}


_NEVER = frozenset({"q=0", "q=0.0", "q=0.00", "q=0.000"})
