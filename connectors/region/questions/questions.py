"""Questions: what residents want to know of the Region, as they ask it and as everybody reads it.

Belongs here: asking, reading and voting for ``question``. Does not: what a moderator or an official does with one (moderation.py),
confirming (asks.py), or a text's faults (core/question_text.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.dialogues import dialogues
from connectors.region.dialogues.dialogues import REF, new_ref
from connectors.region.firms.registrations import COUNTED, UNCONFIRMED
from connectors.region.people import watches
from connectors.region.questions import asks
from connectors.region.questions.asks import LIMITS, Asker, Limits
from core import alike, question_text
from core.dialogues import ASKED
from core.html import printable
from core.questions import PUBLIC, Origin, State
from schemas.errors import Refused

Sort = Literal["votes", "newest", "due", "ended"]
NAME: Final = 80  # characters of an author's name that are shown
VOTES: Final = 50  # from one network address in a day: a whole school votes from one
COMPARED: Final = 2_000  # of the newest public questions: with them a new one is compared
_VOTING: Final = 72_011  # advisory lock class: votes from one address are counted and added one at a time


class Draft(msgspec.Struct, frozen=True):
    """What somebody asks; ``author`` is the name to be shown, None when they wish not to be named."""

    theme: str
    body: str
    dialogue_id: int | None = None
    author: str | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question. ``into`` is the reference of the one that it was merged into; ``dialogue`` that of the dialogue it is put to."""

    id: int
    ref: str
    dialogue_id: int | None
    theme: str
    body: str
    author: str | None
    contact_id: int | None
    origin: Origin
    state: State
    reason: str | None
    answer: str | None
    answered_by: str | None
    decided_by: str | None
    asked_at: dt.datetime
    published_at: dt.datetime | None
    due_at: dt.datetime | None
    ended_at: dt.datetime | None
    changed_at: dt.datetime
    dialogue: str | None = None
    into: str | None = None
    votes: int = 0

    @property
    def article(self) -> str | None:
        """The article of the charter that it is refused by, as everybody reads it."""
        return self.reason.partition("\n")[0] if self.reason else None

    @property
    def words(self) -> str | None:
        """What its author alone reads of why it is refused."""
        return self.reason.partition("\n")[2] or None if self.reason else None

    def late(self, now: dt.datetime) -> bool:
        """Whether it waits for its answer longer than was promised."""
        return self.state == "published" and self.due_at is not None and self.due_at <= now


_OWN: Final = Question.__struct_fields__[: Question.__struct_fields__.index("dialogue")]
_SELECT: Final = (
    f"SELECT {', '.join(f'q.{name}' for name in _OWN)}, d.ref AS dialogue, i.ref AS into, "
    "(SELECT count(*) FROM vote v WHERE v.question_id = q.id) AS votes "
    "FROM question q LEFT JOIN dialogue d ON d.id = q.dialogue_id LEFT JOIN question i ON i.id = q.into_id"
)
_ORDERS: Final[dict[Sort, str]] = {
    "votes": "votes DESC, q.published_at DESC, q.id DESC",
    "newest": "coalesce(q.published_at, q.asked_at) DESC, q.id DESC",
    "due": "q.due_at NULLS LAST, q.asked_at, q.id",
    "ended": "q.ended_at DESC NULLS LAST, q.id DESC",
}


def read(row: Any) -> Question:
    """The question of a row of ``_SELECT``."""
    return Question(**row._asdict())


def ask(
    region: Region,
    draft: Draft,
    email: str,
    origin: bytes,
    wording: str,
    now: dt.datetime,
    limits: Limits = LIMITS,
) -> Question:
    """Keep a question, and have a letter ask its author to confirm it. The same again before that is one question and one letter.

    Raises:
        Misconfigured: there is no such dialogue.
        Refused: its text has faults, or that dialogue takes no questions (any more).
        RetryLater: too much was asked for in a day, from there or with that address.

    """
    draft = _shown(draft)
    asker = Asker(email=email, name=draft.author, origin=origin, wording=wording)
    with region.begin() as connection:
        asks.hold(connection)
        _check_dialogue(connection, draft)
        same = _again(connection, draft, "unconfirmed", now, email=email)
        if same is not None:
            return same
        question = add(connection, draft, "portal", "unconfirmed", now)
        asks.add(connection, "question", asker, question.id, now, limits)
    return question


def ask_anonymously(
    region: Region, draft: Draft, origin: bytes, now: dt.datetime, limits: Limits = LIMITS
) -> Question:
    """Keep a question of somebody who leaves no address: it waits for a moderator. The same again from there is one question.

    Raises:
        Misconfigured: there is no such dialogue.
        Refused: its text has faults, or that dialogue takes no questions (any more).
        RetryLater: too many came from there in a day.

    """
    draft = _shown(draft)
    with region.begin() as connection:
        asks.hold(connection)
        _check_dialogue(connection, draft)
        same = _again(connection, draft, "waiting", now, origin=origin)
        if same is not None:
            return same
        came = connection.scalar(
            text("SELECT count(*) FROM question WHERE asked_from = :origin AND asked_at > :since"),
            {"origin": origin, "since": now - COUNTED},
        )
        if came >= limits.anonymous:
            raise asks.too_many("origin")
        return add(connection, draft, "anonymous", "waiting", now, asked_from=origin)


def _shown(draft: Draft) -> Draft:
    body = question_text.cleaned(draft.body)
    if faults := question_text.faults(body):
        raise Refused(f"The question cannot be taken as it is: {', '.join(faults)}.")
    author = " ".join(printable(draft.author or "").split())[:NAME]
    return msgspec.structs.replace(draft, body=body, author=author or None)


def _check_dialogue(connection: Connection, draft: Draft) -> None:
    if draft.dialogue_id is None:
        return
    dialogue = dialogues.lock(connection, draft.dialogue_id)
    if dialogue.state not in ASKED:
        raise Refused(f"Dialogue {dialogue.ref} is {dialogue.state}: ask without it.")


def _again(
    connection: Connection,
    draft: Draft,
    state: State,
    now: dt.datetime,
    *,
    email: str | None = None,
    origin: bytes | None = None,
) -> Question | None:
    """The same that came already, from the same address, in either sense."""
    row = connection.execute(
        text(
            f"{_SELECT} WHERE q.state = :state AND q.body = :body AND q.theme = :theme AND q.author IS NOT DISTINCT FROM :author "
            "AND q.dialogue_id IS NOT DISTINCT FROM :dialogue AND q.asked_at > :still AND (q.asked_from = :origin OR EXISTS "
            "(SELECT FROM ask a WHERE a.question_id = q.id AND lower(a.email) = lower(:email))) ORDER BY q.id LIMIT 1"
        ),
        {
            "state": state,
            "body": draft.body,
            "theme": draft.theme,
            "author": draft.author,
            "dialogue": draft.dialogue_id,
            "still": now - UNCONFIRMED,
            "origin": origin,
            "email": email,
        },
    ).one_or_none()
    return None if row is None else read(row)


def add(
    connection: Connection,
    draft: Draft,
    origin: Origin,
    state: State,
    now: dt.datetime,
    *,
    asked_from: bytes | None = None,
) -> Question:
    """Keep a question as it is."""
    number: int = connection.execute(
        text(
            "INSERT INTO question (ref, dialogue_id, theme, body, author, origin, state, asked_from, asked_at, changed_at) VALUES "
            "(:ref, :dialogue_id, :theme, :body, :author, :origin, :state, :asked_from, :now, :now) RETURNING id"
        ),
        {
            **msgspec.structs.asdict(draft),
            "ref": new_ref("q"),
            "origin": origin,
            "state": state,
            "asked_from": asked_from,
            "now": now,
        },
    ).scalar_one()
    return get(connection, number)


def get(connection: Connection, number: int) -> Question:
    """The question of that number, which there is."""
    return read(connection.execute(text(f"{_SELECT} WHERE q.id = :id"), {"id": number}).one())


def named(region: Region, ref: str) -> Question | None:
    """The question of that reference."""
    if not REF.fullmatch(ref):
        return None
    with region.begin() as connection:
        row = connection.execute(text(f"{_SELECT} WHERE q.ref = :ref"), {"ref": ref}).one_or_none()
    return None if row is None else read(row)


def listed(
    region: Region,
    *,
    dialogue: int | None = None,
    theme: str | None = None,
    states: Collection[State] = PUBLIC,
    sort: Sort = "votes",
    limit: int = 200,
) -> list[Question]:
    """Questions, of one dialogue (its number) or theme, or of any."""
    filters = {"q.dialogue_id = :dialogue": dialogue, "q.theme = :theme": theme}
    conditions = ["q.state = ANY(:states)", *(each for each, value in filters.items() if value is not None)]
    with region.begin() as connection:
        rows = connection.execute(
            text(f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY {_ORDERS[sort]} LIMIT :n"),
            {"states": list(states), "dialogue": dialogue, "theme": theme, "n": limit},
        )
        return [read(row) for row in rows]


class Counts(msgspec.Struct, frozen=True):
    """How many questions are in which state; what is not confirmed counts for nothing."""

    waiting: int = 0
    published: int = 0
    answered: int = 0
    merged: int = 0
    refused: int = 0


def counts(region: Region, dialogue: int | None = None) -> Counts:
    """The questions of one dialogue (its number), or all of them, by state."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT state, count(*) AS n FROM question WHERE state <> 'unconfirmed' "
                "AND dialogue_id IS NOT DISTINCT FROM coalesce(:dialogue, dialogue_id) GROUP BY state"
            ),
            {"dialogue": dialogue},
        )
        return Counts(**{row.state: row.n for row in rows})


def like(region: Region, body: str, *, limit: int = 3) -> list[Question]:
    """Public questions that are like a text, the most alike first: whoever is about to ask may find theirs there."""
    public = listed(region, sort="newest", limit=COMPARED)
    known = alike.Known({each.ref: each.body for each in public})
    by_ref = {each.ref: each for each in public}
    return [by_ref[found.key] for found in known.like(body, limit)]


def vote(region: Region, ref: str, voter: bytes, origin: bytes, now: dt.datetime, most: int = VOTES) -> int:
    """Somebody finds a question worth asking, or the one that it leads to. Twice is once. Returns its votes.

    Raises:
        Refused: nobody votes for it (any more).
        RetryLater: too many votes came from there in a day.

    """
    with region.begin() as connection:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:lock, hashtext(encode(:origin, 'hex')))"),
            {"lock": _VOTING, "origin": origin},
        )
        question = _voted(connection, ref)
        if question.state != "published":
            raise Refused(f"Question {question.ref} is {question.state}: nobody votes for it.")
        came = connection.scalar(
            text("SELECT count(*) FROM vote WHERE origin = :origin AND at > :since"),
            {"origin": origin, "since": now - COUNTED},
        )
        added = connection.execute(
            text(
                "INSERT INTO vote (question_id, voter, origin, at) VALUES (:id, :voter, :origin, :now) ON CONFLICT DO NOTHING"
            ),
            {"id": question.id, "voter": voter, "origin": origin, "now": now},
        ).rowcount
        if added and came >= most:
            raise asks.too_many("origin")
        return _votes(connection, question.id)


def unvote(region: Region, ref: str, voter: bytes) -> int:
    """They take their vote back. Twice is once. Returns the votes of the question.

    Raises:
        Refused: there is no such question.

    """
    with region.begin() as connection:
        question = _voted(connection, ref)
        connection.execute(
            text("DELETE FROM vote WHERE question_id = :id AND voter = :voter"),
            {"id": question.id, "voter": voter},
        )
        return _votes(connection, question.id)


def voted(region: Region, voter: bytes, refs: Collection[str]) -> set[str]:
    """Those of the questions that somebody voted for."""
    with region.begin() as connection:
        return set(
            connection.scalars(
                text(
                    "SELECT q.ref FROM vote v JOIN question q ON q.id = v.question_id WHERE v.voter = :voter AND q.ref = ANY(:refs)"
                ),
                {"voter": voter, "refs": list(refs)},
            )
        )


def _voted(connection: Connection, ref: str) -> Any:
    watches.hold_merges(connection)
    question = watches.where(connection, ref)
    if question is None:
        raise Refused(f"No question {ref}.")
    return question


def _votes(connection: Connection, question: int) -> int:
    return int(
        connection.scalar(text("SELECT count(*) FROM vote WHERE question_id = :id"), {"id": question}) or 0
    )
