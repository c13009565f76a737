"""What letters about questions tell, as it is when they are sent.

Belongs here: reading it. Does not: when a letter is called for (asks.py, people/watches.py), or its words (connectors/mail/questions.py).
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.questions import questions
from connectors.region.questions.asks import Kind
from connectors.region.questions.questions import Question
from connectors.region.sessions import sessions
from connectors.region.sessions.sessions import Session


class Unconfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for its link to be pressed. Of whoever asks nothing is told but the address, and nothing that they wrote.

    ``session`` is that of the ``dialogue`` (a reference) that they follow; ``question`` the one that they ask, or watch.
    """

    ref: str
    kind: Kind
    email: str
    created_at: dt.datetime
    session: Session | None
    dialogue: str | None
    question: Question | None


def unconfirmed(region: Region, ask: int) -> Unconfirmed | None:
    """What was asked for under that number; None when it was confirmed or deleted."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                f"SELECT a.ref AS asked, a.kind AS how, a.email, a.created_at, a.question_id, d.ref AS dialogue, {sessions.COLUMNS} "
                "FROM ask a LEFT JOIN session s ON s.id = a.session_id LEFT JOIN dialogue d ON d.session_id = s.id "
                "WHERE a.id = :id AND a.confirmed_at IS NULL"
            ),
            {"id": ask},
        ).one_or_none()
        if row is None:
            return None
        question = None if row.question_id is None else questions.get(connection, row.question_id)
    session = {name.removeprefix("s."): None for name in sessions.COLUMNS.split(", ")}
    return Unconfirmed(
        ref=row.asked,
        kind=row.how,
        email=row.email,
        created_at=row.created_at,
        session=None if row.id is None else Session(**{name: getattr(row, name) for name in session}),
        dialogue=row.dialogue,
        question=question,
    )


class Concerned(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a question concerns: they asked it, or watch it, or what it was merged ``into``.

    ``email`` is there when it works.
    """

    contact: int
    name: str | None
    email: str | None
    is_author: bool
    watches: bool
    question: Question
    into: Question | None


def concerned(region: Region, question: int, contact: int) -> Concerned | None:
    """How a question concerns somebody now; None when it is gone."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT c.name, CASE WHEN c.mail_stopped IS NULL THEN c.email END AS email, q.into_id, "
                "coalesce(q.contact_id = c.id, false) AS is_author, EXISTS (SELECT FROM watch w WHERE w.contact_id = c.id "
                "AND w.question_id = coalesce(q.into_id, q.id)) AS watches FROM question q, contact c "
                "WHERE q.id = :question AND c.id = :contact"
            ),
            {"question": question, "contact": contact},
        ).one_or_none()
        if row is None:
            return None
        return Concerned(
            contact=contact,
            name=row.name,
            email=row.email,
            is_author=row.is_author,
            watches=row.watches,
            question=questions.get(connection, question),
            into=None if row.into_id is None else questions.get(connection, row.into_id),
        )
