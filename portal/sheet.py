"""The coach's sheet: who has a place in a session, and who came.

Belongs here: routes. Does not: what a sheet does (connectors/region/sessions/enrolments.py), who the people are (attendees.py), what a
room's code does (attendance.py).

It can be printed before, filled in once the session has begun, and put right later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.cohorts import coaches
from connectors.region.cohorts.coaches import Coach
from connectors.region.firms import answers
from connectors.region.sessions import attendees, enrolments, sessions
from connectors.region.sessions.attendees import Attendee
from connectors.region.sessions.sessions import Session
from connectors.seals import Seals
from core import qr
from portal.consents import TICKED
from portal.forms import answered, go, private, sealed, with_form
from schemas.errors import Refused

WITHIN: Final = dt.timedelta(days=90)  # after its end a session's sheet is there for so long
PEOPLE: Final = 2_000  # boxes that a sheet may send
KEPT: Final = "garde"  # the parameter that says that the sheet was kept
_PLACED: Final = frozenset({"registered", "present", "absent"})


class _Open(msgspec.Struct, frozen=True):
    """A sheet that a link leads to."""

    session: Session
    coach: Coach


def _opened(request: Request, now: dt.datetime) -> _Open | None:
    """The sheet of a link that works: its coach holds the session, which was not long ago."""
    word = Seals(request.app.state.settings).opened("sheet", request.path_params["seal"], now, None)
    if word is None:
        return None
    ref, _, number = word.partition(".")
    region = request.app.state.region
    session, coach = sessions.named(region, ref), coaches.get(region, int(number))
    if session is None or coach is None or coach.ended_at is not None or session.coach_id != coach.id:
        return None
    return _Open(session, coach) if now <= session.ends_at + WITHIN else None


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


def show(request: Request) -> Response:
    """The people, and who of them came as far as is known."""
    now = clock.now()
    sheet = _opened(request, now)
    return _dead(request) if sheet is None else _page(request, sheet, now)


def _page(
    request: Request, sheet: _Open, now: dt.datetime, status: int = 200, ticked: frozenset[int] = frozenset()
) -> Response:
    """``ticked`` are boxes that came with a form that was not taken."""
    region, session = request.app.state.region, sheet.session
    people = attendees.of(region, session.ref)
    room = Seals(request.app.state.settings).link("room", session.ref, now)
    return with_form(
        request,
        "sheet.html",
        status,
        now,
        session=session,
        coach=sheet.coach,
        people=[each for each in people if each.state in _PLACED],
        ticked=ticked or {each.enrolment for each in people if each.state == "present"},
        known=any(each.state in {"present", "absent"} for each in people),
        waiting=sum(each.state == "waiting" for each in people),
        begun=session.starts_at <= now,
        seen=now.isoformat(),
        kept=KEPT in request.query_params,
        heard=answers.heard(region, session.id),
        room=room,
        code=Markup(qr.svg(room, "Code de la salle")),  # noqa: S704 - squares, and our own words
    )


def save(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Those who are ticked came, the others did not."""
    sheet = _opened(request, now)
    if sheet is None:
        return _dead(request)
    region, ref = request.app.state.region, sheet.session.ref
    people = attendees.of(region, ref)
    ticked = frozenset(each.enrolment for each in people if given.get(f"present_{each.enrolment}") == TICKED)
    if not sealed(request, given, now):
        return _page(request, sheet, now, 403, ticked)
    try:
        enrolments.sheet(region, ref, ticked | _meanwhile(people, given), sheet.coach.name, now)
    except Refused:
        return _page(request, sheet, now, 409, ticked)
    return go(f"{request.url.path}?{KEPT}")


def _meanwhile(people: Sequence[Attendee], given: Mapping[str, str]) -> frozenset[int]:
    """Who said that they are there after the page was shown: the coach has not seen it, and takes it from nobody."""
    try:
        seen = dt.datetime.fromisoformat(given.get("vu", ""))
        return frozenset(each.enrolment for each in people if each.state == "present" and each.since > seen)
    except (ValueError, TypeError):  # no instant, or one without a zone: not of our page
        return frozenset()


_SHEET: Final = "/emargement/{seal}"
ROUTES: Final = (
    Route(_SHEET, show, methods=["GET"]),
    Route(_SHEET, answered(save, most=PEOPLE), methods=["POST"]),
)
