"""Dialogues with officials for everybody: which are next and which were held, and one of them.

Belongs here: what these pages are given. Does not: statements (connectors/region/dialogues/dialogues.py), following one (asks.py), its questions
(questions.py), calendars (dialogue_calendars.py), what search engines read (jsonld_dialogues.py).

What was never announced is on none of these pages. What was held stays: it is the record of what officials answered.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.dialogues import dialogues
from connectors.region.dialogues.dialogues import Dialogue
from core.days import paris_day
from core.dialogues import PUBLIC, Rules, State
from portal import jsonld, jsonld_dialogues, shown_questions
from portal.answers import page, revalidated
from portal.sessions import TOLD_FOR
from schemas.reference_tables import departments

SHOWN: Final = 100  # dialogues that were held, of a list
COMING: Final = 200  # dialogues to come, of a list
INDEXED: Final = 10_000  # dialogues of the sitemap
NEXT: Final = 2  # of the home page
Stage = Literal["open", "cancelled", "on", "over"]
_HELD: Final[frozenset[State]] = frozenset({"closed", "answered", "archived"})
_STANDING: Final[frozenset[State]] = frozenset({"announced", "on_air"})


class Seen(msgspec.Struct, frozen=True):
    """A dialogue as a page shows it. ``live`` is where it can be watched now: on its day, until it is over."""

    dialogue: Dialogue
    stage: Stage
    live: str | None = None


def stage_of(dialogue: Dialogue, now: dt.datetime) -> Stage:
    """Where a dialogue is in its life, for residents: what staff did not close yet is over by its clock."""
    assert dialogue.starts_at is not None
    assert dialogue.ends_at is not None
    if dialogue.state == "cancelled":
        return "cancelled"
    if dialogue.state in _HELD or (dialogue.state == "announced" and dialogue.ends_at <= now):
        return "over"
    return "on" if dialogue.state == "on_air" or dialogue.starts_at <= now else "open"


def rules_of(request: Request) -> Rules:
    """The themes, the charter, and how long an answer may take."""
    rules: Rules = request.app.state.dialogue_rules
    return rules


def announced(dialogue: Dialogue) -> bool:
    """Whether the public was ever told of it: only then there is a session."""
    return dialogue.state in PUBLIC and dialogue.session_id is not None


def following(request: Request, **chosen: Any) -> tuple[Seen, ...]:
    """What is on air, then what is to come, soonest first; one that is cancelled says so until it would have begun."""
    now, region = clock.now(), request.app.state.region
    begun = dialogues.listed(region, states=_STANDING, before=now, limit=COMING, **chosen)
    coming = dialogues.listed(region, after=now, limit=COMING, **chosen)
    on_air = [seen for each in begun if (seen := _seen(each, now)).stage == "on"]
    return *on_air, *(_seen(each, now) for each in coming if announced(each))


def _seen(dialogue: Dialogue, now: dt.datetime, live: str | None = None) -> Seen:
    return Seen(dialogue, stage_of(dialogue, now), live)


def _day(dialogue: Dialogue) -> dt.date:
    assert dialogue.starts_at is not None
    return paris_day(dialogue.starts_at)


def _held(request: Request, **chosen: Any) -> list[Seen]:
    now = clock.now()
    begun = dialogues.listed(
        request.app.state.region, before=now, latest_first=True, limit=SHOWN + 1, **chosen
    )
    return [seen for each in begun if announced(each) and (seen := _seen(each, now)).stage == "over"]


def told(request: Request) -> list[Dialogue]:
    """Every dialogue that has a page, the newest first, for machines."""
    found = dialogues.listed(request.app.state.region, latest_first=True, limit=INDEXED)
    gone = clock.now() - TOLD_FOR
    return [
        each
        for each in found
        if announced(each)
        and (each.state != "cancelled" or (each.starts_at is not None and each.starts_at > gone))
    ]


def chosen(request: Request) -> dict[str, str | None]:
    """The department and the theme that the address names; what it means nothing by is left out."""
    department, theme = (request.query_params.get(name, "") for name in ("departement", "theme"))
    return {
        "department": department if department in departments() else None,
        "theme": theme if theme in rules_of(request).themes else None,
    }


def address(department: str | None, theme: str | None) -> str:
    """The one address of a list."""
    asked = urlencode(
        {name: value for name, value in (("departement", department), ("theme", theme)) if value}
    )
    return f"/dialogues?{asked}" if asked else "/dialogues"


def listed(request: Request) -> Response:
    """Those to come, on air first, then those that were held; of one department or theme when the address says so."""
    wanted = chosen(request)
    held = _held(request, **wanted)
    return page(
        request,
        "dialogues.html",
        coming=following(request, **wanted),
        held=held[:SHOWN],
        more=len(held) > SHOWN,
        themes=rules_of(request).themes,
        answer_days=rules_of(request).answer_days,
        canonical=address(**wanted),
        **wanted,
    )


def public(request: Request) -> Dialogue:
    """The dialogue of the address.

    Raises:
        HTTPException: 404 there is none, or it was never announced.

    """
    found = dialogues.named(request.app.state.region, request.path_params["ref"])
    if found is None or not announced(found):
        raise HTTPException(404)
    return found


def one(request: Request) -> Response:
    """One dialogue with its questions; one that was cancelled is gone a year after its day."""
    now = clock.now()
    dialogue = public(request)
    seen = _seen(dialogue, now, live_link(request, dialogue, now))
    assert dialogue.ends_at is not None
    if seen.stage == "cancelled" and dialogue.ends_at + TOLD_FOR <= now:
        return page(request, "dialogue_gone.html", 410, dialogue=dialogue)
    rules = rules_of(request)
    public_url = request.app.state.settings.public_url
    document = jsonld_dialogues.described(
        dialogue, rules.themes.get(dialogue.theme, ""), f"{public_url}/dialogues/{dialogue.ref}", public_url
    )
    return revalidated(
        request,
        "dialogue.html",
        seen=seen,
        themes=rules.themes,
        charter=rules.charter,
        answer_days=rules.answer_days,
        block=jsonld.block(document),
        **shown_questions.of_dialogue(request, dialogue, now),
    )


def live_link(request: Request, dialogue: Dialogue, now: dt.datetime) -> str | None:
    """Where it can be watched: told on its day, until it is over; nowhere once it is held in writing."""
    if dialogue.form != "live" or stage_of(dialogue, now) not in {"open", "on"}:
        return None
    if _day(dialogue) > paris_day(now):
        return None
    video = dialogues.live_video(request.app.state.region, dialogue.ref)
    page = request.app.state.settings.facebook_page_id
    return video and f"https://www.facebook.com/{page}/videos/{video}/"


ROUTES: Final = (
    Route("/dialogues", listed),
    Route("/dialogues/{ref}", one),
)
