"""Who meets residents and where: officials, moderators, venues.

Belongs here: statements on ``official``, ``moderator`` and ``venue``. Does not: when they are busy (calendars.py), or what they hold
(dialogues.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeVar

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from schemas.errors import Misconfigured


class Official(msgspec.Struct, frozen=True):
    """An elected official; without ``departments`` of the whole Region. ``most`` dialogues a season."""

    id: int
    name: str
    office: str
    email: str
    departments: tuple[str, ...]
    themes: tuple[str, ...]
    calendar: str | None
    most: int
    ended_at: dt.datetime | None

    @property
    def title(self) -> str:
        """Name and office, as residents read them."""
        return f"{self.name}, {self.office}"


class Moderator(msgspec.Struct, frozen=True):
    """Who holds dialogues; without ``departments`` anywhere."""

    id: int
    name: str
    email: str
    departments: tuple[str, ...]
    ended_at: dt.datetime | None


class Venue(msgspec.Struct, frozen=True):
    """A room or a studio, with so many ``seats`` for residents."""

    id: int
    name: str
    address: str | None
    department: str
    kind: Literal["room", "studio"]
    seats: int
    ended_at: dt.datetime | None


Host = TypeVar("Host", Official, Moderator, Venue)
_TABLES: Final[dict[type[Any], Literal["official", "moderator", "venue"]]] = {
    Official: "official",
    Moderator: "moderator",
    Venue: "venue",
}
_KNOWN_BY: Final[dict[type[Any], str]] = {Official: "lower({})", Moderator: "lower({})", Venue: "{}"}
_LISTS: Final = ("departments", "themes")


def _columns(of: type[Any]) -> str:
    return ", ".join(of.__struct_fields__)


def _host(of: type[Host], row: Any) -> Host:
    return msgspec.convert(row._asdict(), of)


def keep_official(
    region: Region,
    name: str,
    office: str,
    email: str,
    *,
    departments: Sequence[str] = (),
    themes: Sequence[str] = (),
    calendar: str | None = None,
    most: int = 4,
) -> Official:
    """Keep an official, known by the e-mail address: what is said now counts, and they are active again."""
    values = {"name": name, "office": office, "email": email, "departments": departments, "themes": themes}
    return _keep(region, Official, "email", {**values, "calendar": calendar, "most": most})


def keep_moderator(region: Region, name: str, email: str, *, departments: Sequence[str] = ()) -> Moderator:
    """Keep a moderator, known by the e-mail address."""
    return _keep(region, Moderator, "email", {"name": name, "email": email, "departments": departments})


def keep_venue(
    region: Region,
    name: str,
    department: str,
    kind: Literal["room", "studio"],
    *,
    address: str | None = None,
    seats: int = 0,
) -> Venue:
    """Keep a venue, known by its name."""
    values = {"name": name, "department": department, "kind": kind, "address": address, "seats": seats}
    return _keep(region, Venue, "name", values)


def _keep(region: Region, of: type[Host], key: str, values: dict[str, Any]) -> Host:
    columns = ", ".join(values)
    given = ", ".join(f"cast(:{name} AS jsonb)" if name in _LISTS else f":{name}" for name in values)
    sets = ", ".join(f"{name} = excluded.{name}" for name in values)
    with region.begin() as connection:
        row = connection.execute(
            text(
                f"INSERT INTO {_TABLES[of]} ({columns}) VALUES ({given}) ON CONFLICT (({_KNOWN_BY[of].format(key)})) DO UPDATE SET {sets}, "
                f"ended_at = NULL RETURNING {_columns(of)}"
            ),
            {
                name: msgspec.json.encode(list(value)).decode() if name in _LISTS else value
                for name, value in values.items()
            },
        ).one()
        acts.note(connection, "kept", _TABLES[of], [row.id])
    return _host(of, row)


def listed(region: Region, of: type[Host]) -> list[Host]:
    """Those who are active, by name."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_columns(of)} FROM {_TABLES[of]} WHERE ended_at IS NULL ORDER BY name, id")
        )
        return [_host(of, row) for row in rows]


def get(connection: Connection, of: type[Host], number: int) -> Host | None:
    """The one of that number; None when they were forgotten."""
    row = connection.execute(
        text(f"SELECT {_columns(of)} FROM {_TABLES[of]} WHERE id = :id AND name IS NOT NULL"), {"id": number}
    ).one_or_none()
    return None if row is None else _host(of, row)


def official(region: Region, number: int) -> Official | None:
    """The official of that number; None when they were forgotten."""
    with region.begin() as connection:
        return get(connection, Official, number)


def named(region: Region, of: type[Host], key: str) -> Host:
    """The one with that e-mail address; of a venue, with that name.

    Raises:
        Misconfigured: there is none.

    """
    known_by, column = _KNOWN_BY[of], "name" if _TABLES[of] == "venue" else "email"
    with region.begin() as connection:
        row = connection.execute(
            text(
                f"SELECT {_columns(of)} FROM {_TABLES[of]} WHERE {known_by.format(column)} = {known_by.format(':key')} "
                "AND name IS NOT NULL"
            ),
            {"key": key},
        ).one_or_none()
    if row is None:
        kind = _TABLES[of]
        raise Misconfigured(f"No {kind} {key}: `boostez {kind} list` shows which there are.")
    return _host(of, row)


def end(region: Region, of: type[Host], key: str, now: dt.datetime) -> Host:
    """They take part no more. What they hold already stays: give it to somebody else.

    Raises:
        Misconfigured: there is none.

    """
    host = named(region, of, key)
    with region.begin() as connection:
        ended = connection.execute(
            text(f"UPDATE {_TABLES[of]} SET ended_at = :now WHERE id = :id AND ended_at IS NULL"),
            {"id": host.id, "now": now},
        )
        acts.note(
            connection, "changed", _TABLES[of], [host.id] * ended.rowcount, now=now, why="takes part no more"
        )
    return named(region, of, key)
