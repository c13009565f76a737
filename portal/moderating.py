"""A moderator says that they are there, by the link in their letter.

Belongs here: routes. Does not: when that is possible and what it does (connectors/region/dialogues/dialogue_prompts.py), or moderating questions
(officers' pages).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.dialogues import dialogue_prompts, dialogues
from connectors.region.dialogues.dialogues import Dialogue
from connectors.seals import Seals
from core import wording
from portal.forms import answered, go, private, sealed, with_form
from schemas.errors import Refused


def _named(request: Request, now: dt.datetime) -> tuple[Dialogue, int] | None:
    word = Seals(request.app.state.settings).opened("moderator", request.path_params["seal"], now, None)
    ref, _, number = (word or "").partition(".")
    found = dialogues.named(request.app.state.region, ref) if ref else None
    return None if found is None else (found, int(number))


def here(request: Request) -> Response:
    """The button that says that they are there; or why there is none."""
    now = clock.now()
    named = _named(request, now)
    return _dead(request) if named is None else _shown(request, *named, now)


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


def _shown(
    request: Request, dialogue: Dialogue, moderator: int, now: dt.datetime, status: int = 200
) -> Response:
    assert dialogue.starts_wall is not None
    return with_form(
        request,
        "moderator_here.html",
        status,
        now,
        dialogue=dialogue,
        when=wording.moment(dialogue.starts_wall, dialogue.zone),
        holds=dialogue.moderator_id == moderator,
        standing=dialogue.state in {"announced", "on_air"},
        early=dialogue_prompts.is_early(dialogue, now),
        present=dialogue_prompts.is_present(request.app.state.region, dialogue),
    )


def arrive(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """They are there."""
    named = _named(request, now)
    if named is None:
        return _dead(request)
    if not sealed(request, given, now):
        return _shown(request, *named, now, 403)
    dialogue, moderator = named
    try:
        dialogue_prompts.present(request.app.state.region, dialogue.ref, moderator, now)
    except Refused:
        return _shown(request, *named, now, 409)
    return go(request.url.path)


_PATH: Final = "/dialogues/moderation/{seal}"
ROUTES: Final = (
    Route(_PATH, here, methods=["GET"]),
    Route(_PATH, answered(arrive), methods=["POST"]),
)
