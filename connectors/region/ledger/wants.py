"""Things that must be in a place, each with what it says: a dialogue on the Page, in a calendar, as a live video.

Belongs here: having one be there, say something else, or go. Does not: offers, which whole plans compare (publishing/planning.py), what
happens once only (once.py), or carrying it out (ledger.py).
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region


def want(
    connection: Connection,
    channel: str,
    subject: str,
    content: bytes | None,
    *,
    not_before: dt.datetime | None = None,
) -> bool:
    """Have a channel show ``content`` (JSON) for a subject, or nothing, in the transaction that decides so.

    Not called before ``not_before``. Returns whether that changes what is wanted; the same again changes nothing but the instant.
    """
    connection.execute(
        text("INSERT INTO channel (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": channel}
    )
    values = {"channel": channel, "subject": subject, "not_before": not_before}
    if content is None:
        return bool(connection.execute(text(_UNWANT), values).rowcount)
    changed = connection.execute(text(_WANT), {**values, "content": content.decode()}).rowcount
    if not changed:
        connection.execute(text(_WHEN), values)
    return bool(changed)


def is_there(connection: Connection, channel: str, subject: str) -> bool:
    """Whether a channel shows a subject, or may: something of it arrived, or nobody knows."""
    return bool(
        connection.execute(
            text(
                "SELECT EXISTS (SELECT FROM effect WHERE channel = :channel AND subject = :subject "
                "AND (live_hash IS NOT NULL OR state IN ('intent', 'unknown', 'parked')))"
            ),
            {"channel": channel, "subject": subject},
        ).scalar_one()
    )


class Shown(msgspec.Struct, frozen=True):
    """What a channel shows of a subject, under which marker, as far as receipts tell."""

    subject: str
    marker: str
    content: bytes


def shown(region: Region, channel: str, ending: str = "") -> list[Shown]:
    """Everything that a channel shows, and nothing is under way of; of those subjects that end so."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT subject, marker, content::text AS content FROM effect WHERE channel = :channel AND state = 'done' "
                "AND live_hash IS NOT NULL AND live_hash = wanted_hash AND right(subject, length(:ending)) = :ending ORDER BY id"
            ),
            {"channel": channel, "ending": ending},
        )
        return [Shown(row.subject, row.marker, row.content.encode()) for row in rows]


# What is under way is not disturbed: its receipt compares what was sent with what is wanted by then.
_FOLLOWING = """
    state = CASE WHEN e.state IN ('intent', 'unknown', 'parked') THEN e.state
                 WHEN e.live_hash IS NOT DISTINCT FROM {wanted} THEN 'done' ELSE 'planned' END,
    not_before = CASE WHEN e.state IN ('intent', 'unknown', 'parked') THEN e.not_before ELSE cast(:not_before AS timestamptz) END,
    attempts = 0, error = NULL, cause = NULL, held_by = NULL, changed_at = now()
"""
_WANT = f"""
    INSERT INTO effect AS e (channel, subject, wanted_hash, state, content, not_before)
    VALUES (:channel, :subject, sha256(convert_to(:content, 'UTF8')), 'planned', cast(:content AS jsonb), :not_before)
    ON CONFLICT (channel, subject) DO UPDATE SET wanted_hash = excluded.wanted_hash, content = excluded.content,
    {_FOLLOWING.format(wanted="excluded.wanted_hash")}
    WHERE e.wanted_hash IS DISTINCT FROM excluded.wanted_hash
"""
_UNWANT = f"""
    UPDATE effect e SET wanted_hash = NULL, {_FOLLOWING.format(wanted="NULL::bytea")}
    WHERE e.channel = :channel AND e.subject = :subject AND e.wanted_hash IS NOT NULL
"""
_WHEN = """
    UPDATE effect SET not_before = :not_before
    WHERE channel = :channel AND subject = :subject AND state = 'planned' AND attempts = 0
"""
