"""What is one resident's of dialogues: what they ask for, ask and watch, forgotten with them.

Belongs here: statements that lock, delete and empty it. Does not: finding a person and the rest of what is theirs (persons.py,
contacts.py), or the terms (programme_retention.py).

A question that everybody reads stays without its author's name: it was read before, and others have voted and wait. One that nobody
has read goes. What was refused after all is not read any more, so it is emptied: others may lead there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from connectors.region.people import watches

_ADDRESS: Final = "IN (SELECT lower(email) FROM contact WHERE id = ANY(:ids))"
_UNCONFIRMED: Final = (
    f"""DELETE FROM question WHERE state = 'unconfirmed' AND id IN
    (SELECT question_id FROM ask WHERE kind = 'question' AND confirmed_at IS NULL AND lower(email) {_ADDRESS})""",
    f"DELETE FROM ask WHERE confirmed_at IS NULL AND lower(email) {_ADDRESS}",
)
_FORGOTTEN: Final = (
    "DELETE FROM question WHERE contact_id = :id AND published_at IS NULL",
    """UPDATE question SET author = NULL, asked_from = NULL, body = CASE state WHEN 'refused' THEN '' ELSE body END,
    reason = split_part(reason, E'\\n', 1) WHERE contact_id = :id""",
    "DELETE FROM ask WHERE contact_id = :id",
    "DELETE FROM watch WHERE contact_id = :id",
)


def delete_unconfirmed(connection: Connection, people: Sequence[int]) -> int:
    """Delete what was asked for with people's addresses and nobody has confirmed. Returns how much."""
    connection.execute(
        text(
            f"SELECT FROM ask WHERE confirmed_at IS NULL AND lower(email) {_ADDRESS} ORDER BY id FOR UPDATE"
        ),
        {"ids": list(people)},
    )
    return sum(
        connection.execute(text(statement), {"ids": list(people)}).rowcount for statement in _UNCONFIRMED
    )


def lock(connection: Connection, people: Sequence[int]) -> int:
    """Nobody changes or merges people's questions until this transaction ends. Returns how many. Before the people are locked."""
    watches.hold_merges(connection)
    return len(
        connection.execute(
            text("SELECT id FROM question WHERE contact_id = ANY(:ids) ORDER BY id FOR UPDATE"),
            {"ids": list(people)},
        ).all()
    )


def erase(connection: Connection, contact: int) -> None:
    """Forget what is theirs."""
    for statement in _FORGOTTEN:
        connection.execute(text(statement), {"id": contact})
