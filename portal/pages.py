"""Residents' pages: home, the list, the feeds.

Belongs here: what each page is given. Does not: statements (connectors/region/board/search.py), words and markup (templates/),
headers (answers.py), putting the portal together (app.py).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.region.board.search import Query, search, state
from portal import addresses, dialogues, feeds, filters
from portal.answers import page
from portal.remembering import remembered
from portal.sessions import following

NEWEST: Final = 4  # offers on the home page
_FORM: Final = {
    "radiuses": addresses.RADIUSES,
    "radius": addresses.RADIUS,
}  # what the search form offers besides filters


def _next(request: Request) -> tuple[Any, ...]:
    """What the home page shows of what is to come: dialogues and sessions."""
    coming = dialogues.following(request)
    return tuple(each for each in coming if each.stage != "cancelled")[: dialogues.NEXT], following(request)


def home(request: Request) -> Response:
    """The figures, the three pillars, the next dialogues and sessions, the newest offers, the departments."""
    region = request.app.state.region
    found = search(region, Query())
    meetings, sessions = _next(request)
    return page(
        request,
        "home.html",
        facets=found.facets,
        changed_at=state(region).changed_at,
        newest=found.offers[:NEWEST],
        next=sessions,
        meetings=meetings,
        themes=dialogues.rules_of(request).themes,
        filters=filters.offered(found.query, found.facets),
        query=found.query,
        address=_address,
        **_FORM,
    )


def offers(request: Request) -> Response:
    """The list: search, filters, counts, pages."""
    asked = addresses.read(request.query_params)
    found = search(request.app.state.region, asked)
    query = found.query
    onward = found.next_after or found.next_page
    place = request.query_params.get("pres", "").strip()[: addresses.PLACE]
    return page(
        request,
        "offers.html",
        query=query,
        found=found,
        filters=filters.offered(query, found.facets),
        active=filters.active(query),
        wider=filters.wider(found) if not found.total else [],
        words=query.text.split() if " " in query.text else [],
        typed=asked.text,
        nowhere=place if place and not query.near else "",
        following=_address(query, after=found.next_after, page=found.next_page or 1) if onward else None,
        canonical=addresses.write(query),
        feed=addresses.write(msgspec.structs.replace(query, after=None, page=1)).removeprefix("/offres"),
        address=_address,
        **_FORM,
    )


def feed_list(request: Request) -> Response:
    """The open feeds."""
    return page(request, "feeds.html", feeds=feeds.listed(request.app.state.settings))


def _address(query: Query, **changes: Any) -> str:
    """The address of a search that differs; it starts at its first page unless a page is named."""
    return addresses.write(msgspec.structs.replace(query, **({"after": None, "page": 1} | changes)))


ROUTES: Final = (
    Route("/", remembered(home, _next)),
    Route("/offres", remembered(offers)),
    Route("/flux", feed_list),
    Route("/feeds", feed_list),
)
