"""When officials, moderators and venues cannot be had.

Belongs here: statements on ``busy`` and ``calendar``. Does not: reading a calendar (connectors/caldav), or what is planned around it
(seasons.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.dialogues import hosts

Whose = Literal["official", "moderator", "venue"]
_TYPES: Final[dict[Whose, type[hosts.Official | hosts.Moderator | hosts.Venue]]] = {
    "official": hosts.Official,
    "moderator": hosts.Moderator,
    "venue": hosts.Venue,
}


class Interval(msgspec.Struct, frozen=True):
    """From ``starts_at`` until just before ``ends_at``."""

    starts_at: dt.datetime
    ends_at: dt.datetime


class Kept(msgspec.Struct, frozen=True):
    """What the hub remembers of a calendar that it reads: how far, and what was wrong when it was last read."""

    name: str
    token: str | None = None
    read_at: dt.datetime | None = None
    error: str | None = None


def replace(
    region: Region, official: int, found: Collection[Interval], first: dt.datetime, last: dt.datetime
) -> None:
    """What an official's calendar says of the time from ``first`` to ``last``; what it said before, and what is past, is forgotten."""
    with region.begin() as connection:
        connection.execute(
            text(
                "DELETE FROM busy WHERE official_id = :official AND origin = 'calendar' AND starts_at < :last"
            ),
            {"official": official, "last": last},
        )
        connection.execute(
            text(
                "INSERT INTO busy (official_id, starts_at, ends_at, origin) SELECT :official, s, e, 'calendar' "
                "FROM unnest(cast(:starts AS timestamptz[]), cast(:ends AS timestamptz[])) AS b (s, e) WHERE e > :first"
            ),
            {
                "official": official,
                "first": first,
                "starts": [each.starts_at for each in found],
                "ends": [each.ends_at for each in found],
            },
        )


def away(region: Region, whose: Whose, key: str, interval: Interval) -> int:
    """Staff say that somebody, or a venue, cannot be had. Returns its number.

    Raises:
        Misconfigured: there is no such official, moderator or venue.

    """
    host = hosts.named(region, _TYPES[whose], key)  # type: ignore[type-var]
    with region.begin() as connection:
        return int(
            connection.execute(
                text(
                    f"INSERT INTO busy ({whose}_id, starts_at, ends_at, origin) VALUES (:id, :starts_at, :ends_at, 'staff') "
                    "RETURNING id"
                ),
                {"id": host.id, **msgspec.structs.asdict(interval)},
            ).scalar_one()
        )


def back(region: Region, number: int) -> bool:
    """Undo ``away``. Returns whether there was one."""
    with region.begin() as connection:
        return bool(
            connection.execute(
                text("DELETE FROM busy WHERE id = :id AND origin = 'staff'"), {"id": number}
            ).rowcount
        )


def busy(
    connection: Connection, whose: Whose, first: dt.datetime, last: dt.datetime
) -> dict[int, list[Interval]]:
    """When each cannot be had between two instants, by number."""
    found: dict[int, list[Interval]] = {}
    for row in connection.execute(
        text(
            f"SELECT {whose}_id AS id, starts_at, ends_at FROM busy WHERE {whose}_id IS NOT NULL AND ends_at > :first "
            "AND starts_at < :last ORDER BY starts_at, id"
        ),
        {"first": first, "last": last},
    ):
        found.setdefault(row.id, []).append(Interval(row.starts_at, row.ends_at))
    return found


def kept(region: Region, names: Sequence[str]) -> dict[str, Kept]:
    """What is remembered of calendars, by name; those never read are left out."""
    with region.begin() as connection:
        rows = connection.execute(
            text("SELECT name, token, read_at, error FROM calendar WHERE name = ANY(:names)"),
            {"names": list(names)},
        )
        return {row.name: Kept(*row) for row in rows}


def keep(connection: Connection, calendar: Kept) -> None:
    """Remember how far a calendar was read."""
    connection.execute(
        text(
            "INSERT INTO calendar (name, token, read_at, error) VALUES (:name, :token, :read_at, :error) "
            "ON CONFLICT (name) DO UPDATE SET token = excluded.token, read_at = excluded.read_at, error = excluded.error"
        ),
        msgspec.structs.asdict(calendar),
    )
