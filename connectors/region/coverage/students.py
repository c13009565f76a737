"""The students who cover events, and what each has agreed to.

Belongs here: statements on ``student``, and reading consents for the rule (core/consents.py). Does not: giving and withdrawing them
(media_consents.py), erasing (coverage_rights.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.sessions.sessions import shown
from core.consents import Given, Person, is_minor
from core.days import paris_day
from schemas.coverage import Giver
from schemas.errors import Misconfigured, Refused


class Student(msgspec.Struct, frozen=True):
    """A student. Whoever is a minor has a guardian, who is asked too."""

    id: int
    name: str
    email: str
    born: dt.date
    guardian_name: str | None
    guardian_email: str | None

    def minor(self, now: dt.datetime) -> bool:
        """Whether they are under age today."""
        return is_minor(self.born, paris_day(now))

    def address(self, giver: Giver) -> str | None:
        """Where who gives the consent is written to."""
        return self.email if giver == "student" else self.guardian_email

    def word(self, giver: Giver, event: int) -> str:
        """What the link of somebody who is asked names. Another address, another link: the old one opens nothing."""
        address = hashlib.sha256((self.address(giver) or "").lower().encode()).hexdigest()[:8]
        return f"{self.id}.{giver}.{event}.{address}"


_COLUMNS: Final = ", ".join(Student.__struct_fields__)


def keep(
    region: Region,
    name: str,
    email: str,
    born: dt.date,
    guardian: tuple[str, str] | None,
    now: dt.datetime,
) -> Student:
    """Keep a student, known by the e-mail address: what is said now counts. ``guardian``: their name and address.

    Raises:
        Refused: a minor without a guardian, or one whose guardian has their own address.

    """
    if is_minor(born, paris_day(now)) and guardian is None:
        raise Refused(
            f"{name} is a minor: give the legal guardian's name and e-mail address, who is asked too."
        )
    if guardian and guardian[1].lower() == email.lower():
        raise Refused("The legal guardian needs an address of their own: the student reads this one.")
    values = {
        "name": name,
        "email": email,
        "guardian_name": guardian and guardian[0],
        "guardian_email": guardian and guardian[1],
    }
    with region.begin() as connection:
        row = connection.execute(
            text(
                "INSERT INTO student (name, email, born, guardian_name, guardian_email, created_at) VALUES "
                "(:name, :email, :born, :guardian_name, :guardian_email, :now) ON CONFLICT (lower(email)) DO UPDATE SET "
                "name = excluded.name, born = excluded.born, guardian_name = excluded.guardian_name, "
                f"guardian_email = excluded.guardian_email RETURNING {_COLUMNS}"
            ),
            {**shown(values), "born": born, "now": now},
        ).one()
        acts.note(connection, "kept", "student", [row.id], now=now)
    return Student(*row)


def listed(region: Region, event: int | None = None) -> list[Student]:
    """Students by name; of an event's crew, or all."""
    crew = "WHERE id IN (SELECT student_id FROM crew_member WHERE event_id = :event)" if event else ""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM (SELECT * FROM student WHERE erased_at IS NULL) s {crew} ORDER BY name, id"
            ),
            {"event": event},
        )
        return [Student(*row) for row in rows]


def get(connection: Connection, number: int) -> Student | None:
    """The student of that number, until they were erased."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM student WHERE id = :id AND erased_at IS NULL"), {"id": number}
    ).one_or_none()
    return None if row is None else Student(*row)


def named(region: Region, email: str) -> Student:
    """The student with that address.

    Raises:
        Misconfigured: there is none.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM student WHERE lower(email) = lower(:email)"), {"email": email}
        ).one_or_none()
    if row is None:
        raise Misconfigured(f"No student {email}: `boostez student list` shows which there are.")
    return Student(*row)


def lock(connection: Connection, ids: Collection[int]) -> None:
    """Hold what these students have agreed to as it is until this transaction ends. Before any medium or slot is locked."""
    connection.execute(
        text("SELECT FROM student WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": list(ids)}
    )


def people(connection: Connection, ids: Collection[int]) -> list[Person]:
    """These students as the rule looks at them, with every consent that was ever given for them."""
    return list(by_number(connection, ids).values())


def by_number(connection: Connection, ids: Collection[int]) -> dict[int, Person]:
    """The same, by number."""
    given: dict[int, list[Given]] = {each: [] for each in ids}
    rows = connection.execute(
        text(
            "SELECT student_id, kind, scopes, event_id, given_by, given_at, expires_at, withdrawn_at FROM media_consent "
            "WHERE student_id = ANY(:ids) ORDER BY id"
        ),
        {"ids": list(ids)},
    )
    for row in rows:
        given[row.student_id].append(Given(row.kind, frozenset(row.scopes), *row[3:]))
    named = connection.execute(
        text("SELECT id, name, born FROM student WHERE id = ANY(:ids) ORDER BY id"), {"ids": list(ids)}
    )
    return {row.id: Person(row.name or "somebody", row.born, tuple(given[row.id])) for row in named}
