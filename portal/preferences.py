"""What a person is written to about, behind their own link: choosing it, stopping it with one click, having oneself forgotten.

Belongs here: routes, and what each link lets its holder do. Does not: statements (connectors/region/people/contacts.py), the boxes
(consents.py).

A mail program that unsubscribes somebody sends a POST of its own, without a page, a cookie or a seal of ours (RFC 8058): the
link alone counts there. Everywhere else only a button of ours does, and opening a link changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.people import contacts, persons, places
from connectors.region.people.contacts import Contact
from connectors.seals import Opener, Seals
from portal import consents
from portal.forms import LARGEST, answered, body, go, private, sealed, with_form
from schemas.firm import Consent

KEPT: Final = "garde"  # the parameter that says that a choice was kept
ERASED: Final = "/preferences/effacees"


def _opened(request: Request, purpose: Opener, now: dt.datetime) -> str | None:
    return Seals(request.app.state.settings).opened(purpose, request.path_params["seal"], now, None)


def _known(request: Request, number: str | None) -> Contact | None:
    """The person of that number, until they were erased."""
    person = None if number is None else contacts.get(request.app.state.region, int(number))
    return person if person and person.erased_at is None else None


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


# Choosing


def show(request: Request) -> Response:
    """What holds now, as boxes."""
    now = clock.now()
    person = _known(request, _opened(request, "preferences", now))
    return _dead(request) if person is None else _page(request, person, now)


def _page(request: Request, person: Contact, now: dt.datetime, status: int = 200) -> Response:
    boxes = consents.shown(person.agreed)
    return with_form(
        request,
        "preferences.html",
        status,
        now,
        person=person,
        boxes=boxes,
        values={name: consents.TICKED for name, each in boxes.items() if each in person.agreed},
        coming=_coming(request, person, now),
        holder=request.path_params["seal"],
        kept=KEPT in request.query_params,
    )


def _coming(request: Request, person: Contact, now: dt.datetime) -> list[tuple[places.Place, str]]:
    """Each place to come, and the seal of its page."""
    seals = Seals(request.app.state.settings)
    return [
        (place, seals.seal("place", str(place.enrolment.id), now))
        for place in places.coming(request.app.state.region, person.id, now)
    ]


def choose(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Exactly what is ticked holds from now on."""
    person = _known(request, _opened(request, "preferences", now))
    if person is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _page(request, person, now, 403)
    wanted = consents.ticked(given, consents.shown(person.agreed).values())
    form = f"{request.app.state.settings.public_url}/preferences, wording {consents.wording()}"
    contacts.prefer(request.app.state.region, person.id, wanted, form, now)
    return go(f"/preferences/{request.path_params['seal']}?{KEPT}")


# Being forgotten


def erasing(request: Request) -> Response:
    """The button that erases, and what it does."""
    now = clock.now()
    person = _known(request, _opened(request, "preferences", now))
    return _dead(request) if person is None else _erasing(request, person, now)


def _erasing(request: Request, person: Contact, now: dt.datetime, status: int = 200) -> Response:
    region = request.app.state.region
    with region.begin() as connection:
        records = persons.records(connection, person.id)
    return with_form(
        request,
        "preferences_erase.html",
        status,
        now,
        coming=[place for record in records for place in places.coming(region, record, now)],
        firms=len(records),
        holder=request.path_params["seal"],
    )


def erase(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Give back the places to come, then forget the person: from then on none of their links works."""
    person = _known(request, _opened(request, "preferences", now))
    if person is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _erasing(request, person, now, 403)
    persons.erase(request.app.state.region, request.app.state.rules, person.id, now)
    return go(ERASED)


def erased(request: Request) -> Response:
    """It is done."""
    return private(request, "preferences_erased.html")


# Unsubscribing


def _told(request: Request, now: dt.datetime) -> tuple[Contact, Consent] | None:
    """Who a link of a letter unsubscribes, and from what."""
    word = _opened(request, "unsubscribe", now)
    if word is None:
        return None
    number, purpose, transport = word.split(".")
    person = _known(request, number)
    consent = msgspec.convert({"purpose": purpose, "transport": transport}, Consent)
    return None if person is None else (person, consent)


def unsubscribing(request: Request) -> Response:
    """The one button. What it stops has stopped already when somebody, or their mail program, pressed it before."""
    told = _told(request, clock.now())
    if told is None:
        return _dead(request)
    person, consent = told
    return private(request, "unsubscribe.html", consent=consent, holds=consent in person.agreed)


async def unsubscribe(request: Request) -> Response:
    """Stop it, whoever asks: a mail program by itself, or the button. The same again is the same answer."""
    await body(request, LARGEST)  # it may be of any form: that it comes by POST, at this address, is the wish
    return await run_in_threadpool(_unsubscribed, request)


def _unsubscribed(request: Request) -> Response:
    now = clock.now()
    told = _told(request, now)
    if told is None:
        return _dead(request)
    person, consent = told
    contacts.withdraw(
        request.app.state.region,
        person.id,
        "one-click",
        now,
        purpose=consent.purpose,
        transport=consent.transport,
    )
    preferences = Seals(request.app.state.settings).seal("preferences", str(person.id), now)
    return private(request, "unsubscribed.html", consent=consent, preferences=preferences)


_PREFERENCES: Final = "/preferences/{seal}"
_UNSUBSCRIBE: Final = "/desabonnement/{seal}"
ROUTES: Final = (
    Route(ERASED, erased),
    Route(_PREFERENCES, show, methods=["GET"]),
    Route(_PREFERENCES, answered(choose), methods=["POST"]),
    Route(f"{_PREFERENCES}/effacer", erasing, methods=["GET"]),
    Route(f"{_PREFERENCES}/effacer", answered(erase), methods=["POST"]),
    Route(_UNSUBSCRIBE, unsubscribing, methods=["GET"]),
    Route(_UNSUBSCRIBE, unsubscribe, methods=["POST"]),
)
