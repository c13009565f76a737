"""Alerts, kept: one open row a cause, from when it begins until it stays over.

Belongs here: raising, resolving, acknowledging, listing. Does not: what is worth one (tasks/tell.py), who is told when (notices.py),
or sending (connectors/alerts).

A row is all that raising one takes, so whatever finds trouble raises it in its own transaction, and no crash loses it: who is to hear
of it follows from the row.
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from schemas.errors import Misconfigured


class Alert(msgspec.Struct, frozen=True):
    """Something that a person must know, since ``raised_at``, seen so many ``times``.

    ``returns``: how often it came back meanwhile. ``told_at``: its newest notices. ``severity`` and what follows it are None until it
    was judged once (notices.py).
    """

    id: int
    cause: str
    title: str
    message: str
    raised_at: dt.datetime
    seen_at: dt.datetime
    times: int
    returns: int = 0
    resolved_at: dt.datetime | None = None
    acknowledged_at: dt.datetime | None = None
    acknowledged_by: str | None = None
    notices: int = 0
    told: tuple[str, ...] = ()
    told_at: tuple[dt.datetime, ...] = ()
    severity: str | None = None
    pillar: str | None = None
    affected: str | None = None
    runbook: str | None = None
    muted_by: str | None = None


_COLUMNS = ", ".join(Alert.__struct_fields__)


def sound(region: Region, cause: str, title: str, message: str, now: dt.datetime) -> bool:
    """Raise an alert, or see the open one of the same cause again. Returns whether it is new."""
    with region.begin() as connection:
        return add(connection, cause, title, message, now)


def add(connection: Connection, cause: str, title: str, message: str, now: dt.datetime) -> bool:
    """``sound`` in a transaction that finds the trouble.

    What comes back before its end was told goes on; afterwards it begins again, in the same row.
    """
    times = connection.execute(
        text(
            "INSERT INTO alert AS a (cause, title, message, raised_at, seen_at) VALUES (:cause, :title, :message, :now, :now) "
            "ON CONFLICT (cause) WHERE closed_at IS NULL DO UPDATE SET title = excluded.title, message = excluded.message, "
            "seen_at = :now, returns = a.returns + (a.resolved_at IS NOT NULL)::int, resolved_at = NULL, "
            f"times = CASE WHEN {_ANEW} THEN 1 ELSE a.times + 1 END, "
            f"raised_at = CASE WHEN {_ANEW} THEN :now ELSE a.raised_at END, "
            f"acknowledged_at = CASE WHEN NOT {_ANEW} THEN a.acknowledged_at END, "
            f"acknowledged_by = CASE WHEN NOT {_ANEW} THEN a.acknowledged_by END RETURNING times"
        ),
        {"cause": cause, "title": title, "message": message, "now": now},
    ).scalar_one()
    return bool(times == 1)


_ANEW = "(a.resolved_at IS NOT NULL AND a.told = '{}')"


def resolve(region: Region, now: dt.datetime, *causes: str) -> int:
    """The trouble is over. Returns how many alerts that ends."""
    with region.begin() as connection:
        return end(connection, now, *causes)


def end(connection: Connection, now: dt.datetime, *causes: str) -> int:
    """``resolve`` in a transaction that ends the trouble."""
    return connection.execute(
        text("UPDATE alert SET resolved_at = :now WHERE cause = ANY(:causes) AND resolved_at IS NULL"),
        {"causes": list(causes), "now": now},
    ).rowcount


def unresolved(region: Region) -> list[Alert]:
    """What somebody must still see to, oldest first."""
    with region.begin() as connection:
        rows = connection.execute(text(f"SELECT {_COLUMNS} FROM alert WHERE resolved_at IS NULL ORDER BY id"))
        return [_alert(tuple(row)) for row in rows]


def get(region: Region, number: int) -> Alert | None:
    """The alert of that number, whether it still stands."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM alert WHERE id = :id"), {"id": number}
        ).one_or_none()
    return None if row is None else _alert(tuple(row))


def named(region: Region, number: int) -> Alert:
    """The alert of that number.

    Raises:
        Misconfigured: there is none.

    """
    found = get(region, number)
    if found is None:
        raise Misconfigured(f"No alert {number}: `boostez alert list` shows which there are.")
    return found


def acknowledge(region: Region, number: int, by: str, now: dt.datetime) -> bool:
    """Somebody acts: nobody else is called, and it is not repeated for a while. Returns whether they are the first."""
    with region.begin() as connection:
        first = connection.execute(
            text(
                "UPDATE alert SET acknowledged_at = :now, acknowledged_by = :by "
                "WHERE id = :id AND resolved_at IS NULL AND acknowledged_at IS NULL"
            ),
            {"id": number, "by": by, "now": now},
        ).rowcount
        acts.note(connection, "acknowledged", "alert", [number] * first, by, now)
    return bool(first)


def open_rows(connection: Connection) -> list[Alert]:
    """Every alert that is not closed, oldest first."""
    rows = connection.execute(text(f"SELECT {_COLUMNS} FROM alert WHERE closed_at IS NULL ORDER BY id"))
    return [_alert(tuple(row)) for row in rows]


def _alert(row: tuple[object, ...]) -> Alert:
    fields = dict(zip(Alert.__struct_fields__, row, strict=True))
    return msgspec.convert(fields, Alert)
