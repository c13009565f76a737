"""« Je suis en place »: what a moderator presses before a dialogue begins, behind the link of their letter.

Belongs here: routes. Does not: what follows from it (connectors/region/dialogue_prompts.py), officers' queues (officer.py,
moderating.py).

Opening the link changes nothing: mail scanners open links.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region import dialogue_prompts, dialogues
from connectors.region.dialogues import Dialogue
from connectors.seals import Seals
from portal.dialogues import announced
from portal.forms import answered, private, sealed, with_form
from schemas.errors import Refused


def _held(request: Request, now: dt.datetime) -> tuple[Dialogue, int] | None:
    """The dialogue of a link that works, and the moderator's number."""
    word = Seals(request.app.state.settings).opened("moderator", request.path_params["seal"], now, None)
    if word is None:
        return None
    ref, _, number = word.partition(".")
    found = dialogues.named(request.app.state.region, ref)
    return None if found is None or not announced(found) else (found, int(number))


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


def show(request: Request) -> Response:
    """The button; nothing of it when somebody else moderates by now."""
    now = clock.now()
    held = _held(request, now)
    return _dead(request) if held is None else _page(request, *held, now)


def _page(
    request: Request, dialogue: Dialogue, moderator: int, now: dt.datetime, status: int = 200
) -> Response:
    there = dialogue_prompts.is_present(request.app.state.region, dialogue)
    return with_form(
        request,
        "moderator.html",
        status,
        now,
        dialogue=dialogue,
        theirs=dialogue.moderator_id == moderator,
        there=there,
    )


def arrive(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """They are there."""
    held = _held(request, now)
    if held is None:
        return _dead(request)
    dialogue, moderator = held
    if not sealed(request, given, now):
        return _page(request, dialogue, moderator, now, 403)
    try:
        dialogue_prompts.present(request.app.state.region, dialogue.ref, moderator, now)
    except Refused:  # it is too early, over, or somebody else's
        return _page(request, dialogue, moderator, now, 409)
    return _page(request, dialogue, moderator, now)


_LINK: Final = "/dialogues/moderation/{seal}"
ROUTES: Final = (
    Route(_LINK, show, methods=["GET"]),
    Route(_LINK, answered(arrive), methods=["POST"]),
)
