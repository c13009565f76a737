"""Alerts, kept: one open row a cause, and an effect in the ledger for each destination.

Belongs here: raising, resolving, listing. Does not: what is worth one (tasks/tell.py) or sending (connectors/alerts).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, text

from connectors.alerts.channel import NAME
from connectors.alerts.wire import Message
from connectors.region import once
from connectors.region.database import Region


class Alert(msgspec.Struct, frozen=True):
    """Something that a person must know, since ``raised_at``, seen so many ``times``."""

    id: int
    cause: str
    title: str
    message: str
    raised_at: dt.datetime
    seen_at: dt.datetime
    times: int


def sound(region: Region, cause: str, title: str, message: str, destinations: Sequence[str]) -> bool:
    """Raise an alert, or see the open one of the same cause again. Returns whether it is new.

    Row and effects are one commit: an alert that is raised is delivered, or seen not to be.
    """
    with region.begin() as connection:
        return add(connection, cause, title, message, destinations)


def add(connection: Connection, cause: str, title: str, message: str, destinations: Sequence[str]) -> bool:
    """``sound`` in a transaction that finds the trouble."""
    row = connection.execute(
        text(
            "INSERT INTO alert (cause, title, message) VALUES (:cause, :title, :message) "
            "ON CONFLICT (cause) WHERE resolved_at IS NULL DO UPDATE SET seen_at = now(), times = alert.times + 1, "
            "title = excluded.title, message = excluded.message RETURNING id, times"
        ),
        {"cause": cause, "title": title, "message": message},
    ).one()
    if row.times > 1:
        return False
    said = {  # the same address twice is one place
        f"{row.id}.{destination}": msgspec.json.encode(Message(destination, title, message))
        for destination in destinations
    }
    once.plan(connection, NAME, said)
    return True


def resolve(region: Region, *causes: str) -> int:
    """The trouble is over. Returns how many alerts that closes."""
    with region.begin() as connection:
        return end(connection, *causes)


def end(connection: Connection, *causes: str) -> int:
    """``resolve`` in a transaction that ends the trouble."""
    return connection.execute(
        text("UPDATE alert SET resolved_at = now() WHERE cause = ANY(:causes) AND resolved_at IS NULL"),
        {"causes": list(causes)},
    ).rowcount


def unresolved(region: Region) -> list[Alert]:
    """What somebody must still see to, oldest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT id, cause, title, message, raised_at, seen_at, times FROM alert WHERE resolved_at IS NULL ORDER BY id"
            )
        )
        return [Alert(*row) for row in rows]
