"""Coaches: who accompanies firms, and where they are written to.

Belongs here: statements on ``coach``. Does not: their sessions (sessions/sessions.py) or cohorts (cohorts.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import text

from connectors.region.access import acts
from connectors.region.database import Region
from schemas.errors import Misconfigured


class Coach(msgspec.Struct, frozen=True):
    """A coach: the departments they work in, when (schemas.firm.SLOTS), and how many cohorts they take at once."""

    id: int
    name: str
    email: str
    departments: tuple[str, ...]
    availability: tuple[str, ...]
    cohorts: int
    ended_at: dt.datetime | None


_COLUMNS: Final = ", ".join(Coach.__struct_fields__)


def _coach(row: Any) -> Coach:
    told = row._asdict()
    lists = {name: tuple(told[name]) for name in ("departments", "availability")}
    return Coach(**{**told, **lists})


def keep(
    region: Region,
    name: str,
    email: str,
    *,
    departments: Sequence[str] = (),
    availability: Sequence[str] = (),
    cohorts: int = 2,
) -> Coach:
    """Keep a coach, known by the e-mail address: what is said now counts, and they are active again."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                "INSERT INTO coach (name, email, departments, availability, cohorts) VALUES (:name, :email, "
                "cast(:departments AS jsonb), cast(:availability AS jsonb), :cohorts) ON CONFLICT ((lower(email))) DO UPDATE SET "
                "name = excluded.name, departments = excluded.departments, availability = excluded.availability, "
                f"cohorts = excluded.cohorts, ended_at = NULL RETURNING {_COLUMNS}"
            ),
            {
                "name": name,
                "email": email,
                "departments": msgspec.json.encode(list(departments)).decode(),
                "availability": msgspec.json.encode(list(availability)).decode(),
                "cohorts": cohorts,
            },
        ).one()
        acts.note(connection, "kept", "coach", [row.id])
    return _coach(row)


def listed(region: Region, *, every: bool = False) -> list[Coach]:
    """The coaches, by name; with ``every`` also those who have ended, until they are forgotten (programme_retention.py)."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM coach WHERE {'name IS NOT NULL' if every else 'ended_at IS NULL'} ORDER BY name, id"
            )
        )
        return [_coach(row) for row in rows]


def named(region: Region, email: str) -> Coach:
    """The coach with that e-mail address.

    Raises:
        Misconfigured: there is none.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM coach WHERE lower(email) = lower(:email)"), {"email": email}
        ).one_or_none()
    if row is None:
        raise Misconfigured(f"No coach {email}: `boostez coach list` shows who there are.")
    return _coach(row)


def get(region: Region, number: int) -> Coach | None:
    """The coach of that number."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM coach WHERE id = :id"), {"id": number}
        ).one_or_none()
    return None if row is None else _coach(row)


def end(region: Region, email: str, now: dt.datetime) -> Coach:
    """They coach no more: nothing is told to them from now on. Their sessions stay, and alerts tell of those instead.

    Raises:
        Misconfigured: there is no such coach.

    """
    coach = named(region, email)
    with region.begin() as connection:
        ended = connection.execute(
            text("UPDATE coach SET ended_at = :now WHERE id = :id AND ended_at IS NULL"),
            {"id": coach.id, "now": now},
        )
        acts.note(connection, "changed", "coach", [coach.id] * ended.rowcount, now=now, why="coaches no more")
    return named(region, email)
