"""Firms: one record a SIRET.

Belongs here: statements on ``firm``. Does not: who works there (contacts.py), which records are one firm (core/firms_matching.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from schemas.firm import FirmDraft, Level

_FIELDS: Final = FirmDraft.__struct_fields__


def keep(connection: Connection, draft: FirmDraft, level: Level | None, origin: str, now: dt.datetime) -> int:
    """Keep a firm, or what is new of one that is known: what is there stays. Returns its number."""
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


def department_of(draft: FirmDraft) -> str | None:
    """The department that a firm is in, by its commune, else by its postal code (which crosses no department of the Region)."""
    code = draft.commune or draft.postal_code
    return code[:2] if code else None
