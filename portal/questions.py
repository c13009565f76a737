"""Residents' questions: all of them, one of them, and asking one, with or without an address.

Belongs here: routes, and in which order a form becomes a question. Does not: reading fields (question_form.py), the link that confirms
(asks.py), votes (voting.py), what officers decide (question_queue.py), statements (connectors/region/questions/questions.py).

What no moderator has read is shown to its author only. Why one is refused, beyond the article, is its author's business alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.people import contacts
from connectors.region.questions import questions
from connectors.region.questions.questions import Question, Sort
from connectors.seals import Seals
from core.dialogues import ASKED
from core.questions import State
from portal import asks, question_form
from portal.answers import revalidated
from portal.dialogues import public, rules_of
from portal.forms import answered, go, private, with_form
from portal.question_form import ANONYMOUS, LENGTHS, Filled
from portal.shown_questions import shown
from schemas.errors import Refused, RetryLater

SHOWN: Final = 100  # questions of a list
INDEXED: Final = 20_000  # questions of the sitemap
ALIKE: Final = 3  # questions that one is asked to look at before sending
SEEN: Final = "oui"  # what a form says whose author saw what is like it
KEEP: Final = "garder"  # the parameter of a link that its author must keep
SORTS: Final[dict[str, Sort]] = {"voix": "votes", "date": "newest", "attente": "due"}
_STATES: Final[dict[Sort, tuple[State, ...]]] = {
    "votes": ("published", "answered"),
    "newest": ("published", "answered"),
    "due": ("published",),
}


def listed(request: Request) -> Response:
    """Questions that everybody reads, of one theme when the address says so."""
    theme, word = request.query_params.get("theme", ""), request.query_params.get("tri", "")
    chosen = theme if theme in rules_of(request).themes else None
    sort = SORTS.get(word, "votes")
    found = questions.listed(
        request.app.state.region, theme=chosen, states=_STATES[sort], sort=sort, limit=SHOWN + 1
    )
    return revalidated(
        request,
        "questions.html",
        questions=shown(request, found[:SHOWN], clock.now()),
        more=len(found) > SHOWN,
        sort=next(name for name, meant in SORTS.items() if meant == sort),
        theme=chosen,
        themes=rules_of(request).themes,
        charter=rules_of(request).charter,
        answer_days=rules_of(request).answer_days,
        canonical=address(chosen, sort),
    )


def told(request: Request) -> list[Question]:
    """Every question that everybody reads, the newest first, for machines."""
    return questions.listed(request.app.state.region, sort="newest", limit=INDEXED)


def address(theme: str | None, sort: Sort) -> str:
    """The one address of a list."""
    word = None if sort == "votes" else next(name for name, meant in SORTS.items() if meant == sort)
    asked = urlencode({name: value for name, value in (("theme", theme), ("tri", word)) if value})
    return f"/questions?{asked}" if asked else "/questions"


def one(request: Request) -> Response:
    """One question as everybody reads it; one that is merged leads to the other.

    Raises:
        HTTPException: 404 there is none, or its author did not confirm it.

    """
    question = questions.named(request.app.state.region, request.path_params["ref"])
    if question is None or question.state == "unconfirmed":
        raise HTTPException(404)
    if question.state == "merged":
        return go(f"/questions/{question.into}")
    (seen,) = shown(request, [question], clock.now())
    return revalidated(request, "question.html", seen=seen, themes=rules_of(request).themes)


def own(request: Request) -> Response:
    """A question as its author reads it, behind the link that only they have; gone once they were erased."""
    now, region = clock.now(), request.app.state.region
    ref = Seals(request.app.state.settings).opened("question", request.path_params["seal"], now, None)
    question = None if ref is None else questions.named(region, ref)
    if question is None or question.state == "unconfirmed" or _erased(request, question):
        return private(request, "link_gone.html", 410)
    (seen,) = shown(request, [question], now)
    return private(
        request,
        "question_own.html",
        seen=seen,
        themes=rules_of(request).themes,
        answer_days=rules_of(request).answer_days,
        keep=KEEP in request.query_params,
    )


def _erased(request: Request, question: Question) -> bool:
    if question.contact_id is None:
        return False
    person = contacts.get(request.app.state.region, question.contact_id)
    return person is None or person.erased_at is not None


# Asking


def _dialogue(request: Request) -> Dialogue | None:
    """The dialogue that the address names; None when it names none."""
    return public(request) if "ref" in request.path_params else None


def form(request: Request) -> Response:
    """The empty form."""
    dialogue = _dialogue(request)
    if dialogue is not None and dialogue.state not in ASKED:
        return private(request, "question_over.html", 409, dialogue=dialogue, body="")
    first = {"reponse": question_form.BY_MAIL, "theme": request.query_params.get("theme", "")}
    return _form(request, question_form.shown(first), dialogue, clock.now())


def _form(
    request: Request,
    filled: Filled,
    dialogue: Dialogue | None,
    now: dt.datetime,
    *,
    problem: str = "",
    alike: Sequence[Question] = (),
) -> Response:
    rules = rules_of(request)
    return with_form(
        request,
        "question_form.html",
        422 if filled.errors else 403 if problem else 200,
        now,
        values=filled.values,
        errors=filled.errors,
        wrong=list(filled.errors),
        dialogue=dialogue,
        themes=rules.themes,
        charter=rules.charter,
        answer_days=rules.answer_days,
        mails=asks.mails(request),
        lengths=LENGTHS,
        problem=problem,
        alike=shown(request, alike, now),
    )


def send(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Take the question, once its author has seen what is like it."""
    dialogue = _dialogue(request)
    if given.get(asks.TRAP):
        return go(asks.SENT)
    if dialogue is not None:
        given = {**given, "theme": dialogue.theme}
    if problem := asks.trouble(request, given, now):
        return _form(request, question_form.shown(given), dialogue, now, problem=problem)
    filled = question_form.read(
        given, rules_of(request).themes, dialogue.id if dialogue else None, mails=asks.mails(request)
    )
    if filled.draft is None:
        return _form(request, filled, dialogue, now)
    if given.get("vu") != SEEN:
        alike = questions.like(request.app.state.region, filled.draft.body, limit=ALIKE)
        if alike:
            return _form(request, filled, dialogue, now, alike=alike)
    return _take(request, filled, dialogue, now)


def _take(request: Request, filled: Filled, dialogue: Dialogue | None, now: dt.datetime) -> Response:
    assert filled.draft is not None
    region, where = request.app.state.region, asks.origin(request, now)
    try:
        if filled.values["reponse"] == ANONYMOUS:
            asked = questions.ask_anonymously(region, filled.draft, where, now)
            seal = Seals(request.app.state.settings).seal("question", asked.ref, now)
            return go(f"/questions/suivi/{seal}?{KEEP}")
        assert filled.email is not None
        seen = asks.wording(request, "question_form.html")
        questions.ask(region, filled.draft, filled.email, where, seen, now)
    except Refused:  # the dialogue ended while they wrote: what they wrote is still there
        return private(request, "question_over.html", 409, dialogue=dialogue, body=filled.draft.body)
    except RetryLater as error:
        return asks.busy(request, error)
    return go(asks.SENT)


_FORMS: Final = ("/questions/nouvelle", "/dialogues/{ref}/question")
ROUTES: Final = (
    Route("/questions", listed),
    *(Route(path, form, methods=["GET"]) for path in _FORMS),
    *(Route(path, answered(send), methods=["POST"]) for path in _FORMS),
    Route("/questions/suivi/{seal}", own),
    Route("/questions/{ref}", one),
)
