"""« Inscrire mon entreprise »: the form, with a session or without one, and the link that confirms it.

Belongs here: routes, and in which order a form becomes a place. Does not: reading fields (registration_form.py), a form's safety
(forms.py), statements (connectors/region/firms/registrations.py), the page of a place (place.py), letters (connectors/mail).

Nobody is known before they press the button behind the link that only their mailbox has. Opening that link changes nothing,
since mail scanners open links.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.firms import registrations
from connectors.region.firms.registrations import Asked
from connectors.region.offers import postings
from connectors.region.people import contacts, places
from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Session
from connectors.seals import CONFIRM_WITHIN, Seals
from core import sirets
from core.ip_addresses import caller
from portal import consents, registration_form
from portal.forms import answered, go, private, sealed, with_form
from portal.registration_form import LENGTHS, Filled
from portal.sessions import public, registrable
from schemas.errors import Misconfigured, Refused, RetryLater
from schemas.firm import DAYS, PARTS, SLOTS

TRAP: Final = "site_internet"  # nobody sees this field: what fills it in is no person
SENT: Final = "/inscription/envoyee"


def _open(request: Request) -> bool:
    return request.app.state.settings.smtp_url is not None


def _session(request: Request, now: dt.datetime) -> Session | None:
    """The session that the address names; None when it names none.

    Raises:
        HTTPException: 404 nobody registers for it.

    """
    if "ref" not in request.path_params:
        return None
    session = public(request)
    if session.kind != "seminar" or session.ends_at <= now:
        raise HTTPException(404)
    return session


# The form


def form(request: Request) -> Response:
    """The empty form."""
    now = clock.now()
    session = _session(request, now)
    if not _open(request):
        return private(request, "registration_closed.html", 503)
    if session is not None and not registrable(session, now):
        return private(request, "registration_over.html", 409, session=session)
    return _form(request, registration_form.shown({}), session, now)


def _form(
    request: Request, filled: Filled, session: Session | None, now: dt.datetime, *, stale: bool = False
) -> Response:
    status = 422 if filled.errors else 403 if stale else 200
    return with_form(
        request,
        "registration_form.html",
        status,
        now,
        values=filled.values,
        errors=filled.errors,
        wrong=list(filled.errors),
        session=session,
        stale=stale,
        unfolded=any(filled.values[f"dispo_{slot}"] for slot in SLOTS),
        **_CHOICES,
    )


_CHOICES: Final[dict[str, Any]] = {
    "days": DAYS,
    "parts_of_day": PARTS,
    "boxes": consents.shown(),
    "lengths": LENGTHS,
}


def send(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Look a name up, or take the registration: as the pressed button says."""
    session = _session(request, now)
    if not _open(request):
        return private(request, "registration_closed.html", 503)
    if given.get(TRAP):
        return go(SENT)
    given = _with_name(request, given)
    if not sealed(request, given, now):
        return _form(request, registration_form.shown(given), session, now, stale=True)
    if given.get("action") == "chercher":
        return _form(request, registration_form.shown(given), session, now)
    return _take(request, given, session, now)


def _with_name(request: Request, given: Mapping[str, str]) -> Mapping[str, str]:
    """The fields, the firm's name looked up in our offers, which are public, when it is empty or somebody asks for it."""
    siret = sirets.read(given.get("siret", ""))
    if siret is None or (given.get("nom", "").strip() and given.get("action") != "chercher"):
        return given
    known = postings.employer_name(request.app.state.region, siret)
    return {**given, "nom": known} if known else given


def _take(request: Request, given: Mapping[str, str], session: Session | None, now: dt.datetime) -> Response:
    origin = f"{request.app.state.settings.public_url}{request.url.path}, wording {consents.wording()}"
    filled = registration_form.read(given, session.ref if session else None, origin, now)
    if filled.registration is None:
        return _form(request, filled, session, now)
    address = caller(request.client.host if request.client else "")
    counted = Seals(request.app.state.settings).origin(address, now)
    try:
        registrations.ask(request.app.state.region, filled.registration, counted, now)
    except Refused:
        return private(request, "registration_over.html", 409, session=session)
    except RetryLater as error:
        if error.cause != "limit":
            raise
        answer = private(request, "registration_busy.html", 429)
        answer.headers["Retry-After"] = f"{error.after:.0f}"
        return answer
    return go(SENT)


def taken(request: Request) -> Response:
    """What happens next."""
    return private(request, "registration_sent.html")


# The link that confirms


def _asked(request: Request, now: dt.datetime) -> Asked | None:
    """The registration of a link that works, until its person was erased."""
    seals = Seals(request.app.state.settings)
    ref = seals.opened("registration", request.path_params["seal"], now, CONFIRM_WITHIN)
    asked = None if ref is None else registrations.named(request.app.state.region, ref)
    if asked is None or asked.contact_id is None:
        return asked
    person = contacts.get(request.app.state.region, asked.contact_id)
    return None if person is None or person.erased_at is not None else asked


def confirmation(request: Request) -> Response:
    """The button that confirms; once it was pressed, what came of it."""
    now = clock.now()
    asked = _asked(request, now)
    if asked is None:
        return _dead(request)
    return _confirmation(request, asked, now) if asked.draft else _done(request, asked, now)


def _confirmation(request: Request, asked: Asked, now: dt.datetime, status: int = 200) -> Response:
    assert asked.draft is not None
    region = request.app.state.region
    session = sessions.named(region, asked.session_id) if asked.session_id else None
    return with_form(
        request,
        "registration_confirm.html",
        status,
        now,
        draft=asked.draft,
        session=session,
        boxes={name: each for name, each in consents.shown().items() if each in asked.draft.consents},
    )


def _done(request: Request, asked: Asked, now: dt.datetime) -> Response:
    """To the place, when there is one."""
    region, seals = request.app.state.region, Seals(request.app.state.settings)
    assert asked.contact_id is not None
    if asked.session_id is not None:
        enrolment = places.held(region, asked.session_id, asked.contact_id)
        if enrolment is not None:
            return go(f"/inscription/suivi/{seals.seal('place', str(enrolment.id), now)}")
    preferences = seals.seal("preferences", str(asked.contact_id), now)
    too_late = asked.session_id is not None
    return private(request, "registration_done.html", too_late=too_late, preferences=preferences)


def confirm(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Confirm, and on to the place."""
    asked = _asked(request, now)
    if asked is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _confirmation(request, asked, now, 403) if asked.draft else _done(request, asked, now)
    try:
        registrations.confirm(request.app.state.region, request.app.state.rules, asked.ref, now)
    except Misconfigured:  # deleted while they read
        return _dead(request)
    return go(request.url.path)


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


_CONFIRM: Final = "/inscription/confirmer/{seal}"
_FORMS: Final = ("/inscription", "/seances/{ref}/inscription")
ROUTES: Final = (
    *(Route(path, form, methods=["GET"]) for path in _FORMS),
    *(Route(path, answered(send), methods=["POST"]) for path in _FORMS),
    Route(SENT, taken),
    Route(_CONFIRM, confirmation, methods=["GET"]),
    Route(_CONFIRM, answered(confirm), methods=["POST"]),
)
