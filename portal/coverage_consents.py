"""Who may be shown, behind the link that a student or a guardian was sent: agreeing, agreeing to less, withdrawing it all.

Belongs here: routes, and what a link lets its holder do. Does not: statements (connectors/region/coverage/media_consents.py), the rule
(core/consents.py) or the wording (templates/coverage_consent.html).

Opening the link changes nothing. Nothing is ticked that was not agreed to before.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.coverage import events, media_consents
from connectors.region.coverage.events import Event
from connectors.region.coverage.students import Student
from connectors.seals import Seals
from portal.answers import FOLDER
from portal.consents import TICKED
from portal.forms import answered, go, private, sealed, with_form
from schemas.coverage import ConsentKind, Giver, Scope

KINDS: Final[tuple[ConsentKind, ...]] = get_args(ConsentKind)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
KEPT, WITHDRAWN = "garde", "retire"  # parameters that say what was done


class _Asked(NamedTuple):
    student: Student
    giver: Giver
    event: Event


def _opened(request: Request, now: dt.datetime) -> _Asked | None:
    """Whom the link speaks for; None when it is not ours, or they were erased or have another address."""
    region = request.app.state.region
    word = Seals(request.app.state.settings).opened("media", request.path_params["seal"], now, None)
    found = media_consents.opened(region, word) if word else None
    if found is None:
        return None
    student, giver, number = found
    event = events.get(region, number)
    return None if event is None else _Asked(student, giver, event)


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


def show(request: Request) -> Response:
    """What holds now, as boxes."""
    now = clock.now()
    asked = _opened(request, now)
    return _dead(request) if asked is None else _page(request, asked, now)


def _page(request: Request, asked: _Asked, now: dt.datetime, status: int = 200) -> Response:
    every = media_consents.of(request.app.state.region, asked.student.id)
    holding = [c for c in every if c.by == asked.giver and c.withdrawn_at is None and c.expires_at > now]
    here = [consent for consent in holding if consent.event == asked.event.id]
    ticked = {_box(consent.kind) for consent in here} | {_box(s) for c in here for s in c.scopes}
    return with_form(
        request,
        "coverage_consent.html",
        status,
        now,
        student=asked.student,
        event=asked.event,
        guardian=asked.giver == "guardian",
        minor=asked.student.minor(now),
        kinds=KINDS,
        scopes=SCOPES,
        values=dict.fromkeys(ticked, TICKED),
        holds=bool(holding),
        kept=KEPT in request.query_params,
        withdrawn=WITHDRAWN in request.query_params,
    )


def _box(name: str) -> str:
    return f"accord_{name}"


def agree(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Exactly what is ticked holds for this event from now on."""
    asked = _opened(request, now)
    if asked is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _page(request, asked, now, 403)
    if asked.giver == "guardian" and not asked.student.minor(now):
        return _page(request, asked, now, 409)
    media_consents.give(
        request.app.state.region,
        asked.student.id,
        asked.giver,
        [kind for kind in KINDS if given.get(_box(kind)) == TICKED],
        [scope for scope in SCOPES if given.get(_box(scope)) == TICKED],
        asked.event.id,
        f"{request.app.state.settings.public_url}/couverture/accord, wording {wording()}",
        now,
    )
    return go(f"/couverture/accord/{request.path_params['seal']}?{KEPT}")


def withdraw(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Everything that this giver ever agreed to ends, of every event, and what hung on it is taken down."""
    asked = _opened(request, now)
    if asked is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _page(request, asked, now, 403)
    media_consents.withdraw(request.app.state.region, asked.student.id, asked.giver, asked.giver, now)
    return go(f"/couverture/accord/{request.path_params['seal']}?{WITHDRAWN}")


@cache
def wording() -> str:
    """Which wording is shown, in a word that changes with it: part of the proof."""
    template = FOLDER / "templates" / "coverage_consent.html"
    return hashlib.blake2b(template.read_bytes(), digest_size=6).hexdigest()


_LINK: Final = "/couverture/accord/{seal}"
ROUTES: Final = (
    Route(_LINK, show, methods=["GET"]),
    Route(_LINK, answered(agree), methods=["POST"]),
    Route(f"{_LINK}/retirer", answered(withdraw), methods=["POST"]),
)
