"""One's place in a session, behind the link that one's letters carry: where it stands, giving it back, putting it in a calendar.

Belongs here: routes, and what a link lets its holder do. Does not: statements (connectors/region/sessions/enrolments.py, places.py), what
one wants to be written about (preferences.py), being there (attendance.py).

Opening a link changes nothing: only its button does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.people import places
from connectors.region.people.places import Place
from connectors.region.sessions import enrolments
from connectors.seals import Seals
from core.invitations import sequence_of, uid_of
from core.session_calendar import meetings_calendar
from portal.answers import SECURITY
from portal.forms import PRIVATE, answered, go, private, sealed, with_form
from portal.sessions import TOLD_FOR, meeting, registrable, stage_of
from schemas.errors import Refused


def _held(request: Request, now: dt.datetime) -> Place | None:
    """The place of a link that works: until a year after the session, or until its person was erased."""
    word = Seals(request.app.state.settings).opened("place", request.path_params["seal"], now, None)
    place = None if word is None else places.of(request.app.state.region, int(word))
    return place if place and place.session.ends_at + TOLD_FOR > now else None


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


def show(request: Request) -> Response:
    """Where the place stands, and what its holder may do."""
    now = clock.now()
    place = _held(request, now)
    return _dead(request) if place is None else _page(request, place, now)


def _page(request: Request, place: Place, now: dt.datetime, status: int = 200) -> Response:
    seals = Seals(request.app.state.settings)
    return private(
        request,
        "place.html",
        status,
        session=place.session,
        state=place.enrolment.state,
        ahead=place.ahead,
        stage=stage_of(place.session, now),
        registrable=registrable(place.session, now),
        holder=request.path_params["seal"],
        attestation=seals.seal("attestation", str(place.enrolment.id), now),
        preferences=seals.seal("preferences", str(place.enrolment.contact_id), now),
    )


def event(request: Request) -> Response:
    """The session for one's calendar, with where it is held online: the same event as the one that letters bring."""
    now = clock.now()
    place = _held(request, now)
    if place is None:
        return _dead(request)
    settings, session, enrolment = request.app.state.settings, place.session, place.enrolment
    host = settings.sender.rpartition("@")[2]
    link = session.link if enrolment.state in {"registered", "present"} else None
    mine = msgspec.structs.replace(
        meeting(session, settings.public_url, link=link or ""),
        uid=uid_of(session.ref, enrolment.contact_id, host),
        sequence=sequence_of(session.version, enrolment.turn, left=enrolment.state == "left"),
    )
    headers = {"Content-Disposition": f'attachment; filename="{session.ref}.ics"'}
    return Response(
        meetings_calendar([mine]), headers=SECURITY | PRIVATE | headers, media_type="text/calendar"
    )


def _leaving(request: Request, now: dt.datetime) -> Place | None:
    """A place that can be given back."""
    place = _held(request, now)
    if place is None or place.enrolment.state not in {"registered", "waiting"}:
        return None
    return place if stage_of(place.session, now) == "open" else None


def leaving(request: Request) -> Response:
    """The button that gives the place back."""
    now = clock.now()
    place = _leaving(request, now)
    return show(request) if place is None else _leave_page(request, place, now)


def _leave_page(request: Request, place: Place, now: dt.datetime, status: int = 200) -> Response:
    return with_form(
        request,
        "place_leave.html",
        status,
        now,
        session=place.session,
        state=place.enrolment.state,
        holder=request.path_params["seal"],
    )


def leave(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Give the place back: who waits longest has it."""
    place = _leaving(request, now)
    if place is None:
        return show(request)
    if not sealed(request, given, now):
        return _leave_page(request, place, now, 403)
    try:
        enrolments.leave(request.app.state.region, request.app.state.rules, place.enrolment.id, now)
    except Refused:  # it began while they read
        return _page(request, place, now, 409)
    return go(f"/inscription/suivi/{request.path_params['seal']}")


_PLACE: Final = "/inscription/suivi/{seal}"
ROUTES: Final = (
    Route(_PLACE, show),
    Route(f"{_PLACE}/agenda.ics", event),
    Route(f"{_PLACE}/rendre", leaving, methods=["GET"]),
    Route(f"{_PLACE}/rendre", answered(leave), methods=["POST"]),
)
