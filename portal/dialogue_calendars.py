"""Dialogues for calendars: all of them, a department's, a theme's, an official's, one.

Belongs here: which dialogues a calendar has, and its name. Does not: a dialogue in iCalendar (core/dialogue_calendar.py), the page
that explains subscribing (templates/dialogues.html).

One that is cancelled stays in, for whoever had it must see that. What was held is there for a year.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.dialogues import dialogues, hosts
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.dialogues.hosts import Official
from core.dialogue_calendar import calendar
from portal.dialogues import announced, public, rules_of
from portal.revalidation import kept
from portal.sessions import SECONDS, SUBSCRIBED, TOLD_FOR
from schemas.reference_tables import departments

NAME: Final = "Dialogues avec les élus"
_EMPTY_SINCE: Final = dt.datetime(2017, 1, 1, tzinfo=dt.UTC)  # a calendar in which nothing ever was
_DIGITS: Final = 9  # of an official's number in an address


def every(request: Request) -> Response:
    """All of them."""
    return _subscribed(request, NAME)


def of_department(request: Request) -> Response:
    """Those for the residents of one department: its own, and those for everybody."""
    code = request.path_params["code"]
    if code not in departments():
        raise HTTPException(404)
    return _subscribed(request, f"{NAME} – {departments()[code]}", department=code)


def of_theme(request: Request) -> Response:
    """Those about one theme."""
    key, themes = request.path_params["key"], rules_of(request).themes
    if key not in themes:
        raise HTTPException(404)
    return _subscribed(request, f"{NAME} – {themes[key]}", theme=key)


def of_official(request: Request) -> Response:
    """Those of one official; 404 when they were forgotten, or meet nobody."""
    number = request.path_params["id"]
    if not number.isascii() or not number.isdigit() or len(number) > _DIGITS:
        raise HTTPException(404)
    official = hosts.official(request.app.state.region, int(number))
    if official is None or not _found(request, official=official.id):
        raise HTTPException(404)
    return _subscribed(request, _named(official), official=official.id)


def _named(official: Official) -> str:
    return f"{NAME} – {official.name}"


def one(request: Request) -> Response:
    """One dialogue as a calendar of one event."""
    dialogue = public(request)
    headers = {"Content-Disposition": f'attachment; filename="{dialogue.ref}.ics"'}
    return _calendar(request, "", [dialogue], headers)


def _subscribed(request: Request, name: str, **chosen: Any) -> Response:
    return _calendar(request, name, _found(request, **chosen), {})


def _found(request: Request, **chosen: Any) -> list[Dialogue]:
    found = dialogues.listed(
        request.app.state.region, after=clock.now() - TOLD_FOR, limit=SUBSCRIBED, **chosen
    )
    return [each for each in found if announced(each)]


def _calendar(request: Request, name: str, found: Sequence[Dialogue], headers: dict[str, str]) -> Response:
    themes = rules_of(request).themes
    changed_at = max((each.changed_at for each in found), default=_EMPTY_SINCE)
    content = calendar(
        name,
        [each.announcement(themes.get(each.theme, "")) for each in found],
        request.app.state.settings.public_url,
        stamp=changed_at,
    )
    told = {"X-Robots-Tag": "noindex"} | headers
    return kept(request, content, "text/calendar", seconds=SECONDS, headers=told, changed_at=changed_at)


ROUTES: Final = (
    Route("/dialogues.ics", every),
    Route("/dialogues/departement/{code}.ics", of_department),
    Route("/dialogues/theme/{key}.ics", of_theme),
    Route("/dialogues/elu/{id}.ics", of_official),
    Route("/dialogues/{ref}.ics", one),
)
