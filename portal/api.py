"""The open API: what the portal shows, as JSON, without a key; it changes nothing.

Belongs here: its routes, their answers and errors. Does not: its description (openapi.py), what a parameter may be
(parameters.py), or what a search finds (connectors/region/board/search.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.region.board.search import LAST_PAGE, Cursor, Listed, Page, Query, Withdrawn, one, search
from connectors.region.database import Region
from connectors.settings import Settings
from portal import addresses, openapi, verifying
from portal.parameters import AFTER, Fault, faults
from portal.problems import problem
from portal.revalidation import SHARED, kept
from schemas.errors import Rejected, RetryLater
from schemas.offer import Offer

OFFERS: Final = "/api/v1/offres"
DESCRIPTION: Final = "/api/v1/openapi.json"
_JSON: Final = "application/json"
_PREFLIGHT: Final = SHARED | {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS, POST",
    "Access-Control-Allow-Headers": "Accept, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
    "Allow": "GET, HEAD, OPTIONS, POST",
}
_BY_NUMBER: Final = re.compile(r"p([1-9][0-9]?)")
_SENTENCES: Final = {
    404: "Cette adresse n’existe pas. La description de l’API les donne toutes : /api/v1/openapi.json.",
    405: "L’API se lit par GET ou HEAD ; seule la vérification d’un fichier reçoit un POST.",
    408: "Le fichier n’est pas arrivé en entier à temps. Renvoyez-le, ou coupez-le en plusieurs parties.",
    413: "Le fichier dépasse 5 Mio. Vérifiez-le en plusieurs parties.",
    415: "Indiquez le type du fichier dans Content-Type : application/json, application/x-ndjson, application/xml, text/xml, "
    "text/plain ou application/octet-stream.",
}


class Item(msgspec.Struct, frozen=True):
    """An offer as the API tells it. ``url`` is its page for people."""

    key: str
    url: str
    changed_at: dt.datetime
    offer: Offer


class Items(msgspec.Struct, frozen=True):
    """A page of a search. ``total`` counts every page; ``next`` is the address of the next one."""

    total: int
    next: str | None
    items: list[Item]


def create(region: Region, settings: Settings) -> Starlette:
    """The application below ``/api``: there even what does not exist is told in JSON."""
    app = Starlette(
        routes=[
            Route("/v1/offres", offers),
            Route("/v1/offres/{key}", offer),
            Route("/v1/openapi.json", description),
            Route("/v1/verifier", verifying.check_for_machines, methods=["POST"]),
        ],
        middleware=[Middleware(_Open)],
        exception_handlers={HTTPException: refused, RetryLater: _away, 500: _failed},
    )
    app.state.region, app.state.settings = region, settings
    return app


def offers(request: Request) -> Response:
    """A page of a search."""
    given = request.query_params.multi_items()
    wrong = faults(given)
    query = None if wrong else _query(dict(given))
    if query is None:
        return _wrong(
            wrong or [Fault(AFTER, dict(given)[AFTER][:80], "le repère d’un « next » de cette recherche")]
        )
    found = search(request.app.state.region, query)
    public_url = request.app.state.settings.public_url
    following = _following(found)
    address = None
    if following:
        told = [(name, value) for name, value in given if name != AFTER] + [(AFTER, following)]
        address = f"{public_url}{OFFERS}?{urlencode(told)}"
    items = Items(found.total, address, [_item(listed, public_url) for listed in found.offers])
    return _told(request, items, address)


def offer(request: Request) -> Response:
    """One offer; 410 when it was withdrawn, 404 when it never was."""
    if given := request.query_params.multi_items():
        return _wrong([Fault(name[:80], value[:80], "aucun paramètre") for name, value in given])
    found = one(request.app.state.region, request.path_params["key"])
    match found:
        case Listed():
            return _told(request, _item(found, request.app.state.settings.public_url))
        case Withdrawn():
            day = found.at.isoformat(timespec="seconds")
            return problem(
                410, f"Cette offre a été retirée le {day}.", members={"key": found.key, "withdrawn_at": day}
            )
    return problem(404, "Aucune offre n’a cette clé.")


def description(request: Request) -> Response:
    """The API's own description, as OpenAPI 3.1."""
    return kept(request, openapi.written(request.app.state.settings.public_url), _JSON, seconds=3_600)


def refused(_: Request, error: Exception) -> Response:
    """An HTTP error, as a problem."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, _SENTENCES.get(error.status_code, error.detail), headers=error.headers)


def _query(given: Mapping[str, str]) -> Query | None:
    """The search that is asked for; None when its mark is not one of ours, or no mark of this order."""
    query = addresses.read({name: value for name, value in given.items() if name != AFTER})
    if AFTER not in given:
        return query
    if page := _BY_NUMBER.fullmatch(given[AFTER]):
        known = query.sort != "newest" and int(page[1]) <= LAST_PAGE
        return replace(query, page=int(page[1])) if known else None
    try:  # a text of stop words alone is searched by date, whatever was asked
        return replace(query, after=Cursor.read(given[AFTER]), sort="newest")
    except Rejected:
        return None


def _following(found: Page) -> str | None:
    if found.next_page:
        return f"p{found.next_page}"
    return str(found.next_after) if found.next_after else None


def _item(listed: Listed, public_url: str) -> Item:
    return Item(listed.key, f"{public_url}/offres/{listed.key}", listed.changed_at, listed.offer)


def _told(request: Request, content: Any, following: str | None = None) -> Response:
    links = [f'<{DESCRIPTION}>; rel="service-desc"; type="application/json"']
    links += [f'<{following}>; rel="next"'] if following else []
    return kept(request, msgspec.json.encode(content), _JSON, headers={"Link": ", ".join(links)})


def _wrong(wrong: list[Fault]) -> Response:
    told = " ; ".join(f"« {fault.parameter} » doit être {fault.expected}" for fault in wrong)
    return problem(400, f"{told}.", members={"errors": wrong})


def _away(_: Request, __: Exception) -> Response:
    return problem(
        503, "La base de la Région ne répond pas. Réessayez un peu plus tard.", headers={"Retry-After": "30"}
    )


def _failed(_: Request, __: Exception) -> Response:
    return problem(500, "L’erreur est enregistrée. Réessayez dans un instant.")


class _Open:
    """ASGI middleware: any site may read every answer, errors too, and may ask whether it may."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return

        async def opened(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SHARED.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, opened)
