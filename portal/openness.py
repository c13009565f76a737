"""What the public may check of the partnership: its work, its cost, and that nothing needs an account.

Belongs here: what the pages of transparency and parity and the tab on the Facebook Page are given. Does not: counting
(connectors/region/openness.py, carried.py), words and markup (templates/).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.region.carried import carried
from connectors.region.openness import work
from core.wording import CHANNELS
from portal.answers import SECURITY, page

CONTRACT_EUR: Final = 340_000  # before tax; Rue89Lyon, 3 July 2017, and L'Informaticien, after Lyon Capitale
RENEWALS: Final = 2
_FRAMES: Final = "frame-ancestors https://www.facebook.com https://apps.facebook.com"
_FRAMED: Final = SECURITY["Content-Security-Policy"].replace("frame-ancestors 'none'", _FRAMES)


def transparency(request: Request) -> Response:
    """What the hub takes in and puts out, when, what it keeps back, and what the partnership costs."""
    region = request.app.state.region
    channels = carried(region, CHANNELS)
    return page(
        request,
        "transparency.html",
        work=work(region),
        channels=channels,
        online=sum(each.total for each in channels if each.channel == next(iter(CHANNELS))),
        contract=CONTRACT_EUR,
        renewals=RENEWALS,
    )


def parity(request: Request) -> Response:
    """How many offers each channel carries, and how many of them are here, without an account."""
    return page(
        request,
        "parity.html",
        channels=carried(request.app.state.region, CHANNELS),
        at=dt.datetime.now(dt.UTC),
    )


def tab(request: Request) -> Response:
    """The three buttons of the Page's tab. Facebook asks for it by POST, with a signed request that nobody here reads."""
    answer = page(request, "tab.html")
    answer.headers["Content-Security-Policy"] = _FRAMED
    return answer


ROUTES: Final = (
    Route("/transparence", transparency),
    Route("/parite", parity),
    Route("/onglet", tab, methods=["GET", "POST"]),
)
