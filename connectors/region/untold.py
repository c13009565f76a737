"""What was not sent, until a coach knows: reminders that were too late, that reached nobody, or that nobody can look up.

Belongs here: who is to be told of which, and that they were. Does not: the letter's words (connectors/mail), or the alert where a
session has no coach (tasks/reminders.py).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, text

from connectors.region import letters
from connectors.region.database import Region
from schemas.letters import ProgrammeLetter


class Untold(msgspec.Struct, frozen=True):
    """Reminders of one session, without a coach, that were not sent."""

    session: str
    title: str
    starts_at: dt.datetime
    reminders: tuple[int, ...]


def tell_coaches(region: Region, now: dt.datetime) -> int:
    """Write to each coach, one letter, of all that was not sent for their sessions. Returns how many reminders that tells of."""
    told = 0
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT r.id, s.coach_id FROM reminder r JOIN session s ON s.id = r.session_id JOIN coach c ON c.id = s.coach_id "
                "WHERE r.state IN ('parked', 'expired', 'unreachable') AND r.told_at IS NULL AND c.ended_at IS NULL "
                "ORDER BY r.id FOR UPDATE OF r SKIP LOCKED"
            )
        )
        of: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            of[row.coach_id].append(row.id)
        letters.write(
            connection,
            {
                f"untold.{coach}.{numbers[0]}": ProgrammeLetter("untold", coach, reminders=tuple(numbers))
                for coach, numbers in of.items()
            },
        )
        for numbers in of.values():
            told += _told(connection, numbers, now)
    return told


def without_coach(region: Region) -> list[Untold]:
    """What was not sent and no coach can be told of, by session: an alert must."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT s.ref, s.title, s.starts_at, array_agg(r.id ORDER BY r.id) AS reminders FROM reminder r "
                "JOIN session s ON s.id = r.session_id LEFT JOIN coach c ON c.id = s.coach_id AND c.ended_at IS NULL "
                "WHERE r.state IN ('parked', 'expired', 'unreachable') AND r.told_at IS NULL AND c.id IS NULL "
                "GROUP BY s.id ORDER BY s.starts_at, s.id"
            )
        )
        return [Untold(row.ref, row.title, row.starts_at, tuple(row.reminders)) for row in rows]


def mark_told(region: Region, reminders: Collection[int], now: dt.datetime) -> None:
    """An alert has told of these."""
    with region.begin() as connection:
        _told(connection, reminders, now)


def _told(connection: Connection, reminders: Collection[int], now: dt.datetime) -> int:
    return connection.execute(
        text("UPDATE reminder SET told_at = :now WHERE id = ANY(:ids) AND told_at IS NULL"),
        {"ids": list(reminders), "now": now},
    ).rowcount
