"""Officers' pages: who asks, whether they may, and what they are told when they may not.

Belongs here: the session's cookie, the guard before every page and form of officers, its refusals. Does not: signing in (signing_in.py),
what each page does (officer.py, question_queue.py, acknowledging.py, journal.py), or what grants a role (core/access.py).

A page that nobody guards is open to nobody: officers' routes are made by ``page_for`` and ``form_for`` alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connectors import clock
from connectors.region.access import acts, officer_sessions
from connectors.region.access.acts import Where
from connectors.region.access.officer_sessions import Session
from core.access import Role, granted
from portal import cookies
from portal.forms import answered, go, private

HOME: Final = "/agents"
SIGN_IN: Final = f"{HOME}/connexion"
COOKIE: Final = "agent"  # what opens the session
LONGEST: Final = 100  # characters of what opens a session; ours has 43


class Officer(msgspec.Struct, frozen=True):
    """Somebody who is signed in, and what they may do."""

    session: Session
    roles: frozenset[Role]

    @property
    def name(self) -> str:
        """What decisions are kept under."""
        return self.session.name


Showing = Callable[[Request, Officer], Response]
Deciding = Callable[[Request, Officer, Mapping[str, str], dt.datetime], Response]


def address_of(request: Request) -> str | None:
    """From where somebody asks; our own proxies are looked through (server.py)."""
    return request.client.host if request.client else None


def officer_of(request: Request, now: dt.datetime) -> Officer | None:
    """Who asks; None when they are not signed in."""
    state = request.app.state
    token = cookies.kept(request, COOKIE)
    if not token or len(token) > LONGEST:
        return None
    session = officer_sessions.opened(state.region, token, state.access, now)
    return None if session is None else Officer(session, granted(state.access, session.claimed))


def page_for(role: Role | None, page: Showing) -> Callable[[Request], Response]:
    """A page for those who have the role, or for whoever is signed in. Others are asked who they are, or told which role they lack."""

    def answer(request: Request) -> Response:
        now = clock.now()
        officer = officer_of(request, now)
        if officer is None:
            return asked_who(request)
        with acts.acting(_where(request, officer)):
            return page(request, officer) if _may(officer, role) else lacking(request, officer, role, now)

    return answer


def form_for(role: Role | None, handler: Deciding) -> Callable[[Request], Any]:
    """A form of such a page. Whoever is not signed in any more is told so, and what they wrote is in their browser."""

    def decide(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
        officer = officer_of(request, now)
        if officer is None:
            return no(request, "over", 401, _sign_in(request.url.path))
        with acts.acting(_where(request, officer)):
            if not _may(officer, role):
                return lacking(request, officer, role, now)
            return handler(request, officer, given, now)

    return answered(decide)


def asked_who(request: Request) -> Response:
    """To the provider, and back to this page; where there is no provider, the pages are closed."""
    if request.app.state.provider is None:
        return no(request, "closed", 503)
    query = f"?{request.url.query}" if request.url.query else ""
    return go(_sign_in(request.url.path + query))


def no(request: Request, why: str, status: int, sign_in: str = SIGN_IN) -> Response:
    """Why nobody is let in: closed, over, away, stale or refused; and where to sign in."""
    return private(request, "access_no.html", status, why=why, sign_in=sign_in)


def lacking(request: Request, officer: Officer, role: Role | None, now: dt.datetime) -> Response:
    """A refusal that says which role is missing and whom to ask. It is an act, and noted."""
    with request.app.state.region.begin() as connection:
        acts.note(
            connection,
            "opened",
            "page",
            [request.scope["route"].path],
            officer.name,
            now,
            outcome="refused",
            why=f"lacks {role}",
        )
    return private(
        request, "access_refused.html", 403, officer=officer, role=role, ask=request.app.state.access.ask
    )


def _may(officer: Officer, role: Role | None) -> bool:
    return role is None or role in officer.roles


def _where(request: Request, officer: Officer) -> Where:
    return Where("portal", address_of(request), officer.session.account, officer.name)


def _sign_in(path: str) -> str:
    return f"{SIGN_IN}?suite={quote(path, safe='/')}"
