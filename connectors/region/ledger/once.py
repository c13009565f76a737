"""Once-only effects: something that must happen one time, and is its own plan.

Belongs here: putting them in the ledger, having one say more while nobody has begun it. Does not: what they say
(schemas/letters.py, connectors/alerts), or carrying them out (ledger.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import Connection, text


def plan(connection: Connection, channel: str, wanted: Mapping[str, bytes]) -> dict[str, int]:
    """Have them happen, in the transaction that calls for them: what each says, by subject.

    Returns the numbers of those that are new, by subject: what was planned before happens no second time.
    """
    if not wanted:
        return {}
    connection.execute(
        text("INSERT INTO channel (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": channel}
    )
    rows = connection.execute(
        text(
            "INSERT INTO effect (channel, subject, wanted_hash, state, content) SELECT :channel, subject, sha256(convert_to(said, "
            "'UTF8')), 'planned', said::jsonb FROM unnest(cast(:subjects AS text[]), cast(:contents AS text[])) AS w (subject, said) "
            "ON CONFLICT (channel, subject) DO NOTHING RETURNING id, subject"
        ),
        {
            "channel": channel,
            "subjects": list(wanted),
            "contents": [content.decode() for content in wanted.values()],
        },
    )
    return {row.subject: row.id for row in rows}


def rewrite(connection: Connection, effect: int, content: bytes) -> bool:
    """Have a planned effect say something else. Returns whether nobody had begun it."""
    return bool(
        connection.execute(
            text(
                "UPDATE effect SET content = cast(:content AS jsonb), wanted_hash = :hash, changed_at = now() "
                "WHERE id = :id AND state = 'planned'"
            ),
            {"id": effect, "hash": hashlib.sha256(content).digest(), "content": content.decode()},
        ).rowcount
    )
