"""Residents' pages: home, the list, one offer, the texts.

Belongs here: what each page is given. Does not: statements (connectors/region/search.py), words and markup (templates/),
headers (answers.py), putting the portal together (app.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.region.search import Facets, Listed, Page, Query, Withdrawn, figures, one, search
from portal import addresses, feeds
from portal.answers import page

NEWEST: Final = 4  # offers on the home page
_TEXTS: Final = {
    "/accessibilite": "accessibility.html",
    "/mentions-legales": "legal.html",
}


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


ROUTES: Final = (
    Route("/", home),
    Route("/offres", offers),
    Route("/offres/{key}", offer),
    Route("/flux", feed_list),
    Route("/feeds", feed_list),
    *(Route(path, text) for path in _TEXTS),
)
