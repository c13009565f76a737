"""« Questions à modérer »: what residents asked, for officers: published, refused, merged, answered.

Belongs here: routes, and in which order a page becomes a decision. Does not: a decision's effect (connectors/region/questions/moderation.py),
who an officer is (access.py), sentences (templates/).

Opening a page changes nothing. What cannot be taken back, because somebody is written to, is shown once more before it is done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.dialogues import dialogues
from connectors.region.questions import moderation, questions
from connectors.region.questions.moderation import Waiting
from connectors.region.questions.questions import Question
from core import question_text
from core.html import printable
from core.questions import State
from core.registrations import line
from portal.access import HOME, Officer, form_for, page_for
from portal.dialogues import rules_of
from portal.forms import go, private, sealed, with_form
from portal.shown_questions import Shown, shown
from schemas.errors import Misconfigured, Refused

QUEUE: Final = f"{HOME}/questions"
ANSWERED_BY: Final = 120  # characters of who answers
LENGTHS: Final = {"mots": moderation.WORDS, "reponse": moderation.LONGEST, "elu": ANSWERED_BY}
FIELDS: Final = ("article", "mots", "dans", "autre", "reponse", "elu")
ACTIONS: Final = ("publier", "refuser", "fusionner", "repondre")
_PUBLISHED: Final[tuple[State, ...]] = ("published",)
SURE: Final = "oui"  # what the form of the second look says


class Case(msgspec.Struct, frozen=True):
    """A question before an officer: what to look at in its text, and public ones that it is like."""

    seen: Shown
    flags: tuple[str, ...] = ()
    like: tuple[Question, ...] = ()


def queue(request: Request, officer: Officer) -> Response:
    """What waits for a moderator, oldest first; then what waits for its answer, the most urgent first."""
    now, region = clock.now(), request.app.state.region
    published = questions.listed(region, states=_PUBLISHED, sort="due")
    return private(
        request,
        "question_queue.html",
        by=officer.name,
        waiting=[_case(request, each, now) for each in moderation.queue(region, now)],
        published=shown(request, published, now),
        themes=rules_of(request).themes,
    )


def _case(request: Request, waiting: Waiting, now: dt.datetime) -> Case:
    (seen,) = shown(request, [waiting.question], now)
    return Case(seen, waiting.flags, tuple(each.question for each in waiting.like))


def _question(request: Request) -> Question | None:
    """The question of the address, once its author confirmed it."""
    found = questions.named(request.app.state.region, request.path_params["ref"])
    return None if found is None or found.state == "unconfirmed" else found


def one(request: Request, officer: Officer) -> Response:
    """One question, and what can be decided on it."""
    question = _question(request)
    if question is None:
        return _none(request)
    return _page(
        request, question, officer.name, clock.now(), dict.fromkeys(FIELDS, "") | _first(request, question)
    )


def _none(request: Request) -> Response:
    return private(request, "question_queue_none.html", 404)


def _first(request: Request, question: Question) -> dict[str, str]:
    """What the form of an answer begins with: the answer as it is, and whose dialogue the question is put to."""
    official = question.answered_by
    if official is None and question.dialogue is not None:
        dialogue = dialogues.named(request.app.state.region, question.dialogue)
        official = dialogue.official if dialogue else None
    return {"reponse": question.answer or "", "elu": official or ""}


def _page(
    request: Request,
    question: Question,
    by: str,
    now: dt.datetime,
    values: Mapping[str, str],
    problem: str = "",
) -> Response:
    (seen,) = shown(request, [question], now)
    like = questions.like(request.app.state.region, question.body)
    return with_form(
        request,
        "question_queue_question.html",
        {"": 200, "stale": 403, "step": 409}.get(problem, 422),
        now,
        case=Case(
            seen, question_text.flags(question.body), tuple(each for each in like if each.ref != question.ref)
        ),
        by=by,
        values=values,
        problem=problem,
        themes=rules_of(request).themes,
        charter=rules_of(request).charter,
        answer_days=rules_of(request).answer_days,
        lengths=LENGTHS,
    )


def decide(request: Request, officer: Officer, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Decide as the pressed button says, after a second look where there is no way back."""
    by, question = officer.name, _question(request)
    if question is None:
        return _none(request)
    values, action = _read(given), given.get("action", "")
    problem = "stale" if not sealed(request, given, now) else _wrong(request, question, action, values)
    if problem:
        return _page(request, question, by, now, values, problem)
    if action != "publier" and given.get("sur") != SURE:
        return _second_look(request, question, action, values, now)
    try:
        _decide(request, question, action, values, by, now)
    except (
        Refused,
        Misconfigured,
    ):  # somebody else decided, or what it was to be merged into is public no more
        newest = _question(request)
        return _none(request) if newest is None else _page(request, newest, by, now, values, "step")
    return go(request.url.path)


def _read(given: Mapping[str, str]) -> dict[str, str]:
    values = {name: line(given.get(name)) or "" for name in FIELDS}
    values["dans"] = (
        values["dans"] if values["dans"] not in {"", "autre"} else values["autre"].rpartition("/")[2]
    )
    values["mots"] = printable(given.get("mots", "")).replace("\r\n", "\n").strip()
    values["reponse"] = question_text.cleaned(given.get("reponse", ""))
    return values


def _wrong(request: Request, question: Question, action: str, values: Mapping[str, str]) -> str:
    """What keeps a decision from being one, in a word; empty when nothing does."""
    if action not in ACTIONS:
        return "step"
    if action == "refuser":
        known = values["article"] in rules_of(request).charter
        return "" if known and len(values["mots"]) <= LENGTHS["mots"] else "article"
    if action == "repondre":
        whole = values["elu"] and 0 < len(values["reponse"]) <= LENGTHS["reponse"]
        return "" if whole and len(values["elu"]) <= ANSWERED_BY else "answer"
    if action == "fusionner":
        return "" if _target(request, question, values) else "target"
    return ""


def _target(request: Request, question: Question, values: Mapping[str, str]) -> Question | None:
    """The public question that it is to be merged into."""
    found = questions.named(request.app.state.region, values["dans"])
    if found is None or found.ref == question.ref or found.state not in {"published", "answered"}:
        return None
    return found


def _second_look(
    request: Request, question: Question, action: str, values: Mapping[str, str], now: dt.datetime
) -> Response:
    (seen,) = shown(request, [question], now)
    return with_form(
        request,
        "question_queue_sure.html",
        200,
        now,
        seen=seen,
        action=action,
        values=values,
        target=_target(request, question, values),
        charter=rules_of(request).charter,
    )


def _decide(
    request: Request, question: Question, action: str, values: Mapping[str, str], by: str, now: dt.datetime
) -> None:
    region, rules = request.app.state.region, rules_of(request)
    decisions: dict[str, Any] = {
        "publier": lambda: moderation.publish(region, question.ref, by, now, rules),
        "refuser": lambda: moderation.refuse(
            region, question.ref, values["article"], values["mots"], by, now, rules.charter
        ),
        "fusionner": lambda: moderation.merge(region, question.ref, values["dans"], by, now),
        "repondre": lambda: moderation.answer(
            region, question.ref, values["reponse"], values["elu"], by, now
        ),
    }
    decisions[action]()


ROUTES: Final = (
    Route(QUEUE, page_for("questions", queue)),
    Route(f"{QUEUE}/{{ref}}", page_for("questions", one), methods=["GET"]),
    Route(f"{QUEUE}/{{ref}}", form_for("questions", decide), methods=["POST"]),
)
