"""Saying that one is there: by one's own link, or by the code that the room shows.

Belongs here: routes. Does not: when that is possible and what it does (connectors/region/sessions/enrolments.py), the coach's sheet
(sheet.py).

The room's code is for all of the room: whoever knows somebody's e-mail address could ask whether they are registered. So it
answers the same to every address.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.people import places
from connectors.region.people.places import Place
from connectors.region.sessions import enrolments, sessions
from connectors.region.sessions.sessions import Session
from connectors.seals import Seals
from core import addresses
from portal.forms import answered, go, private, sealed, with_form
from schemas.errors import Refused

BY_LINK: Final = "link"
SAID: Final = "merci"  # the parameter that says that an address was taken


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


# One's own link


def _held(request: Request, now: dt.datetime) -> Place | None:
    word = Seals(request.app.state.settings).opened("attend", request.path_params["seal"], now, None)
    return None if word is None else places.of(request.app.state.region, int(word))


def mine(request: Request) -> Response:
    """The button that says that one is there; or why there is none."""
    now = clock.now()
    place = _held(request, now)
    return _dead(request) if place is None else _mine(request, place, now)


def _mine(request: Request, place: Place, now: dt.datetime, status: int = 200) -> Response:
    return with_form(
        request,
        "attendance.html",
        status,
        now,
        session=place.session,
        state=place.enrolment.state,
        attendable=enrolments.attendable(place.session, now),
        early=now < place.session.starts_at,
    )


def attend(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """They are there."""
    place = _held(request, now)
    if place is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _mine(request, place, now, 403)
    try:
        enrolments.attend(request.app.state.region, place.enrolment.id, BY_LINK, now)
    except Refused:
        return _mine(request, place, now, 409)
    return go(request.url.path)


# The room's code


def _room(request: Request, now: dt.datetime) -> Session | None:
    ref = Seals(request.app.state.settings).opened("room", request.path_params["seal"], now, None)
    return None if ref is None else sessions.named(request.app.state.region, ref)


def room(request: Request) -> Response:
    """The form that asks for the address with which one registered."""
    now = clock.now()
    session = _room(request, now)
    if session is None:
        return _dead(request)
    if SAID in request.query_params:
        return private(request, "attendance_said.html", session=session)
    return _asking(request, session, now)


def _asking(
    request: Request, session: Session, now: dt.datetime, status: int = 200, typed: str = ""
) -> Response:
    errors = {"courriel": "email"} if status == 422 else {}
    return with_form(
        request,
        "attendance_room.html",
        status,
        now,
        session=session,
        attendable=enrolments.attendable(session, now),
        early=now < session.starts_at,
        values={"courriel": typed},
        errors=errors,
        lengths={"courriel": addresses.LONGEST_EMAIL},
    )


def said(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Note that who registered with this address is there, and answer the same whether there is somebody."""
    session = _room(request, now)
    if session is None:
        return _dead(request)
    typed = given.get("courriel", "")
    if not sealed(request, given, now):
        return _asking(request, session, now, 403, typed)
    if not enrolments.attendable(session, now):
        return _asking(request, session, now, 409)
    email = addresses.email(typed)
    if email is None:
        return _asking(request, session, now, 422, typed)
    region = request.app.state.region
    for number in places.with_email(region, session.ref, email):
        with suppress(Refused):  # who waits for a place has none
            enrolments.attend(region, number, BY_LINK, now)
    return go(f"{request.url.path}?{SAID}")


_ROOM: Final = "/presence/salle/{seal}"
_MINE: Final = "/presence/{seal}"
ROUTES: Final = (
    Route(_ROOM, room, methods=["GET"]),
    Route(_ROOM, answered(said), methods=["POST"]),
    Route(_MINE, mine, methods=["GET"]),
    Route(_MINE, answered(attend), methods=["POST"]),
)
