"""The open portal: everything the hub publishes, for everyone, without an account.

Belongs here: routes, and what each page is given. Does not: statements (connectors/region/search.py), words and markup
(templates/), headers (answers.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from connectors.region.database import Region
from connectors.region.search import Facets, Listed, Page, Query, Withdrawn, figures, one, search
from connectors.settings import Settings
from portal import addresses, feeds
from portal.answers import FOLDER, Headers, page
from schemas.errors import RetryLater

NEWEST = 4  # offers on the home page
_TEXTS = {
    "/accessibilite": "accessibility.html",
    "/mentions-legales": "legal.html",
    "/donnees": "data.html",
}
_ANSWERS = {404: "404.html", 405: "404.html"}


def create_app(region: Region, settings: Settings) -> Starlette:
    """The portal over ``region``. Builds nothing up: the database may come later (/healthz says so)."""
    app = Starlette(
        routes=[
            Route("/", home),
            Route("/offres", offers),
            Route("/offres/{key}", offer),
            Route("/flux", feed_list),
            Route("/feeds", feed_list),
            Route("/feeds/{name}", feeds.serve),
            Route("/healthz", healthz),
            Route("/robots.txt", robots),
            *(Route(path, text) for path in _TEXTS),
            Mount("/static", _Static(directory=FOLDER / "static")),
        ],
        middleware=[
            Middleware(Headers, https=settings.public_url.startswith("https:")),
            Middleware(
                GZipMiddleware,
                compresslevel=5,
                # The feed's own .gz is there for the asking; packing 60 MB a request is not.
                exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/xml"),
            ),
        ],
        exception_handlers={HTTPException: refused, RetryLater: away, 500: failed},
    )
    app.state.region, app.state.settings = region, settings
    return app


def home(request: Request) -> Response:
    """The figures, the three pillars, the newest offers, the departments."""
    region = request.app.state.region
    found = search(region, Query())
    return page(
        request,
        "home.html",
        figures=figures(region),
        newest=found.offers[:NEWEST],
        facets=found.facets,
        choices=_choices(found.facets),
        query=Query(),
        address=_address,
    )


def offers(request: Request) -> Response:
    """The list: search, filters, counts, pages."""
    query = addresses.read(request.query_params)
    found = search(request.app.state.region, query)
    following = found.next_after or found.next_page
    return page(
        request,
        "offers.html",
        query=query,
        found=found,
        choices=_choices(found.facets),
        wider=_wider(query, found) if not found.total else [],
        words=query.text.split() if " " in query.text else [],
        following=_address(query, after=found.next_after, page=found.next_page or 1) if following else None,
        canonical=addresses.write(query),
        address=_address,
    )


def offer(request: Request) -> Response:
    """One offer; 410 when it was withdrawn, 404 when it never was. Parameters such as the marker ``e`` are ignored."""
    found = one(request.app.state.region, request.path_params["key"])
    match found:
        case Listed():
            passed = found.offer.expires_at is not None and found.offer.expires_at < dt.datetime.now(dt.UTC)
            return page(request, "offer.html", listed=found, offer=found.offer, passed=passed)
        case Withdrawn():
            return page(request, "410.html", 410, withdrawn=found)
    return page(request, "404.html", 404)


def feed_list(request: Request) -> Response:
    """The open feeds."""
    return page(request, "feeds.html", feeds=feeds.listed(request.app.state.settings))


def text(request: Request) -> Response:
    """A page that needs nothing but its template."""
    return page(request, _TEXTS[request.url.path])


def healthz(request: Request) -> Response:
    """Whether the database answers, for machines."""
    try:
        request.app.state.region.ping()
    except RetryLater:
        return JSONResponse({"status": "unavailable", "database": "away"}, 503, {"Cache-Control": "no-store"})
    return JSONResponse({"status": "ok", "database": "answers"}, headers={"Cache-Control": "no-store"})


def robots(_: Request) -> Response:
    """Everything may be indexed; endless combinations of filters need not be walked."""
    return PlainTextResponse("User-agent: *\nDisallow: /offres?\nDisallow: /healthz\n")


def refused(request: Request, error: Exception) -> Response:
    """An HTTP error, as a page."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return page(request, _ANSWERS.get(status, "500.html"), status)


def away(request: Request, _: Exception) -> Response:
    """The database does not answer: say so, and when to come back."""
    answer = page(request, "503.html", 503)
    answer.headers["Retry-After"] = "30"
    return answer


def failed(request: Request, _: Exception) -> Response:
    """A mistake of ours. It is in the log; the page says nothing of it."""
    return page(request, "500.html", 500)


class _Static(StaticFiles):
    """Files whose address changes with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = "public, max-age=86400"
        return answer


def _address(query: Query, **changes: Any) -> str:
    """The address of a search that differs; it starts at its first page unless a page is named."""
    return addresses.write(msgspec.structs.replace(query, **({"after": None, "page": 1} | changes)))


def _choices(facets: Facets) -> dict[str, list[tuple[str, str, int]]]:
    """What the filters offer: (parameter value, our value, count) each."""
    return {
        "type": [(word, kind, facets.kind.get(kind, 0)) for word, kind in addresses.KINDS.items()],
        "contrat": [(word, code, facets.contract.get(code, 0)) for word, code in addresses.CONTRACTS.items()],
    }


def _wider(query: Query, found: Page) -> list[tuple[str, str, int]]:
    """Searches with one filter less, or none, that find something: (what is left out, address, count)."""
    facets = found.facets
    counted = (("kind", facets.kind), ("department", facets.department), ("contract", facets.contract))
    wider = [
        (name, _address(query, **{name: None}), sum(counts.values()))
        for name, counts in counted
        if getattr(query, name) and sum(counts.values())
    ]
    if found.matched and not wider:
        wider = [("all", _address(query, kind=None, department=None, contract=None), found.matched)]
    return wider
