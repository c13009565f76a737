"""Firms: one record a SIRET.

Belongs here: statements on ``firm``. Does not: who works there (people/contacts.py), which records are one firm (core/firms_matching.py),
making two one (merges.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from schemas.firm import FirmDraft, Level

_FIELDS: Final = FirmDraft.__struct_fields__


def keep(connection: Connection, draft: FirmDraft, level: Level | None, origin: str, now: dt.datetime) -> int:
    """Keep a firm, or what is new of one that is known: what is there stays. Returns its number.

    The SIRET of one that was merged is the other's: what is told of the one is not true of the other.
    """
    if (kept := merged(connection, draft.siret)) is not None:
        return kept
    filled = ", ".join(f"{name} = coalesce(firm.{name}, excluded.{name})" for name in (*_FIELDS[1:], "level"))
    number: int = connection.execute(
        text(
            f"INSERT INTO firm ({', '.join(_FIELDS)}, level, department, origin, created_at, changed_at) VALUES "
            f"({', '.join(f':{name}' for name in _FIELDS)}, :level, :department, :origin, :now, :now) "
            f"ON CONFLICT (siret) DO UPDATE SET {filled}, department = coalesce(firm.department, excluded.department), "
            "changed_at = :now RETURNING id"
        ),
        {
            **msgspec.structs.asdict(draft),
            "level": level,
            "department": department_of(draft),
            "origin": origin,
            "now": now,
        },
    ).scalar_one()
    return number


def merged(connection: Connection, siret: str) -> int | None:
    """The firm that the one with that SIRET was merged into, if it was."""
    number: int | None = connection.execute(
        text("SELECT kept FROM firm_merge WHERE dropped ->> 'siret' = :siret AND undone_at IS NULL"),
        {"siret": siret},
    ).scalar_one_or_none()
    return number


def change(connection: Connection, number: int, facts: Mapping[str, str], now: dt.datetime) -> None:
    """Change what is known of a firm, by the names of ``FirmDraft``; its department follows its place."""
    sets = [f"{name} = :{name}" for name in _FIELDS[1:] if name in facts]
    if not sets:
        return
    connection.execute(
        text(f"UPDATE firm SET {', '.join(sets)}, changed_at = :now WHERE id = :id"),
        {**facts, "now": now, "id": number},
    )
    connection.execute(
        text(
            "UPDATE firm SET department = coalesce(left(coalesce(commune, postal_code), 2), department) WHERE id = :id"
        ),
        {"id": number},
    )


def department_of(draft: FirmDraft) -> str | None:
    """The department that a firm is in, by its commune, else by its postal code (which crosses no department of the Region)."""
    code = draft.commune or draft.postal_code
    return code[:2] if code else None
