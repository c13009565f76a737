"""What a resident asks for with an address: following a dialogue, hearing of a question's answer; and the link that confirms it.

Belongs here: routes, and what a confirmation leads to. Does not: the form of a question (questions.py), statements
(connectors/region/questions/asks.py), letters (connectors/mail).

Nobody is known before they press the button behind the link that only their mailbox has. Opening that link changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors import clock
from connectors.region.dialogues import dialogues
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.people import contacts, watches
from connectors.region.questions import asks, questions
from connectors.region.questions.asks import Asked
from connectors.region.questions.questions import Question
from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Session
from connectors.seals import CONFIRM_WITHIN, Seals
from core import addresses
from core.ip_addresses import caller
from core.registrations import line, longest
from portal.answers import FOLDER
from portal.dialogues import public, stage_of
from portal.forms import LARGEST, answered, body, go, hurried, private, sealed, with_form
from schemas.errors import Misconfigured, Refused, RetryLater

TRAP: Final = "site_internet"  # nobody sees this field: what fills it in is no person
SENT: Final = "/confirmer"
LENGTHS: Final = {"nom": longest("person/name"), "courriel": addresses.LONGEST_EMAIL}


def mails(request: Request) -> bool:
    """Whether letters can be sent, which confirming takes."""
    return request.app.state.settings.smtp_url is not None


def origin(request: Request, now: dt.datetime) -> bytes:
    """Where a form comes from, as something that can be counted for a day."""
    address = caller(request.client.host if request.client else "")
    return Seals(request.app.state.settings).origin(address, now)


def wording(request: Request, template: str) -> str:
    """Which form somebody filled in, in which wording: part of the proof of what they agreed to."""
    return f"{request.app.state.settings.public_url}{request.url.path}, wording {_hashed(template)}"


@cache
def _hashed(template: str) -> str:
    return hashlib.blake2b((FOLDER / "templates" / template).read_bytes(), digest_size=6).hexdigest()


def busy(request: Request, error: RetryLater) -> Response:
    """Too much in a day, as a page.

    Raises:
        RetryLater: the database does not answer, which is another page.

    """
    if error.cause != "limit":
        raise error
    answer = private(request, "ask_busy.html", 429)
    answer.headers["Retry-After"] = f"{error.after:.0f}"
    return answer


# The forms


def _dialogue(request: Request, now: dt.datetime) -> Dialogue | None:
    """The dialogue that can be followed; None when it is too late for that."""
    dialogue = public(request)
    return dialogue if stage_of(dialogue, now) == "open" else None


def _question(request: Request) -> Question:
    """The question whose answer is waited for.

    Raises:
        HTTPException: 404 there is none for everybody.

    """
    found = questions.named(request.app.state.region, request.path_params["ref"])
    if found is None or found.state not in {"published", "answered", "merged"}:
        raise HTTPException(404)
    return found


def following(request: Request) -> Response:
    """The form to follow a dialogue."""
    now = clock.now()
    dialogue = _dialogue(request, now)
    return _over(request) if dialogue is None else _form(request, now, dialogue=dialogue)


def _over(request: Request) -> Response:
    return go(f"/dialogues/{request.path_params['ref']}")


def watching(request: Request) -> Response:
    """The form to hear of an answer."""
    question = _question(request)
    return _ended(question) or _form(request, clock.now(), question=question)


def _ended(question: Question) -> Response | None:
    """On to the question, when nobody waits for its answer any more."""
    if question.state == "published":
        return None
    return go(f"/questions/{question.into or question.ref}")


def _form(
    request: Request,
    now: dt.datetime,
    *,
    dialogue: Dialogue | None = None,
    question: Question | None = None,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
) -> Response:
    if not mails(request):
        return private(request, "ask_closed.html", 503)
    return with_form(
        request,
        "ask_form.html",
        422 if errors else 403 if problem else 200,
        now,
        dialogue=dialogue,
        question=question,
        values={name: (given or {}).get(name, "") for name in LENGTHS},
        errors=errors or {},
        wrong=list(errors or {}),
        lengths=LENGTHS,
        problem=problem,
    )


def follow(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Take the wish to follow a dialogue."""
    dialogue = _dialogue(request, now)
    return _over(request) if dialogue is None else _take(request, given, now, dialogue=dialogue)


def watch(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Take the wish to hear of an answer."""
    question = _question(request)
    return _ended(question) or _take(request, given, now, question=question)


def _take(
    request: Request,
    given: Mapping[str, str],
    now: dt.datetime,
    *,
    dialogue: Dialogue | None = None,
    question: Question | None = None,
) -> Response:
    if not mails(request):
        return private(request, "ask_closed.html", 503)
    if given.get(TRAP):
        return go(SENT)
    about: dict[str, Any] = {"dialogue": dialogue, "question": question, "given": given}
    if problem := trouble(request, given, now):
        return _form(request, now, **about, problem=problem)
    email, name = addresses.email(given.get("courriel", "")), line(given.get("nom")) or None
    if email is None or len(name or "") > LENGTHS["nom"]:
        errors = (
            {"nom": "too_long"} if email else {"courriel": "email" if given.get("courriel") else "missing"}
        )
        return _form(request, now, **about, errors=errors)
    try:
        _ask(request, email, name, now, dialogue, question)
    except Refused:  # it began, or was answered, while they read
        return go(request.url.path.removesuffix("/suivre"))
    except RetryLater as error:
        return busy(request, error)
    return go(SENT)


def trouble(request: Request, given: Mapping[str, str], now: dt.datetime) -> str:
    """Why a form is shown again though nothing in it is wrong; empty when it is taken."""
    if not sealed(request, given, now):
        return "stale"
    return "hurried" if hurried(request, given, now) else ""


def _ask(
    request: Request,
    email: str,
    name: str | None,
    now: dt.datetime,
    dialogue: Dialogue | None,
    question: Question | None,
) -> None:
    region, where = request.app.state.region, origin(request, now)
    seen = wording(request, "ask_form.html")
    if question is not None:
        asks.watch(region, question.ref, email, where, seen, now)
    elif dialogue is not None and dialogue.session_id is not None:
        session = sessions.named(region, dialogue.session_id)
        assert session is not None
        asks.follow(region, session.ref, email, name, where, seen, now)


def sent(request: Request) -> Response:
    """What happens next."""
    return private(request, "ask_sent.html")


# The link that confirms


def _asked(request: Request, now: dt.datetime) -> Asked | None:
    """What a link that works is for, until its person was erased."""
    seals, region = Seals(request.app.state.settings), request.app.state.region
    ref = seals.opened("ask", request.path_params["seal"], now, CONFIRM_WITHIN)
    asked = None if ref is None else asks.named(region, ref)
    if asked is None or asked.contact_id is None:
        return asked
    person = contacts.get(region, asked.contact_id)
    return None if person is None or person.erased_at is not None else asked


def confirmation(request: Request) -> Response:
    """The button that confirms; once it was pressed, what came of it."""
    now = clock.now()
    asked = _asked(request, now)
    if asked is None:
        return _dead(request)
    return _confirmation(request, asked, now) if asked.confirmed_at is None else _done(request, asked, now)


def _confirmation(request: Request, asked: Asked, now: dt.datetime, status: int = 200) -> Response:
    return with_form(request, "ask_confirm.html", status, now, asked=asked, **_about(request, asked))


def _about(request: Request, asked: Asked) -> dict[str, Question | Session | None]:
    region = request.app.state.region
    if asked.question_id is None:
        assert asked.session_id is not None
        return {"question": None, "session": sessions.named(region, asked.session_id)}
    with region.begin() as connection:
        return {"question": questions.get(connection, asked.question_id), "session": None}


def confirm(request: Request, given: Mapping[str, str], now: dt.datetime) -> Response:
    """Confirm, and on to what came of it."""
    asked = _asked(request, now)
    if asked is None:
        return _dead(request)
    if asked.confirmed_at is None and not sealed(request, given, now):
        return _confirmation(request, asked, now, 403)
    try:
        asks.confirm(request.app.state.region, request.app.state.rules, asked.ref, now)
    except Misconfigured:  # deleted while they read
        return _dead(request)
    return go(request.url.path)


def _done(request: Request, asked: Asked, now: dt.datetime) -> Response:
    """To the place, or to the question's own page; a page of its own when there is nothing to lead to."""
    region, seals = request.app.state.region, Seals(request.app.state.settings)
    # What is confirmed already is only read again.
    done = asks.confirm(region, request.app.state.rules, asked.ref, now)
    if done.enrolment is not None:
        return go(f"/inscription/suivi/{seals.seal('place', str(done.enrolment.id), now)}")
    if done.kind == "question" and done.question:
        return go(f"/questions/suivi/{seals.seal('question', done.question, now)}")
    dialogue = None
    if asked.session_id is not None:
        session = sessions.named(region, asked.session_id)
        assert session is not None
        dialogue = dialogues.of_sessions(region, [session.ref]).get(session.ref)
    preferences = seals.seal("preferences", str(done.contact), now)
    return private(request, "ask_done.html", done=done, dialogue=dialogue, preferences=preferences)


def _dead(request: Request) -> Response:
    return private(request, "link_gone.html", 410)


# Hearing of a question no more


def _watcher(request: Request) -> tuple[int, int] | None:
    """The numbers of the question and of who watches it that a letter's link names."""
    seals = Seals(request.app.state.settings)
    word = seals.opened("unwatch", request.path_params["seal"], clock.now(), None)
    if word is None:
        return None
    question, _, contact = word.partition(".")
    return int(question), int(contact)


def unwatching(request: Request) -> Response:
    """The one button."""
    return _dead(request) if _watcher(request) is None else private(request, "ask_unwatch.html", done=False)


async def unwatch(request: Request) -> Response:
    """Stop it, whoever asks: a mail program by itself (RFC 8058), or the button. The same again is the same answer."""
    await body(request, LARGEST)
    return await run_in_threadpool(_unwatched, request)


def _unwatched(request: Request) -> Response:
    watcher = _watcher(request)
    if watcher is None:
        return _dead(request)
    watches.end(request.app.state.region, *watcher)
    return private(request, "ask_unwatch.html", done=True)


_FOLLOW: Final = "/dialogues/{ref}/suivre"
_WATCH: Final = "/questions/{ref}/suivre"
_CONFIRM: Final = f"{SENT}/{{seal}}"
_UNWATCH: Final = "/questions/desabonnement/{seal}"
ROUTES: Final = (
    Route(_FOLLOW, following, methods=["GET"]),
    Route(_FOLLOW, answered(follow), methods=["POST"]),
    Route(_WATCH, watching, methods=["GET"]),
    Route(_WATCH, answered(watch), methods=["POST"]),
    Route(_UNWATCH, unwatching, methods=["GET"]),
    Route(_UNWATCH, unwatch, methods=["POST"]),
    Route(SENT, sent),
    Route(_CONFIRM, confirmation, methods=["GET"]),
    Route(_CONFIRM, answered(confirm), methods=["POST"]),
)
