"""Moderation: what becomes of a question. It ends answered, merged into another or refused, and whoever asked or watches is told.

Belongs here: the steps of ``question``, each with its letters in one commit, and what waits for one. Does not: which step may follow
which (core/questions.py), or asking and reading (questions.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.people import watches
from connectors.region.questions import questions
from connectors.region.questions.questions import COMPARED, Question
from core import alike, question_text
from core.dialogues import Rules
from core.html import printable
from core.question_text import Flag
from core.questions import State, Step, due, illegal
from schemas.errors import Misconfigured, Refused

LONGEST: Final = 20_000  # characters of an answer
_WAITING: Final[tuple[State, ...]] = ("waiting",)
_PUBLISHED: Final[tuple[State, ...]] = ("published",)
WORDS: Final = 2_000  # characters of why a question is refused


class Like(msgspec.Struct, frozen=True):
    """A public question that another is like: so much, from 0 to 1."""

    question: Question
    score: float


class Waiting(msgspec.Struct, frozen=True):
    """A question that waits for a moderator, what to look at in it, and public ones that it is like, the most alike first."""

    question: Question
    flags: tuple[Flag, ...]
    like: tuple[Like, ...]


def queue(region: Region, now: dt.datetime, *, limit: int = 200) -> list[Waiting]:
    """The questions that wait for a moderator, oldest first: those asked until ``now``."""
    waiting = questions.listed(region, states=_WAITING, sort="due", limit=limit)
    public = questions.listed(region, sort="newest", limit=COMPARED) if waiting else []
    by_ref = {each.ref: each for each in public}
    known = alike.Known({each.ref: each.body for each in public})
    return [
        Waiting(
            each,
            question_text.flags(each.body),
            tuple(Like(by_ref[found.key], found.score) for found in known.like(each.body)),
        )
        for each in waiting
        if each.asked_at <= now
    ]


def overdue(region: Region, now: dt.datetime) -> list[Question]:
    """The published questions that should have been answered by now, the longest overdue first."""
    published = questions.listed(region, states=_PUBLISHED, sort="due", limit=COMPARED)
    return [each for each in published if each.late(now)]


def moved(region: Region, since: dt.datetime, now: dt.datetime) -> bool:
    """Whether anything was asked or decided, or became overdue, since then."""
    with region.begin() as connection:
        return bool(
            connection.scalar(
                text(
                    "SELECT EXISTS (SELECT FROM question WHERE state <> 'unconfirmed' AND (changed_at > :since "
                    "OR (state = 'published' AND due_at > :since AND due_at <= :now)))"
                ),
                {"since": since, "now": now},
            )
        )


def publish(region: Region, ref: str, by: str, now: dt.datetime, rules: Rules) -> Question:
    """Everybody may read it and vote for it; the public clock begins.

    Raises:
        Misconfigured: there is none.
        Refused: it does not wait; the message says what can be done.

    """
    with region.begin() as connection:
        question = _step(connection, ref, "publish")
        published = _set(
            connection,
            question,
            "state = 'published', published_at = :now, due_at = :due",
            by,
            now,
            due=due(now, rules.answer_days),
        )
        watches.tell(connection, question.id, "published", watches.concerned(connection, question.id))
        acts.note(connection, "published", "question", [question.ref], by, now)
    return published


def refuse(
    region: Region, ref: str, article: str, words: str, by: str, now: dt.datetime, charter: Mapping[str, str]
) -> Question:
    """It is not answered, for a reason: an article of the charter, and ``words`` that its author alone reads, if any.

    Raises:
        Misconfigured: there is no such question or article.
        Refused: it has ended already; the message says how.

    """
    if article not in charter:
        raise Misconfigured(f"The charter has no article {article!r}: it has {', '.join(charter)}.")
    told = printable(words).strip()
    if len(told) > WORDS:
        raise Refused(f"The words have {len(told)} characters: say it in {WORDS}.")
    reason = "\n".join(part for part in (charter[article], told) if part)
    with region.begin() as connection:
        question = _step(connection, ref, "refuse")
        refused = _set(
            connection,
            question,
            "state = 'refused', reason = :reason, ended_at = :now",
            by,
            now,
            reason=reason,
        )
        watches.tell(connection, question.id, "refused", watches.concerned(connection, question.id))
        acts.note(connection, "refused", "question", [question.ref], by, now, why=f"article {article}")
    return refused


def answer(region: Region, ref: str, words: str, answered_by: str, by: str, now: dt.datetime) -> Question:
    """It has its answer, by the official whom ``answered_by`` names. Again: the answer is corrected, and nobody is told anew.

    Raises:
        Misconfigured: there is none.
        Refused: it is not published; the message says what can be done. Or the answer says nothing, or too much.

    """
    told, official = question_text.cleaned(words), " ".join(printable(answered_by).split())
    if not told or not official or len(told) > LONGEST:
        raise Refused(f"An answer has a text of at most {LONGEST} characters, and the name of who gives it.")
    with region.begin() as connection:
        question = _step(connection, ref, "answer")
        answered = _set(
            connection,
            question,
            "state = 'answered', answer = :answer, answered_by = :official, ended_at = coalesce(ended_at, :now)",
            by,
            now,
            answer=told,
            official=official,
        )
        watches.tell(connection, question.id, "answered", watches.concerned(connection, question.id))
        acts.note(connection, "answered", "question", [question.ref], by, now)
    return answered


def merge(region: Region, ref: str, into_ref: str, by: str, now: dt.datetime) -> Question:
    """It is the same as a public one: its author and who watches it watch that one from now on, and its votes count there.

    What was merged into it leads there, too.

    Raises:
        Misconfigured: there is none of that reference.
        Refused: it has ended already, or the other is not public; the message says what can be done.

    """
    with region.begin() as connection:
        watches.hold_merges(connection, alone=True)
        target = _lock_both(connection, ref, into_ref)
        question = _step(connection, ref, "merge")
        if target.id == question.id:
            raise Refused(f"Question {ref} is what {into_ref} leads to: merge it into another.")
        if why := illegal(target.state, "answer"):
            raise Refused(f"Nothing can be merged into question {target.ref}: {why}.")
        concerned = watches.concerned(connection, question.id)
        _set(
            connection,
            question,
            "state = 'merged', into_id = :into, ended_at = :now",
            by,
            now,
            into=target.id,
        )
        for statement in _MOVES:
            connection.execute(text(statement), {"id": question.id, "into": target.id, "now": now})
        watches.tell(connection, question.id, "merged", concerned)
        acts.note(connection, "merged", "question", [question.ref], by, now, why=f"into {target.ref}")
        return questions.get(connection, question.id)


_MOVES: Final = (
    "UPDATE question SET into_id = :into WHERE into_id = :id",
    """INSERT INTO vote (question_id, voter, origin, at) SELECT :into, voter, origin, at FROM vote WHERE question_id = :id
    ON CONFLICT DO NOTHING""",
    "DELETE FROM vote WHERE question_id = :id",
    """INSERT INTO watch (question_id, contact_id, at) SELECT t.id, w.contact_id, w.at FROM question t, (
        SELECT contact_id, at FROM watch WHERE question_id = :id UNION ALL
        SELECT q.contact_id, cast(:now AS timestamptz) FROM question q JOIN contact c ON c.id = q.contact_id
        WHERE q.id = :id AND c.erased_at IS NULL) w
    WHERE t.id = :into AND t.contact_id IS DISTINCT FROM w.contact_id ON CONFLICT DO NOTHING""",
    "DELETE FROM watch WHERE question_id = :id",
)


def _lock_both(connection: Connection, ref: str, into_ref: str) -> Question:
    """What the second leads to. It, the first and what was merged into that are locked in order."""
    target = watches.where(connection, into_ref)
    if target is None:
        raise Misconfigured(f"No question {into_ref}: `boostez question list` shows which there are.")
    connection.execute(
        text(
            "SELECT FROM question WHERE id = :target OR ref = :ref OR into_id = (SELECT id FROM question WHERE ref = :ref) "
            "ORDER BY id FOR NO KEY UPDATE"
        ),
        {"target": target.id, "ref": ref},
    )
    return questions.get(connection, target.id)


def _step(connection: Connection, ref: str, step: Step) -> Question:
    """The question, locked, when it can take that step."""
    number = connection.scalar(
        text("SELECT id FROM question WHERE ref = :ref FOR NO KEY UPDATE"), {"ref": ref}
    )
    if number is None:
        raise Misconfigured(f"No question {ref}: `boostez question list` shows which there are.")
    question = questions.get(connection, number)
    if why := illegal(question.state, step):
        raise Refused(f"Question {ref} cannot be {_DONE[step]}: {why}.")
    return question


_DONE: Final[dict[Step, str]] = {
    "publish": "published",
    "refuse": "refused",
    "merge": "merged",
    "answer": "answered",
}


def _set(
    connection: Connection, question: Question, sets: str, by: str, now: dt.datetime, **values: object
) -> Question:
    connection.execute(
        text(f"UPDATE question SET {sets}, decided_by = :by, changed_at = :now WHERE id = :id"),
        {"id": question.id, "by": by, "now": now, **values},
    )
    return questions.get(connection, question.id)
