"""Watches: who wants to be told what becomes of a question, and having them told.

Belongs here: statements on ``watch``, the locks of questions that merge, and which letter goes to whom. Does not: a question's steps
(questions/moderation.py), or what a letter tells when it is sent (questions/question_letters.py).

A question that is merged has no watches of its own: they are the other's. So whoever adds one, or a vote, finds out first where a
question leads, and holds merges back meanwhile. That lock comes before the questions' own, and those before people's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final, Literal

from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.ledger import letters
from schemas.letters import QuestionLetter

Told = Literal["published", "refused", "merged", "answered"]
_LOCK: Final = 72_009  # advisory lock: held alone by a merge, shared by whoever follows one


def hold_merges(connection: Connection, *, alone: bool = False) -> None:
    """No question is merged until this transaction ends, but by itself when it is ``alone``."""
    shared = "" if alone else "_shared"
    connection.execute(text(f"SELECT pg_advisory_xact_lock{shared}(:lock)"), {"lock": _LOCK})


def where(connection: Connection, which: int | str, lock: str = "") -> Any:
    """Number, reference and state of the question that a number or reference leads to; None when there is none. Merges are held."""
    key = "ref" if isinstance(which, str) else "id"
    return connection.execute(
        text(
            "SELECT q.id, q.ref, q.state FROM question o JOIN question q ON q.id = coalesce(o.into_id, o.id) "
            f"WHERE o.{key} = :which {lock}"
        ),
        {"which": which},
    ).one_or_none()


def add(connection: Connection, question: int, contact: int, now: dt.datetime) -> None:
    """Somebody wants to know what becomes of a question: of the one that it leads to. When that has ended, they are told now."""
    hold_merges(connection)
    found = where(connection, question, "FOR NO KEY UPDATE OF q")
    connection.execute(
        text(
            "INSERT INTO watch (question_id, contact_id, at) SELECT id, :contact, :now FROM question WHERE id = :id "
            "AND contact_id IS DISTINCT FROM :contact ON CONFLICT DO NOTHING"
        ),
        {"id": found.id, "contact": contact, "now": now},
    )
    if found.state in {"answered", "refused"}:
        tell(connection, found.id, found.state, [contact])


def end(region: Region, question: int, contact: int) -> bool:
    """They do not want to know any more, by one click. Twice is once. Returns whether they did until now."""
    with region.begin() as connection:
        hold_merges(connection)
        found = where(connection, question)
        if found is None:
            return False
        return bool(
            connection.execute(
                text("DELETE FROM watch WHERE question_id = :id AND contact_id = :contact"),
                {"id": found.id, "contact": contact},
            ).rowcount
        )


def concerned(connection: Connection, question: int) -> list[int]:
    """The author of a locked question, when they are known and not forgotten, and everybody who watches it."""
    return list(
        connection.scalars(
            text(
                "SELECT q.contact_id FROM question q JOIN contact c ON c.id = q.contact_id WHERE q.id = :id AND c.erased_at IS NULL "
                "UNION SELECT contact_id FROM watch WHERE question_id = :id ORDER BY 1"
            ),
            {"id": question},
        )
    )


def tell(connection: Connection, question: int, kind: Told, people: Iterable[int]) -> None:
    """Write to people what became of a question. The same twice is one letter."""
    letters.write(
        connection,
        {
            f"question.{kind}.{question}.{contact}": QuestionLetter(kind, question, contact)
            for contact in people
        },
    )
