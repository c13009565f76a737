"""Signing in and out: to the Region's identity provider, back from it, and the officers' home page.

Belongs here: these routes and their cookies. Does not: the provider (connectors/oidc), sessions (connectors/region/access/officer_sessions.py),
or what a page asks for (access.py).

A session's cookie is new each time, so one that somebody planted before opens nothing. Few wait for the provider at once, in threads of
their own: however long it is silent and whoever asks, residents have theirs.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from connectors import clock
from connectors.oidc.attempt import Attempt, begun
from connectors.oidc.provider import Provider
from connectors.region.access import acts, officer_sessions
from connectors.region.access.acts import Where
from connectors.region.alerting import alerts
from connectors.region.offers import postings
from connectors.region.questions import questions
from connectors.seals import Seals
from core.access import claimed
from core.html import printable
from portal import cookies
from portal.access import COOKIE, HOME, SIGN_IN, Officer, address_of, form_for, no, officer_of, page_for
from portal.answers import SECURITY
from portal.forms import PRIVATE, go, private, sealed, with_form
from schemas.errors import Permanent, Rejected, RetryLater, Unknown

BACK: Final = f"{HOME}/retour"
OUT: Final = f"{HOME}/deconnexion"
NAME: Final = 80  # characters of somebody's name
AT_ONCE: Final = 8  # who wait for the provider
WAITING: Final = 32  # who wait for their turn to
_TURNS: Final = CapacityLimiter(AT_ONCE)
_ATTEMPT: Final = "connexion"
_PATH: Final = re.compile(r"/(?:agents|alertes)(?:/[A-Za-z0-9._~-]+)*(?:\?[A-Za-z0-9=&_.%-]*)?", re.ASCII)
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_log: Final = logging.getLogger(__name__)


def leads_to(asked: str) -> str:
    """Where somebody goes on once they are signed in: a page of officers, whatever the address says."""
    return asked if len(asked) <= 500 and _PATH.fullmatch(asked) else HOME


def _in_turn(page: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """A page that may wait for the provider, when its turn has come."""

    async def answer(request: Request) -> Response:
        if _TURNS.statistics().tasks_waiting >= WAITING:
            return _away(request, "too many wait for the provider")
        return await to_thread.run_sync(page, request, limiter=_TURNS)

    return answer


def leave(request: Request) -> Response:
    """To the provider. Whoever is signed in already just goes on."""
    now, state = clock.now(), request.app.state
    onward = leads_to(request.query_params.get("suite", ""))
    if officer_of(request, now) is not None:
        return go(onward)
    if state.provider is None:
        return no(request, "closed", 503)
    attempt = begun()
    try:
        address = state.provider.authorization(attempt, _back(request), state.access.scopes)
    except (RetryLater, Permanent) as error:
        return _away(request, error)
    officer_sessions.leave(state.region, attempt.state, onward, now)
    request.scope["leads_outside"] = True
    answer = RedirectResponse(address, 303, headers=SECURITY | PRIVATE)
    cookies.keep(request, answer, _ATTEMPT, attempt.secret, officer_sessions.ON_THE_WAY)
    return answer


def come_back(request: Request) -> Response:
    """From the provider, once: with a code that proves who somebody is, or with its refusal."""
    now, state = clock.now(), request.app.state
    if state.provider is None:
        return no(request, "closed", 503)
    attempt = Attempt(cookies.kept(request, _ATTEMPT))
    onward = None
    if _SECRET.fullmatch(attempt.secret) and request.query_params.get("state") == attempt.state:
        onward = officer_sessions.come_back(state.region, attempt.state, now)
    if onward is None:
        return no(request, "stale", 403)
    try:
        answer = _signed_in(request, state.provider, attempt, onward, now)
    except Rejected as error:
        # Not in the log of acts: it is nobody's to fill who has not signed in.
        _log.warning("somebody was not signed in: %s", error)
        answer = no(request, "refused", 403)
    except (RetryLater, Unknown, Permanent) as error:
        answer = _away(request, error)
    cookies.keep(request, answer, _ATTEMPT, "", dt.timedelta())
    return answer


def _signed_in(
    request: Request, provider: Provider, attempt: Attempt, onward: str, now: dt.datetime
) -> Response:
    told = request.query_params
    if "code" not in told:
        raise Rejected(f"the provider says {told.get('error', 'nothing')[:60]!r}")
    claims = provider.claims(told["code"], told.get("iss"), attempt, _back(request), now)
    state, account, address = request.app.state, claims["sub"], address_of(request)
    grants = claimed(claims, state.access.claim) & state.access.values
    with acts.acting(Where("portal", address, account)):
        token = officer_sessions.begin(state.region, account, name_of(claims), grants, address, now)
    answer = go(onward)
    cookies.keep(request, answer, COOKIE, token, state.access.longest)
    return answer


def name_of(claims: Mapping[str, Any]) -> str:
    """What decisions are kept under: the name that the provider knows, or what it has of one."""
    for claim in ("name", "preferred_username", "email", "sub"):
        told = claims.get(claim)
        name = " ".join(printable(told).split())[:NAME] if isinstance(told, str) else ""
        if name:
            return name
    return "?"


def _away(request: Request, error: object) -> Response:
    _log.error("an officer cannot sign in now: %s", error)
    answer = no(request, "away", 503)
    answer.headers["Retry-After"] = "30"
    return answer


def home(request: Request, officer: Officer) -> Response:
    """What waits for an officer, by role."""
    state, now = request.app.state, clock.now()
    standing = alerts.unresolved(state.region) if "operations" in officer.roles else []
    seals = Seals(state.settings)
    return with_form(
        request,
        "access_home.html",
        200,
        now,
        officer=officer,
        ask=state.access.ask,
        postings=len(postings.listed(state.region)) if "postings" in officer.roles else 0,
        questions=questions.counts(state.region).waiting if "questions" in officer.roles else 0,
        alerts=[(each, seals.link("alert", str(each.id), now)) for each in standing],
    )


def sign_out(request: Request, officer: Officer, given: Mapping[str, str], now: dt.datetime) -> Response:
    """End the session here; the page says how to end the provider's, too."""
    state = request.app.state
    if not sealed(request, given, now):
        return home(request, officer)
    officer_sessions.sign_out(state.region, officer.session, now)
    there = None
    try:
        there = state.provider and state.provider.end_session(f"{state.settings.public_url}{HOME}")
    except (RetryLater, Permanent) as error:
        _log.warning("the provider's session cannot be ended from here: %s", error)
    answer = private(request, "access_out.html", 200, there=there, sign_in=SIGN_IN)
    cookies.keep(request, answer, COOKIE, "", dt.timedelta())
    return answer


def _back(request: Request) -> str:
    return f"{request.app.state.settings.public_url}{BACK}"


ROUTES: Final = (
    Route(HOME, page_for(None, home)),
    Route(SIGN_IN, _in_turn(leave)),
    Route(BACK, _in_turn(come_back)),
    Route(OUT, form_for(None, sign_out), methods=["POST"]),
)
