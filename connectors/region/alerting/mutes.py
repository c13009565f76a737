"""Mutes: causes of which nobody is told for a while, because a person said so and why.

Belongs here: beginning and ending one, which there are. Does not: what a mute does (core/alerting.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from schemas.errors import Misconfigured

LONGEST: Final = dt.timedelta(days=14)


class Mute(msgspec.Struct, frozen=True):
    """``pattern``: a cause, or how causes begin and a ``*``."""

    id: int
    pattern: str
    by: str
    why: str
    muted_at: dt.datetime
    until: dt.datetime


def mute(region: Region, pattern: str, by: str, why: str, until: dt.datetime, now: dt.datetime) -> int:
    """Have nobody told of these causes until then. Returns the mute's number.

    Raises:
        Misconfigured: it would mute everything, or for too long.

    """
    if not pattern.removesuffix("*").strip() or "*" in pattern[:-1]:
        raise Misconfigured(
            f"{pattern!r}: name a cause, or how causes begin and a *. Everything cannot be muted."
        )
    if not now < until <= now + LONGEST:
        raise Misconfigured(f"A mute lasts {LONGEST.days} days at most: mute it again when it ends.")
    with region.begin() as connection:
        number = connection.execute(
            text(
                "INSERT INTO alert_mute (pattern, by, why, muted_at, until) "
                "VALUES (:pattern, :by, :why, :now, :until) RETURNING id"
            ),
            {"pattern": pattern, "by": by, "why": why, "now": now, "until": until},
        ).scalar_one()
        acts.note(
            connection, "muted", "mute", [number], by, now, why=f"{pattern} until {until:%Y-%m-%dT%H:%MZ}"
        )
    return int(number)


def unmute(region: Region, number: int, by: str, now: dt.datetime) -> bool:
    """End a mute now. Returns whether it held."""
    with region.begin() as connection:
        held = connection.execute(
            text(
                "UPDATE alert_mute SET ended_at = :now, ended_by = :by "
                "WHERE id = :id AND ended_at IS NULL AND until > :now"
            ),
            {"id": number, "by": by, "now": now},
        ).rowcount
        acts.note(connection, "unmuted", "mute", [number] * held, by, now)
    return bool(held)


def holding(region: Region, now: dt.datetime) -> list[Mute]:
    """The mutes that hold, oldest first."""
    with region.begin() as connection:
        return held(connection, now)


def held(connection: Connection, now: dt.datetime) -> list[Mute]:
    """``holding`` in a transaction."""
    rows = connection.execute(
        text(
            "SELECT id, pattern, by, why, muted_at, until FROM alert_mute WHERE ended_at IS NULL AND until > :now ORDER BY id"
        ),
        {"now": now},
    )
    return [Mute(*row) for row in rows]
