"""Letters to residents who ask, or want to know: of each effect about a question, the letter, or why none is sent any more.

Belongs here: when a letter is moot, and what each tells. Does not: statements (connectors/region/questions/question_letters.py) or the words
themselves (letters/).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import msgspec

from connectors.mail.programme_words import House, shown
from connectors.mail.rendering import words
from connectors.mail.wire import Letter
from connectors.programme_links import Links
from connectors.region.database import Region
from connectors.region.questions import question_letters
from connectors.region.questions.question_letters import Concerned, Unconfirmed
from connectors.region.questions.questions import Question
from connectors.seals import CONFIRM_WITHIN, Seals
from connectors.settings import Settings
from connectors.writing import Moot, line
from core import wording
from core.question_text import LONGEST
from core.questions import last_day
from schemas.letters import QuestionKind, QuestionLetter

ABOUT: Final = "question"
_decoder = msgspec.json.Decoder(QuestionLetter)


class QuestionLetters:
    """The writer of what is about a question; ``clock`` tells the time in UTC."""

    def __init__(self, settings: Settings, region: Region, clock: Callable[[], dt.datetime]) -> None:
        """Raises Misconfigured: as Seals does."""
        self._seals, self._public_url = Seals(settings), settings.public_url
        self._house = House(settings.sender, settings.contact_email)
        self._region, self._clock = region, clock

    def __call__(self, content: bytes) -> Letter | Moot:
        """The letter."""
        letter, now = _decoder.decode(content), self._clock()
        links = Links(self._seals, self._public_url, now)
        if letter.kind.startswith("confirm_"):
            return self._confirm(letter, links, now)
        told = question_letters.concerned(self._region, letter.of, letter.contact)
        if told is None or told.question.state != letter.kind:
            return Moot("its question is gone, or another letter tells what became of it")
        if not (told.is_author or told.watches):
            return Moot("they do not want to know any more")
        if told.email is None:
            return Moot("no address of theirs works")
        return concerned_letter(letter.kind, told, links, self._house)

    def _confirm(self, letter: QuestionLetter, links: Links, now: dt.datetime) -> Letter | Moot:
        asked = question_letters.unconfirmed(self._region, letter.of)
        if asked is None:
            return Moot("it was confirmed or deleted")
        if now - asked.created_at > CONFIRM_WITHIN:
            return Moot("it has waited too long: the link would open nothing")
        session = asked.session
        if session is not None and (session.state != "open" or session.starts_at <= now):
            return Moot("the dialogue has begun or is cancelled")
        return confirm_letter(asked, links, self._house)


def confirm_letter(asked: Unconfirmed, links: Links, house: House) -> Letter:
    """Whoever asks for something is asked for the proof that the mailbox is theirs.

    Nothing that they wrote is in it: else anybody could have us send their words to anybody. A question to watch is public.
    """
    told = words(
        f"question_confirm_{asked.kind}",
        {
            "s": asked.session and shown(asked.session, links, placed=False),
            "dialogue": asked.dialogue and links.dialogue(asked.dialogue),
            "question": _quoted(asked.question) if asked.question and asked.kind == "watch" else None,
            "page": asked.question and links.question(asked.question.ref),
            "link": links.ask(asked.ref),
            "contact": house.contact,
        },
    )
    return Letter(to=asked.email, subject=told.subject, text=told.text)


def concerned_letter(kind: QuestionKind, told: Concerned, links: Links, house: House) -> Letter:
    """What became of a question, for its author or somebody who watches it. These can stop it by one click."""
    assert told.email is not None
    question = told.question
    followed = told.into or question
    unsubscribe = links.unwatch(followed.id, told.contact) if told.watches else None
    written = words(
        f"question_{kind}",
        {
            "name": line(told.name or "", 80),
            "is_author": told.is_author,
            "asked": _quoted(question),
            "question": _told(followed, links),
            "was_public": question.published_at is not None,
            "article": question.article,
            "words": question.words if told.is_author else None,
            "own": links.own_question(question.ref),
            "new": links.new_question,
            "unsubscribe": unsubscribe,
            "preferences": links.preferences_of(told.contact),
            "contact": house.contact,
        },
    )
    return Letter(
        to=told.email,
        subject=written.subject,
        text=written.text,
        unsubscribe=unsubscribe,
        thread=f"question.{followed.ref}.contact.{told.contact}",
    )


def _told(question: Question, links: Links) -> dict[str, Any]:
    return {
        "body": _quoted(question),
        "page": links.question(question.ref),
        "by": question.due_at and wording.full_date(last_day(question.due_at)),
        "answer": question.answer,
        "official": question.answered_by and line(question.answered_by),
    }


def _quoted(question: Question) -> str:
    return line(question.body, LONGEST)
