"""A form that somebody sends: its body, whether it is ours, and the answer that nobody keeps.

Belongs here: the size of a body, the seal against forged requests, private answers. Does not: any form's fields
(posting_form.py) or routes.

A form is ours when the browser does not say that another site sent it, and when its seal fits the cookie that came with the
page. A private answer forbids referrers, so browsers may send ``Origin: null`` with its form: that proves nothing either way.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from connectors import clock
from connectors.region.access import acts
from connectors.region.access.acts import Where
from connectors.seals import FORM_WITHIN, Seals
from portal import cookies
from portal.answers import SECURITY, rendered

LARGEST: Final = 65_536  # bytes of a body
MOST: Final = 60  # fields
HEARD_OUT: Final = 1 << 25  # bytes of too large a body that are read on and forgotten
PATIENCE: Final = 120  # seconds for a body; what is there of it waits in memory
SEAL: Final = "sceau"  # the hidden field
TYPED_IN: Final = dt.timedelta(seconds=3)  # nobody reads and fills in a form of ours in less
_COOKIE: Final = "deposer"
_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{22}")
PRIVATE: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


Handler = Callable[[Request, Mapping[str, str], dt.datetime], Response]


def answered(handler: Handler, *, most: int = MOST) -> Callable[[Request], Any]:
    """A form's route: the body first, of ``most`` fields, then the work, where it may wait for the database."""

    async def answer(request: Request) -> Response:
        given = await fields(request, most)
        with acts.acting(Where("portal", by=acts.THEMSELVES)):
            return await run_in_threadpool(handler, request, given, clock.now())

    return answer


async def fields(request: Request, most: int = MOST) -> dict[str, str]:
    """The fields of a sent form, by name.

    Raises:
        HTTPException: 413 larger than ``LARGEST``, 408 too slow, 415 no form, 400 not readable, 403 another site sent it.

    """
    if _foreign(request):
        raise HTTPException(403)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/x-www-form-urlencoded":
        raise HTTPException(415)
    content = await body(request, LARGEST)
    try:
        return dict(
            parse_qsl(
                content.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=False,
                encoding="utf-8",
                errors="strict",
                max_num_fields=most,
            )
        )
    except ValueError:
        raise HTTPException(400) from None


async def body(request: Request, largest: int) -> bytes:
    """What was sent, in memory.

    What is too large is read on for a while and forgotten: a browser that is cut off while it sends shows no answer.

    Raises:
        HTTPException: 413 larger than ``largest``, 408 not there in ``PATIENCE``, or broken off.

    """
    content, size = bytearray(), 0
    try:
        with anyio.fail_after(PATIENCE):
            async for part in request.stream():
                size += len(part)
                if size <= largest:
                    content += part
                elif size > largest + HEARD_OUT:
                    break
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408) from None
    if size > largest:
        raise HTTPException(413)
    return bytes(content)


async def upload(request: Request, largest: int) -> dict[str, str | UploadFile]:
    """The fields of a form with a file, all of them in memory. No seal: it is for forms that change nothing.

    Raises:
        HTTPException: 413 larger than ``largest``, 408 too slow, 415 no such form, 400 not readable, 403 another site sent it.

    """
    if _foreign(request):
        raise HTTPException(403)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise HTTPException(415)
    content = await body(request, largest)

    async def once() -> AsyncGenerator[bytes, None]:
        yield content

    parser = _InMemory(request.headers, once(), max_files=1, max_fields=4, max_part_size=largest)
    try:
        return dict((await parser.parse()).multi_items())
    except (MultiPartException, KeyError, ValueError):
        raise HTTPException(400) from None


class _InMemory(MultiPartParser):
    """A file is not written to a disk, however large."""

    spool_max_size = 0  # never


def _foreign(request: Request) -> bool:
    """Whether the browser says that the form is of another site."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin in {None, "null"}:
        return False
    ours = {request.headers.get("host"), urlsplit(request.app.state.settings.public_url).netloc}
    return urlsplit(origin or "").netloc not in ours


def proven(request: Request) -> bool:
    """Whether the browser says that a page of ours sent this. Silence proves nothing."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    return site == "same-origin" or (site is None and origin not in {None, "null"} and not _foreign(request))


def hurried(request: Request, given: Mapping[str, str], now: dt.datetime) -> bool:
    """Whether a form comes back sooner than anybody reads it and types."""
    shown_at = Seals(request.app.state.settings).at("form", given.get(SEAL, ""))
    return shown_at is None or now - shown_at < TYPED_IN


def sealed(request: Request, given: Mapping[str, str], now: dt.datetime) -> bool:
    """Whether the form's seal is ours, of this browser, and not too old."""
    word = Seals(request.app.state.settings).opened("form", given.get(SEAL, ""), now, FORM_WITHIN)
    kept = cookies.kept(request, _COOKIE)
    return word is not None and secrets.compare_digest(word.encode(), kept.encode())


def private(request: Request, template: str, status: int = 200, /, **words: Any) -> Response:
    """A page that nobody keeps."""
    text = rendered(request, template, status, **words)
    return HTMLResponse(text, status, headers=SECURITY | PRIVATE)


def with_form(request: Request, template: str, status: int, now: dt.datetime, /, **words: Any) -> Response:
    """A page that holds a form: its seal in the page, and the cookie that it must come back with."""
    before = cookies.kept(request, _COOKIE)
    nonce = before if _NONCE.fullmatch(before) else secrets.token_urlsafe(16)
    seal = Seals(request.app.state.settings).seal("form", nonce, now)
    answer = private(request, template, status, seal=seal, **words)
    cookies.keep(request, answer, _COOKIE, nonce, FORM_WITHIN, "strict")
    return answer


def go(address: str) -> Response:
    """On to another page of ours, after a form was taken."""
    return RedirectResponse(address, 303, headers=SECURITY | PRIVATE)
