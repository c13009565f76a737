"""Attendees: the people of a session by name, for whoever looks after it, and what became of their reminders.

Belongs here: reading across enrolments, contacts and reminders. Does not: changing any of it (enrolments.py, reminders.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.sessions.enrolments import State

_ERASED: Final = "(erased)"


class Attendee(msgspec.Struct, frozen=True):
    """Somebody of a session. ``name`` and how to reach them are None once they were erased."""

    enrolment: int
    contact: int
    state: State
    name: str | None
    firm: str | None
    email: str | None
    phone: str | None
    since: dt.datetime


def of(region: Region, ref: str) -> list[Attendee]:
    """Who takes part, who waits (the longest first), who left."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT e.id, c.id, e.state, c.name, f.name, c.email, c.phone, e.since FROM enrolment e "
                "JOIN session s ON s.id = e.session_id JOIN contact c ON c.id = e.contact_id LEFT JOIN firm f ON f.id = c.firm_id "
                "WHERE s.ref = :ref ORDER BY e.state = 'left', e.state = 'waiting', CASE WHEN e.state = 'waiting' THEN e.since END, "
                "c.name, e.id"
            ),
            {"ref": ref},
        )
        return [Attendee(*row) for row in rows]


class Reminded(msgspec.Struct, frozen=True):
    """A reminder and what became of it; ``error`` is the channel's word on the letter that carries it."""

    id: int
    session: str
    rule: str
    version: int
    name: str
    phone: str | None
    at: dt.datetime
    until: dt.datetime
    state: str
    why: str | None
    told_at: dt.datetime | None


def reminded(
    region: Region, *, session: str | None = None, state: str | None = None, limit: int = 200
) -> list[Reminded]:
    """Reminders, the newest due first: of one session, in one state."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT r.id, s.ref, r.rule, r.version, coalesce(c.name, '{_ERASED}'), c.phone, r.at, r.until, r.state, r.why, r.told_at "
                "FROM reminder r JOIN session s ON s.id = r.session_id JOIN contact c ON c.id = r.contact_id "
                "WHERE (cast(:session AS text) IS NULL OR s.ref = :session) AND (cast(:state AS text) IS NULL OR r.state = :state) "
                "ORDER BY r.at DESC, r.id DESC LIMIT :n"
            ),
            {"session": session, "state": state, "n": limit},
        )
        return [Reminded(*row) for row in rows]
