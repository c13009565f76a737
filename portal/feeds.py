"""The open feeds: which there are, and serving those that are files on this machine.

Belongs here: the folder of BOOSTEZ_FEEDS_URL as residents and aggregators see it. Does not: writing feeds
(connectors/aggregator_feed).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from connectors.settings import Settings

TYPES: Final = {"aggregator.xml": "application/xml", "aggregator.xml.gz": "application/gzip"}


class Feed(msgspec.Struct, frozen=True):
    """A feed as the list shows it. ``size`` is in bytes; it and ``at`` are None when the file is not here (yet)."""

    name: str
    address: str
    here: bool
    size: int | None = None
    at: dt.datetime | None = None


def folder(settings: Settings) -> Path | None:
    """The feeds' folder when it is on this machine."""
    parts = urlsplit(settings.feeds)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(settings.feeds) if not parts.scheme else None


def listed(settings: Settings) -> list[Feed]:
    """Every open feed."""
    return [_feed(settings, name) for name in TYPES]


async def serve(request: Request) -> Response:
    """One feed's file, with its ETag and date; 304 when the reader has it."""
    name, home = request.path_params["name"], folder(request.app.state.settings)
    if home is None or name not in TYPES:
        raise HTTPException(404)
    answer = await StaticFiles(directory=home, check_dir=False).get_response(name, request.scope)
    if answer.status_code == 200:
        answer.headers["Content-Type"] = TYPES[name]
    answer.headers["Cache-Control"] = "public, max-age=300"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _feed(settings: Settings, name: str) -> Feed:
    home = folder(settings)
    if home is None:
        return Feed(name, f"{settings.feeds}/{name}", here=False)
    address = f"{settings.public_url}/feeds/{name}"
    try:
        stat = (home / name).stat()
    except OSError:
        return Feed(name, address, here=True)
    return Feed(
        name, address, here=True, size=stat.st_size, at=dt.datetime.fromtimestamp(stat.st_mtime, dt.UTC)
    )
