"""Letters about questions with example values.

Belongs here: the examples. Does not: the letters (connectors/mail/questions.py), or showing them (cli_letters.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from connectors.mail.programme_words import House
from connectors.mail.questions import concerned_letter, confirm_letter
from connectors.mail.wire import Letter
from connectors.programme_links import Links
from connectors.region.questions.question_letters import Concerned, Unconfirmed
from connectors.region.questions.questions import Question
from connectors.region.sessions.sessions import Session
from core.questions import due

_CHARTER: Final = "La question ne peut pas être comprise. Reformulez-la, nous la relirons."


def question(now: dt.datetime) -> Question:
    """A question that was published at ``now``."""
    return Question(
        id=1,
        ref="q0exemple",
        dialogue_id=1,
        theme="transport",
        body="Quand aurons-nous plus de trains entre Roanne et Lyon le matin\u202f?",
        author="Camille",
        contact_id=1,
        origin="portal",
        state="published",
        reason=None,
        answer=None,
        answered_by=None,
        decided_by="Noé Garnier",
        asked_at=now,
        published_at=now,
        due_at=due(now, 15),
        ended_at=None,
        changed_at=now,
        dialogue="d0exemple",
    )


def letters(session: Session, links: Links, house: House, now: dt.datetime) -> dict[str, Letter]:
    """Every letter about a question, by name."""
    asked = question(now)
    waits = Unconfirmed(
        ref="a0exemple",
        kind="question",
        email="camille@exemple.fr",
        created_at=now,
        session=None,
        dialogue=None,
        question=asked,
    )
    follows = msgspec.structs.replace(
        waits, kind="follow", session=session, dialogue="d0exemple", question=None
    )
    return {
        "question.confirm_follow": confirm_letter(follows, links, house),
        "question.confirm_question": confirm_letter(waits, links, house),
        "question.confirm_watch": confirm_letter(msgspec.structs.replace(waits, kind="watch"), links, house),
        **_concerned(asked, links, house, now),
    }


def _concerned(asked: Question, links: Links, house: House, now: dt.datetime) -> dict[str, Letter]:
    author = Concerned(
        contact=1,
        name="Camille Durand",
        email="camille@exemple.fr",
        is_author=True,
        watches=False,
        question=asked,
        into=None,
    )
    watcher = msgspec.structs.replace(author, is_author=False, watches=True)
    refused = msgspec.structs.replace(
        asked, state="refused", published_at=None, reason=f"{_CHARTER}\nDe quels trains parlez-vous\u202f?"
    )
    answered = msgspec.structs.replace(
        asked,
        state="answered",
        answer="Deux trains de plus circuleront à partir de décembre 2027.",
        answered_by="Ada Martin, vice-présidente déléguée aux transports",
        ended_at=now,
    )
    other = msgspec.structs.replace(
        asked, id=2, ref="q1exemple", body="Y aura-t-il plus de trains de Roanne à Lyon\u202f?"
    )
    merged = msgspec.structs.replace(author, question=other, into=asked, watches=True)
    return {
        "question.published": concerned_letter("published", author, links, house),
        "question.refused": concerned_letter(
            "refused", msgspec.structs.replace(author, question=refused), links, house
        ),
        "question.merged": concerned_letter("merged", merged, links, house),
        "question.answered": concerned_letter(
            "answered", msgspec.structs.replace(author, question=answered), links, house
        ),
        "question.answered.watcher": concerned_letter(
            "answered", msgspec.structs.replace(watcher, question=answered), links, house
        ),
    }
