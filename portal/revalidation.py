"""Answers that a machine may keep, ask for again by their ETag, and read from any site.

Belongs here: ETag, 304, Cache-Control and CORS of what is not a page. Does not: pages (answers.py) or what is told.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

SHARED: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, RateLimit, RateLimit-Policy, Retry-After",
}
_TAG: Final = re.compile(r'(?:W/)?("[^"]*")')


def etag_of(content: bytes) -> str:
    """A weak ETag: the same content may be sent packed or plain."""
    return f'W/"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def has(request: Request, etag: str) -> bool:
    """Whether the reader says that it holds this very content (RFC 9110, 13.1.2: weak comparison)."""
    given = ",".join(request.headers.getlist("if-none-match"))
    return given.strip() == "*" or etag.removeprefix("W/") in _TAG.findall(given)


def kept(
    request: Request,
    content: bytes,
    media_type: str,
    *,
    seconds: int = 60,
    headers: Mapping[str, str] | None = None,
    changed_at: dt.datetime | None = None,
) -> Response:
    """``content`` as an answer that may be kept for ``seconds``, or 304 when the reader has it. Any site may read it.

    ``changed_at`` is when it last changed, for readers that show it; whether they have it is told by its ETag alone.
    """
    etag = etag_of(content)
    told = SHARED | {"ETag": etag, "Cache-Control": f"public, max-age={seconds}"} | dict(headers or {})
    if changed_at is not None:
        told["Last-Modified"] = format_datetime(changed_at.astimezone(dt.UTC), usegmt=True)
    if has(request, etag):
        return Response(status_code=304, headers=told)
    return Response(content, headers=told, media_type=media_type)
