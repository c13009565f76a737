"""Voting for a question, and taking the vote back: one click, without an account.

Belongs here: routes, the cookie of a first vote, when a vote is ours. Does not: counting (connectors/region/questions/questions.py), what pages
show of it (shown_questions.py).

Pages that everybody reads set no cookie, so a vote has no seal: it is ours when the browser says that a page of ours sent it. A browser
that says nothing is shown a button of its own, with a seal.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.questions import questions
from connectors.region.questions.questions import Question
from connectors.seals import Seals
from core.ip_addresses import caller
from portal import cookies
from portal.asks import busy
from portal.forms import answered, go, proven, sealed, with_form
from portal.shown_questions import COOKIE, shown, voice
from schemas.errors import Refused, RetryLater

KEPT_FOR: Final = dt.timedelta(days=365)
TAKE_BACK: Final = "retirer"  # what the button says that takes a vote back


def _question(request: Request) -> Question:
    """The question of the address.

    Raises:
        HTTPException: 404 there is none that can be voted for, now or before.

    """
    found = questions.named(request.app.state.region, request.path_params["ref"])
    if found is None or found.state not in {"published", "answered", "merged"}:
        raise HTTPException(404)
    return found


def button(request: Request) -> Response:
    """The vote as a page of its own, for browsers that say nothing."""
    return _button(request, _question(request), clock.now())


def _button(request: Request, question: Question, now: dt.datetime, status: int = 200) -> Response:
    if question.state != "published":
        return go(f"/questions/{question.into or question.ref}")
    (seen,) = shown(request, [question], now)
    return with_form(request, "question_vote.html", status, now, seen=seen)


def vote(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Vote, or take the vote back, and back to where the button was."""
    question = _question(request)
    if not proven(request) and not sealed(request, given, now):
        return _button(request, question, now, 403)
    kept = voice(request) or secrets.token_urlsafe(16)
    try:
        _count(request, question, kept, now, take_back=given.get("action") == TAKE_BACK)
    except Refused:  # it was decided on while they read
        return go(f"/questions/{question.ref}")
    except RetryLater as error:
        return busy(request, error)
    answer = go(_back(question, given))
    if given.get("action") != TAKE_BACK:
        cookies.keep(request, answer, COOKIE, kept, KEPT_FOR)
    return answer


def _count(request: Request, question: Question, kept: str, now: dt.datetime, *, take_back: bool) -> None:
    region, seals = request.app.state.region, Seals(request.app.state.settings)
    voter = seals.voter(kept)
    if take_back:
        questions.unvote(region, question.ref, voter)
        return
    origin = seals.origin(caller(request.client.host if request.client else ""), now)
    questions.vote(region, question.ref, voter, origin, now)


def _back(question: Question, given: Mapping[str, str]) -> str:
    """The page that the button was on, there where it was."""
    if question.dialogue is not None and given.get("page") == question.dialogue:
        return f"/dialogues/{question.dialogue}#{question.ref}"
    return f"/questions/{question.ref}"


_VOTE: Final = "/questions/{ref}/voter"
ROUTES: Final = (
    Route(_VOTE, button, methods=["GET"]),
    Route(_VOTE, answered(vote), methods=["POST"]),
)
