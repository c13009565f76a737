"""Questions as pages show them: with their public clock, and whether this browser voted for them.

Belongs here: what a page is given of each question, and the cookie by which a browser votes. Does not: voting (voting.py), statements
(connectors/region/questions/questions.py), words and markup (templates/question_parts.html).

The cookie is set by a first vote and by nothing else; what is kept of it is a keyed hash.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from starlette.requests import Request

from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.questions import questions
from connectors.region.questions.questions import Question
from connectors.seals import Seals
from core.answer_clock import Clock, answer_clock
from core.dialogues import ASKED
from portal import cookies

COOKIE: Final = "voix"
_KEPT: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class Shown(msgspec.Struct, frozen=True):
    """A question as everybody reads it; only one that waits for its answer has a ``clock``."""

    question: Question
    clock: Clock | None = None
    voted: bool = False


def shown(request: Request, found: Sequence[Question], now: dt.datetime) -> list[Shown]:
    """Questions as this browser is shown them."""
    mine = _voted(request, [each.ref for each in found])
    return [Shown(each, _clock(each, now), each.ref in mine) for each in found]


def _clock(question: Question, now: dt.datetime) -> Clock | None:
    if question.state != "published" or question.due_at is None:
        return None
    return answer_clock(question.due_at, now)


def _voted(request: Request, refs: list[str]) -> set[str]:
    kept = voice(request)
    if kept is None or not refs:
        return set()
    voter = Seals(request.app.state.settings).voter(kept)
    return questions.voted(request.app.state.region, voter, refs)


def of_dialogue(request: Request, dialogue: Dialogue, now: dt.datetime) -> dict[str, Any]:
    """What the page of a dialogue is given: its questions, those with most votes first, and whether it takes more."""
    region = request.app.state.region
    found = questions.listed(region, dialogue=dialogue.id)
    return {
        "questions": shown(request, found, now),
        "waiting": questions.counts(region, dialogue.id).waiting,
        "asking": dialogue.state in ASKED,
    }


def voice(request: Request) -> str | None:
    """What this browser keeps for its votes; None until it voted."""
    kept = cookies.kept(request, COOKIE)
    return kept if _KEPT.fullmatch(kept) else None
