"""What was not sent, until a coach knows: reminders that were too late, that reached nobody, or that nobody can look up.

Belongs here: who is to be told of which, and that they were. Does not: the letter's words (connectors/mail), or the alert where a
session has no coach (tasks/reminders.py).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.alerting import alerts
from connectors.region.database import Region
from connectors.region.ledger import letters
from schemas.letters import ProgrammeLetter


class Untold(msgspec.Struct, frozen=True):
    """Reminders of one session that were not sent, and that no letter to a coach tells."""

    session: str
    title: str
    starts_at: dt.datetime
    reminders: tuple[int, ...]

    @property
    def cause(self) -> str:
        """What the alert about them is known by."""
        return f"reminders {self.session} {self.reminders[0]}"


_UNTOLD: Final = "r.state IN ('parked', 'expired', 'unreachable') AND r.told_at IS NULL"


def tell_coaches(region: Region, now: dt.datetime) -> int:
    """Write to each coach, one letter, of all that was not sent for their sessions. Returns how many reminders that tells of."""
    told = 0
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT r.id, s.coach_id FROM reminder r JOIN session s ON s.id = r.session_id JOIN coach c ON c.id = s.coach_id "
                f"WHERE {_UNTOLD} AND r.told_by IS NULL AND c.ended_at IS NULL ORDER BY r.id FOR UPDATE OF r SKIP LOCKED"
            )
        )
        of: dict[int, list[int]] = defaultdict(list)
        for row in rows:
            of[row.coach_id].append(row.id)
        wanted = {f"untold.{coach}.{numbers[0]}": numbers for coach, numbers in of.items()}
        written = letters.write(
            connection,
            {
                subject: ProgrammeLetter("untold", coach, reminders=tuple(of[coach]))
                for subject, coach in zip(wanted, of, strict=True)
            },
        )
        for subject, numbers in wanted.items():
            told += _told(connection, numbers, now, written[subject])
    return told


def call_back(region: Region) -> int:
    """Have an alert tell what letters to coaches should have told and did not. Returns how many reminders.

    The relay refused the letter, say, or the coach ended before it left. One that is parked is not called back, unless staff have
    it sent again and it comes to nothing: nobody knows whether it arrived, and its channel's alert says so.
    """
    with region.begin() as connection:
        return connection.execute(
            text(
                "WITH ended AS (SELECT r.id, e.state = 'rejected' AND r.state IN ('parked', 'expired', 'unreachable') "
                "AND s.state = 'open' AND n.state NOT IN ('left', 'waiting') AND c.erased_at IS NULL AS lost "
                "FROM reminder r JOIN effect e ON e.id = r.told_by JOIN session s ON s.id = r.session_id "
                "JOIN enrolment n ON n.id = r.enrolment_id JOIN contact c ON c.id = r.contact_id "
                "WHERE r.told_by IS NOT NULL AND r.told_at IS NOT NULL AND e.state IN ('done', 'rejected') "
                "ORDER BY r.id FOR UPDATE OF r SKIP LOCKED), "
                "over AS (UPDATE reminder r SET told_by = NULL FROM ended w WHERE r.id = w.id AND NOT w.lost) "
                "UPDATE reminder r SET told_at = NULL FROM ended w WHERE r.id = w.id AND w.lost"
            )
        ).rowcount


def without_coach(region: Region) -> list[Untold]:
    """What was not sent and no coach can be told of, by session: an alert must."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT s.ref, s.title, s.starts_at, array_agg(r.id ORDER BY r.id) AS reminders FROM reminder r "
                "JOIN session s ON s.id = r.session_id LEFT JOIN coach c ON c.id = s.coach_id AND c.ended_at IS NULL "
                f"WHERE {_UNTOLD} AND (c.id IS NULL OR r.told_by IS NOT NULL) GROUP BY s.id ORDER BY s.starts_at, s.id"
            )
        )
        return [Untold(row.ref, row.title, row.starts_at, tuple(row.reminders)) for row in rows]


def alert(region: Region, untold: Untold, title: str, message: str, now: dt.datetime) -> bool:
    """Have an alert tell of these. Returns whether it does: not when somebody else has just done so.

    One commit: told is told, so the alert never stands open, and these are in no other.
    """
    with region.begin() as connection:
        if _told(connection, untold.reminders, now, None) < len(untold.reminders):
            connection.rollback()
            return False
        alerts.add(connection, untold.cause, title, message, now)
        alerts.end(connection, now, untold.cause)
    return True


def _told(connection: Connection, reminders: Collection[int], now: dt.datetime, by: int | None) -> int:
    return connection.execute(
        text("UPDATE reminder SET told_at = :now, told_by = :by WHERE id = ANY(:ids) AND told_at IS NULL"),
        {"ids": list(reminders), "now": now, "by": by},
    ).rowcount
