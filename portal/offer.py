"""One offer: its page, and its sessions for a calendar.

Belongs here: what the page of an offer is given. Does not: the list (pages.py), what search engines read (jsonld.py), events
(calendars.py).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.board.search import Listed, Withdrawn, one
from connectors.region.board.similar import similar
from connectors.region.publishing.carried import carriers
from connectors.settings import Settings
from core.wording import CHANNELS, PARTNERS
from portal import jsonld
from portal.answers import page
from portal.calendars import session_event
from portal.openness import PORTAL


def offer(request: Request) -> Response:
    """One offer; 410 when it was withdrawn, 404 when it never was. Parameters such as the marker ``e`` are ignored."""
    region, settings = request.app.state.region, request.app.state.settings
    found = one(region, request.path_params["key"])
    match found:
        case Listed():
            now = clock.now()
            carrying = carriers(region, found.key, CHANNELS | PARTNERS)
            document = jsonld.described(found.offer, found.key, _address(settings, found.key), now)
            return page(
                request,
                "offer.html",
                listed=found,
                offer=found.offer,
                passed=found.offer.expires_at is not None and found.offer.expires_at < now,
                alike=similar(region, found),
                elsewhere=[name for name in carrying if name in CHANNELS and name != PORTAL],
                handed_on=not PARTNERS.keys().isdisjoint(carrying),
                report=_report(settings, found),
                block=jsonld.block(document) if document else None,
            )
        case Withdrawn():
            return page(request, "410.html", 410, withdrawn=found)
    return page(request, "404.html", 404)


def session(request: Request) -> Response:
    """One session of a training, counted from 1, as a calendar's event; 410 and 404 as the offer's page."""
    key, number = request.path_params["key"], request.path_params["number"]
    found = one(request.app.state.region, key)
    if isinstance(found, Withdrawn):
        return page(request, "410.html", 410, withdrawn=found)
    training = found.offer.training if found else None
    if found is None or training is None or not (number.isascii() and number.isdigit() and len(number) < 4):
        raise HTTPException(404)
    if not 1 <= int(number) <= len(training.sessions):
        raise HTTPException(404)
    address = _address(request.app.state.settings, found.key)
    event = session_event(
        found.offer, training.sessions[int(number) - 1], found.key, address, found.changed_at
    )
    headers = {
        "Content-Disposition": f'attachment; filename="session-{found.key}-{int(number)}.ics"',
        "Cache-Control": "public, max-age=300",
        "X-Robots-Tag": "noindex",
    }
    return Response(event, headers=headers, media_type="text/calendar")


def _address(settings: Settings, key: str) -> str:
    return f"{settings.public_url}/offres/{key}"


def _report(settings: Settings, listed: Listed) -> str | None:
    """A letter about the offer that is begun, with its reference in it; None when nobody reads such letters."""
    if settings.contact_email is None:
        return None
    subject = f"Problème sur l’offre {listed.key}"
    body = f"Offre : {_address(settings, listed.key)}\nRéférence : {listed.offer.ref}\n\nLe problème :\n"
    return (
        f"mailto:{quote(settings.contact_email, safe='@')}?subject={quote(subject, safe='')}"
        f"&body={quote(body.replace(chr(10), chr(13) + chr(10)), safe='')}"
    )


ROUTES: Final = (
    Route("/offres/{key}", offer),
    Route("/offres/{key}/sessions/{number}.ics", session),
)
