"""A weekly digest's own page: whoever has one stops it with one click, and may have it again.

Belongs here: routes, and what the link lets its holder do. Does not: statements (connectors/region/digests/readers.py).

As with other letters a mail program unsubscribes by a POST of its own (RFC 8058): the link alone counts there. To have it again takes
a button of ours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.digests import readers
from connectors.seals import Seals
from portal.forms import LARGEST, answered, body, go, private, sealed, with_form
from schemas.letters import ROLES, Role


def _opened(request: Request, now: dt.datetime) -> tuple[Role, str] | None:
    """Whose link it is: a role, and a reader's key."""
    word = Seals(request.app.state.settings).opened("digest", request.path_params["seal"], now, None)
    said, _, reader = (word or "").partition(".")
    role = next((each for each in ROLES if each == said), None)
    return None if role is None else (role, reader)


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


def show(request: Request) -> Response:
    """Whether it is sent, and the button that changes that."""
    now = clock.now()
    told = _opened(request, now)
    return _dead(request) if told is None else _page(request, *told, now)


def _page(request: Request, role: Role, reader: str, now: dt.datetime, status: int = 200) -> Response:
    with request.app.state.region.begin() as connection:
        stopped = reader in readers.stopped(connection, role)
    return with_form(request, "digest.html", status, now, role=role, stopped=stopped)


async def stop(request: Request) -> Response:
    """Stop it, whoever asks: a mail program by itself, or the button. The same again is the same answer."""
    await body(request, LARGEST)  # it may be of any form: that it comes by POST, at this address, is the wish
    return await run_in_threadpool(_stopped, request)


def _stopped(request: Request) -> Response:
    now = clock.now()
    told = _opened(request, now)
    if told is None:
        return _dead(request)
    readers.stop(request.app.state.region, *told, now)
    return private(request, "digest_stopped.html", role=told[0])


def resume(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Have it again."""
    told = _opened(request, now)
    if told is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _page(request, *told, now, 403)
    readers.resume(request.app.state.region, *told)
    return go(f"/lettres/{request.path_params['seal']}")


_LINK: Final = "/lettres/{seal}"
ROUTES: Final = (
    Route(_LINK, show, methods=["GET"]),
    Route(_LINK, stop, methods=["POST"]),
    Route(f"{_LINK}/reprendre", answered(resume), methods=["POST"]),
)
