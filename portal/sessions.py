"""Sessions of the programme for everybody: which are to come, one of them, and all of them for a calendar.

Belongs here: what these pages are given. Does not: statements (connectors/region/sessions/sessions.py), registering (registration.py), what
search engines read (jsonld_sessions.py).

A cohort's sessions are its members' business: they are on none of these pages. So is where a session is held online.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors import clock
from connectors.region.dialogues import dialogues
from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Kind, Session
from core.registrations import SESSION
from core.session_calendar import Meeting, meetings_calendar
from portal import jsonld, jsonld_sessions
from portal.answers import page
from portal.revalidation import kept
from schemas.reference_tables import departments

SHOWN: Final = 100  # sessions of a list
SUBSCRIBED: Final = 1_000  # sessions of the calendar, and of the sitemap
NEXT: Final = 4  # sessions on the home page
TOLD_FOR: Final = dt.timedelta(
    days=365
)  # after its end a session's page says that it is over; then it is gone
SECONDS: Final = 300  # that a calendar may be kept
KINDS: Final[dict[str, Kind]] = {"seminaire": "seminar", "dialogue": "dialogue"}
Stage = Literal["open", "cancelled", "on", "over"]


def following(request: Request) -> tuple[Session, ...]:
    """The next sessions, for the home page."""
    now = clock.now()
    return tuple(sessions.upcoming(request.app.state.region, now, dialogues=False, limit=NEXT))


def coming(request: Request) -> list[Session]:
    """All sessions to come, for machines; one that is cancelled is among them, for its page says so.

    Dialogues have pages and calendars of their own: nobody who takes both has one twice.
    """
    return sessions.upcoming(
        request.app.state.region, clock.now(), cancelled=True, dialogues=False, limit=SUBSCRIBED
    )


def listed(request: Request) -> Response:
    """The sessions to come, of one kind and in one department when the address says so. Dialogues have a list of their own."""
    word, department = (request.query_params.get(name, "") for name in ("type", "departement"))
    kind = KINDS.get(word)
    where = department if department in departments() else None
    if kind == "dialogue":
        return RedirectResponse(f"/dialogues?departement={where}" if where else "/dialogues", 301)
    found = sessions.upcoming(
        request.app.state.region,
        clock.now(),
        kinds=[kind] if kind else list(KINDS.values()),
        department=where,
        dialogues=False,
        limit=SHOWN + 1,
    )
    return page(
        request,
        "sessions.html",
        sessions=found[:SHOWN],
        more=len(found) > SHOWN,
        kind=kind,
        kinds=KINDS,
        department=where,
        canonical=address(kind, where),
    )


def address(kind: Kind | None, department: str | None) -> str:
    """The one address of a list."""
    word = next((word for word, meant in KINDS.items() if meant == kind), None)
    asked = urlencode({name: value for name, value in (("type", word), ("departement", department)) if value})
    return f"/seances?{asked}" if asked else "/seances"


def one(request: Request) -> Response:
    """One session; 404 when there is none for everybody, 410 a year after it was held. A dialogue has a page of its own."""
    now = clock.now()
    session = public(request)
    if elsewhere := _of_dialogue(request, session):
        return RedirectResponse(elsewhere, 301)
    if session.ends_at + TOLD_FOR <= now:
        return page(request, "session_gone.html", 410, session=session)
    settings = request.app.state.settings
    document = jsonld_sessions.described(
        session, f"{settings.public_url}/seances/{session.ref}", settings.public_url
    )
    return page(
        request,
        "session.html",
        session=session,
        stage=stage_of(session, now),
        registrable=registrable(session, now),
        block=jsonld.block(document),
    )


def public(request: Request) -> Session:
    """The session of the address.

    Raises:
        HTTPException: 404 there is none, or it is nobody's business yet, or only its cohort's.

    """
    ref = request.path_params["ref"]
    found = sessions.named(request.app.state.region, ref) if SESSION.fullmatch(ref) else None
    if found is None or found.state == "draft" or found.kind == "coaching":
        raise HTTPException(404)
    return found


def _of_dialogue(request: Request, session: Session) -> str | None:
    """The page of the dialogue that a session is of."""
    if session.kind != "dialogue":
        return None
    ref = dialogues.of_sessions(request.app.state.region, [session.ref]).get(session.ref)
    return ref and f"/dialogues/{ref}"


def stage_of(session: Session, now: dt.datetime) -> Stage:
    """Where a session is in its life."""
    if session.state == "cancelled":
        return "cancelled"
    if now < session.starts_at:
        return "open"
    return "on" if now < session.ends_at else "over"


def registrable(session: Session, now: dt.datetime) -> bool:
    """Whether a firm can register for it. Residents cannot yet register for a dialogue."""
    return session.kind == "seminar" and stage_of(session, now) == "open"


# Calendars


def one_event(request: Request) -> Response:
    """One session as a calendar of one event."""
    session = public(request)
    if elsewhere := _of_dialogue(request, session):
        return RedirectResponse(f"{elsewhere}.ics", 301)
    if session.ends_at + TOLD_FOR <= clock.now():
        return page(request, "session_gone.html", 410, session=session)
    headers = {"Content-Disposition": f'attachment; filename="{session.ref}.ics"'}
    return _calendar(request, [session], headers=headers)


def every_event(request: Request) -> Response:
    """All sessions to come, as a calendar to subscribe to; one that is cancelled says so."""
    return _calendar(request, coming(request), name="Boostez votre Région")


def _calendar(
    request: Request, found: Sequence[Session], *, name: str = "", headers: dict[str, str] | None = None
) -> Response:
    public_url = request.app.state.settings.public_url
    content = meetings_calendar([meeting(session, public_url) for session in found], name=name)
    told = {"X-Robots-Tag": "noindex"} | (headers or {})
    return kept(request, content, "text/calendar", seconds=SECONDS, headers=told)


def meeting(session: Session, public_url: str, *, link: str = "") -> Meeting:
    """A session for a calendar; ``link`` is where it is held online, for those who take part."""
    where = [session.place, session.address, link or ("En ligne" if session.link else None)]
    return Meeting(
        uid=f"{session.ref}@{urlsplit(public_url).hostname}",
        sequence=session.version - 1,
        stamp=session.changed_at,
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=session.zone,
        where=", ".join(part for part in where if part),
        description=session.summary,
        url=f"{public_url}/seances/{session.ref}",
        cancelled=session.state == "cancelled",
    )


ROUTES: Final = (
    Route("/seances", listed),
    Route("/seances.ics", every_event),
    Route("/seances/{ref}.ics", one_event),
    Route("/seances/{ref}", one),
)
