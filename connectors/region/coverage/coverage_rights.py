"""What students may ask for, and until when anything of them is kept.

Belongs here: export, erasure, and what goes by the clock. Does not: withdrawing a consent (media_consents.py).

A year after an event its media go, unless everybody whom they show agreed to longer; who is in nothing that is kept any more is
forgotten with their guardian.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.coverage import media, media_consents, students
from connectors.region.coverage.media_consents import Consent
from connectors.region.coverage.students import Student
from connectors.region.database import Region
from connectors.region.ledger import wants

KEPT: Final = dt.timedelta(days=365)  # after an event


class Export(msgspec.Struct, frozen=True):
    """Everything that is kept of a student: in ``media`` those that show them or that they made, by reference."""

    student: Student
    consents: list[Consent]
    crews: list[dict[str, Any]]
    media: list[dict[str, Any]]


class Tidied(msgspec.Struct, frozen=True):
    """What went: media, and students with their guardians."""

    media: int = 0
    students: int = 0


def export(region: Region, email: str, by: str, now: dt.datetime) -> Export:
    """What is kept of the student with that address. That somebody read it is noted.

    Raises:
        Misconfigured: there is none.

    """
    student = students.named(region, email)
    crews = (
        "SELECT e.name AS event, e.first_day, e.last_day, c.role FROM crew_member c JOIN event e ON e.id = c.event_id "
        "WHERE c.student_id = :id ORDER BY e.first_day"
    )
    shown = (
        "SELECT m.ref, m.kind, m.caption, m.state, m.scopes, m.created_at, m.published_at, m.author_id IS NOT DISTINCT FROM :id AS made "
        "FROM medium m WHERE m.author_id = :id OR EXISTS (SELECT FROM medium_person p WHERE p.medium_id = m.id AND p.student_id = :id) "
        "ORDER BY m.id"
    )
    with region.begin() as connection:
        kept = Export(
            student,
            media_consents.of(region, student.id),
            [dict(row._mapping) for row in connection.execute(text(crews), {"id": student.id})],  # noqa: SLF001 - SQLAlchemy's name for it
            [dict(row._mapping) for row in connection.execute(text(shown), {"id": student.id})],  # noqa: SLF001
        )
        acts.note(connection, "exported", "student", [student.id], by, now)
    return kept


def erase(region: Region, email: str, by: str, now: dt.datetime) -> int:
    """Forget a student and their guardian: whatever shows them is taken down and deleted. Returns how many media that is.

    Raises:
        Misconfigured: there is none.

    """
    student = students.named(region, email)
    with region.begin() as connection:
        gone = erase_in(connection, student.id, now)
        acts.note(connection, "erased", "student", [student.id], by, now)
    return gone


def erase_in(connection: Connection, student: int, now: dt.datetime) -> int:
    """``erase`` by number, in a transaction; twice is once."""
    students.lock(connection, [student])
    forget(connection, [student], now)
    media_consents.follow(connection, media_consents.CLOCK, now, student=student)
    return _delete_media(
        connection, "id IN (SELECT medium_id FROM medium_person WHERE student_id = :id)", {"id": student}
    )


def tidy(region: Region, now: dt.datetime) -> Tidied:
    """Delete media and forget students whose time is over. What is published goes when the consents end (media_consents.expire)."""
    values = {"before": (now - KEPT).date(), "now": now}
    with region.begin() as connection:
        gone = _delete_media(
            connection,
            "state <> 'published' AND slot_id IN (SELECT s.id FROM slot s JOIN event e ON e.id = s.event_id "
            "WHERE e.last_day < :before)",
            values,
        )
        over = connection.scalars(text(_OVER), values).all()
        students.lock(connection, over)
        forget(connection, over, now)
        return Tidied(gone, len(over))


# In no crew of an event that is less than a year old, in no medium or slot, with no consent that holds, and not just made known.
_OVER: Final = """
    SELECT s.id FROM student s WHERE s.erased_at IS NULL AND s.created_at < :before
    AND NOT EXISTS (SELECT FROM crew_member c JOIN event e ON e.id = c.event_id WHERE c.student_id = s.id AND e.last_day >= :before)
    AND NOT EXISTS (SELECT FROM slot_person p JOIN slot t ON t.id = p.slot_id JOIN event e ON e.id = t.event_id
        WHERE p.student_id = s.id AND e.last_day >= :before)
    AND NOT EXISTS (SELECT FROM medium_person p WHERE p.student_id = s.id)
    AND NOT EXISTS (SELECT FROM media_consent g WHERE g.student_id = s.id AND g.withdrawn_at IS NULL AND g.expires_at > :now)
    ORDER BY s.id
"""


_EMPTY: Final = "name = NULL, email = NULL, born = NULL, guardian_name = NULL, guardian_email = NULL"


def forget(connection: Connection, ids: Sequence[int], now: dt.datetime) -> None:
    """Erase what is personal of locked students, their guardians' data and their consents with it."""
    values = {"ids": list(ids), "now": now}
    for statement in (
        "DELETE FROM media_consent WHERE student_id = ANY(:ids)",
        "DELETE FROM crew_member WHERE student_id = ANY(:ids)",
        "UPDATE medium SET author_id = NULL WHERE author_id = ANY(:ids)",
        f"UPDATE student SET {_EMPTY}, erased_at = :now WHERE id = ANY(:ids)",
    ):
        connection.execute(text(statement), values)


def _delete_media(connection: Connection, condition: str, values: dict[str, Any]) -> int:
    """Delete media with their files and their lines of the roll, and want them gone from wherever they may still be."""
    gone = connection.execute(text(f"DELETE FROM medium WHERE {condition} RETURNING ref, turn"), values).all()
    for ref, turn in gone:
        if turn:  # it was on Instagram once
            wants.want(connection, media.INSTAGRAM, ref, None)
    return len(gone)
