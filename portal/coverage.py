"""Covered events: the list, each event's wall with the roll of what was published, and the media themselves.

Belongs here: what each page is given, and the answers that nobody keeps. Does not: who may be shown (core/consents.py, asked by
connectors/region/coverage/media.py at every request), or the pages behind signed links (coverage_consents.py).

The faces are of minors: no cache and no search engine keeps a wall or a file, so that what is withdrawn is gone at once.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.coverage import events, media
from connectors.region.coverage.media import EXTENSION, Held
from portal.answers import SECURITY, page
from portal.forms import go, private

TYPES: Final = {"image": "image/jpeg", "video": "video/mp4"}
_FILE: Final = {
    **SECURITY,
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, noimageindex",
    "Accept-Ranges": "bytes",
}
_RANGE: Final = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")


def index(request: Request) -> Response:
    """The events, newest first."""
    return page(request, "coverage.html", events=events.listed(request.app.state.region))


def wall(request: Request) -> Response:
    """An event's media, and who published what."""
    region, now = request.app.state.region, clock.now()
    event = events.find(region, request.path_params["event"])
    if event is None:
        raise HTTPException(404)
    shown = media.wall(region, event.id, now)
    return private(
        request,
        "coverage_wall.html",
        event=event,
        shown=shown,
        files={medium.ref: address(medium) for medium, _ in shown},
        roll=media.roll(region, event.id),
    )


def address(medium: Held) -> str:
    """Where a medium's file is."""
    return f"/medias/{medium.ref}.{EXTENSION[medium.kind]}"


def lead_on(request: Request) -> Response:
    """From the address that a caption has to the medium on its wall; gone when it is shown nowhere any more."""
    region, now = request.app.state.region, clock.now()
    found = media.served(region, request.path_params["ref"], now)
    if found is None:
        return _absent(request)
    medium, _ = found
    return go(f"/couverture/{medium.event_ref}#{medium.ref}")


def file(request: Request) -> Response:
    """A medium's file, whole or in part; 410 from the moment at which somebody whom it shows agrees no more."""
    region, now = request.app.state.region, clock.now()
    found = media.served(region, request.path_params["ref"], now)
    if found is None:
        return _absent(request)
    medium, content = found
    if request.path_params["extension"] != EXTENSION[medium.kind]:
        raise HTTPException(404)
    return _part(request, content, TYPES[medium.kind])


def _absent(request: Request) -> Response:
    """410 for what was here once or will be, 404 for what never was."""
    if media.find(request.app.state.region, request.path_params["ref"]) is None:
        raise HTTPException(404)
    return private(request, "coverage_gone.html", 410)


def _part(request: Request, content: bytes, media_type: str) -> Response:
    """What a player asks for (RFC 9110, 14.2): from one byte to another, else all."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None:
        return Response(content, headers=_FILE, media_type=media_type)
    first, size = int(asked[1]), len(content)
    last = min(int(asked[2] or size), size - 1)
    if first > last:
        return Response(status_code=416, headers=_FILE | {"Content-Range": f"bytes */{size}"})
    headers = _FILE | {"Content-Range": f"bytes {first}-{last}/{size}"}
    return Response(content[first : last + 1], 206, headers, media_type)


ROUTES: Final = (
    Route("/couverture", index),
    Route("/couverture/{event}", wall),
    Route("/medias/{ref}.{extension}", file),
    Route("/medias/{ref}", lead_on),
)
