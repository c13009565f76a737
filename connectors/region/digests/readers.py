"""Readers: who has a role's digest, and who wants none any more.

Belongs here: officials and coaches as readers, statements on ``digest_stop``. Does not: readers of the reviewed file
(connectors/digest_rules.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import Connection, text

from connectors.region.database import Region
from core.digests.rules import TABLES, Reader, Rule
from schemas.letters import Role

_TABLES: Final[dict[Role, str]] = {"officials": "official", "coaches": "coach"}


def every(connection: Connection, role: Role, rule: Rule) -> list[Reader]:
    """Whoever is to have a role's digest, also who wants none, by name."""
    if role not in TABLES:
        return sorted(rule.readers, key=lambda reader: reader.name)
    rows = connection.execute(
        text(
            f"SELECT id::text, name, email FROM {_TABLES[role]} WHERE ended_at IS NULL AND email IS NOT NULL ORDER BY name, id"
        )
    )
    return [Reader(*row) for row in rows]


def stopped(connection: Connection, role: Role) -> frozenset[str]:
    """The keys of those who want none."""
    return frozenset(
        connection.scalars(text("SELECT reader FROM digest_stop WHERE role = :role"), {"role": role})
    )


def wanting(connection: Connection, role: Role, rule: Rule) -> list[Reader]:
    """Whoever is to have a role's digest and wants it, by name."""
    none = stopped(connection, role)
    return [each for each in every(connection, role, rule) if each.key not in none]


def stop(region: Region, role: Role, reader: str, now: dt.datetime) -> None:
    """They want none any more. Twice is once."""
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO digest_stop (role, reader, stopped_at) VALUES (:role, :reader, :now) ON CONFLICT DO NOTHING"
            ),
            {"role": role, "reader": reader, "now": now},
        )


def resume(region: Region, role: Role, reader: str) -> None:
    """They want it again."""
    with region.begin() as connection:
        connection.execute(
            text("DELETE FROM digest_stop WHERE role = :role AND reader = :reader"),
            {"role": role, "reader": reader},
        )
