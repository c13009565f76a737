"""Once-only effects: something that must happen one time, and is its own plan.

Belongs here: putting them in the ledger. Does not: what they say (schemas/letters.py, connectors/alerts), or carrying them out
(ledger.py).
"""

from __future__ import annotations

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
