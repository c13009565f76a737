"""A session that is held at another time, at another place, or not at all: whoever was told is told anew, once.

Belongs here: what a change does, in one commit: another version, the reminders of the one before void, those of the new one
armed, a letter to each who takes part. Does not: the letter's words (connectors/mail), or who comes (enrolments.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.sessions import enrolments, reminders, sessions
from connectors.region.sessions.sessions import Session
from core import wall
from core.reminders import Rule
from schemas.errors import Refused


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a session; None: as it was. Another time or place must be told, the rest need not."""

    title: str | None = None
    summary: str | None = None
    capacity: int | None = None
    coach_id: int | None = None
    starts_wall: dt.datetime | None = None
    minutes: int | None = None
    place: str | None = None
    address: str | None = None
    link: str | None = None


_TOLD: Final = ("starts_wall", "minutes", "place", "address", "link")


def change(region: Region, rules: Sequence[Rule], ref: str, wanted: Change, now: dt.datetime) -> Session:
    """Change a session; when those who take part must know, tell them, once.

    Raises:
        Misconfigured: there is none.
        Refused: it is cancelled or has begun, or would have begun already; or it is a dialogue's.

    """
    with region.begin() as connection:
        before = _lock(connection, ref)
        after = change_locked(connection, rules, before, wanted, now)
        acts.note(connection, "changed", "session", [ref] * (before != after), now=now)
    return after


def change_locked(
    connection: Connection, rules: Sequence[Rule], before: Session, wanted: Change, now: dt.datetime
) -> Session:
    """``change`` of a locked session, in a transaction that does more."""
    given = sessions.shown(
        {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
    )
    _check_open(before, now)
    changed = {name: value for name, value in given.items() if value != getattr(before, name)}
    starts_at = wall.instant(changed.get("starts_wall", before.starts_wall), before.zone)
    if starts_at <= now:
        raise Refused(f"Session {before.ref} would have begun already: give a later time.")
    moved = any(name in changed for name in _TOLD)
    sets = ", ".join(f"{name} = :{name}" for name in changed)
    connection.execute(
        text(
            f"UPDATE session SET {sets}{', ' if sets else ''}starts_at = :starts_at, ends_at = :ends_at, "
            "version = version + :moved, changed_at = :now WHERE id = :id"
        ),
        {
            **changed,
            "id": before.id,
            "starts_at": starts_at,
            "ends_at": starts_at + dt.timedelta(minutes=changed.get("minutes", before.minutes)),
            "moved": int(moved),
            "now": now,
        },
    )
    after = sessions.lock(connection, before.id)
    if moved:
        enrolments.forget_attendance(connection, after, now)
        reminders.void(connection, "another time or place", session=after.id)
        enrolments.arm_all(connection, rules, after, now)
        enrolments.tell_all(connection, after, "moved")
    enrolments.fill(connection, rules, after, now)
    return after


def cancel(region: Region, ref: str, reason: str, now: dt.datetime) -> Session:
    """Cancel a session, and tell whoever takes part or waits. Twice is once.

    Raises:
        Misconfigured: there is none.
        Refused: it has begun, or is a dialogue's.

    """
    with region.begin() as connection:
        before = _lock(connection, ref)
        after = cancel_locked(connection, before, reason, now)
        acts.note(connection, "cancelled", "session", [ref] * (before.state != after.state), now=now)
    return after


def cancel_locked(connection: Connection, before: Session, reason: str, now: dt.datetime) -> Session:
    """``cancel`` of a locked session, in a transaction that does more."""
    if before.state == "cancelled":
        return before
    _check_open(before, now)
    connection.execute(
        text(
            "UPDATE session SET state = 'cancelled', reason = :reason, version = version + 1, changed_at = :now "
            "WHERE id = :id"
        ),
        {"id": before.id, **sessions.shown({"reason": reason}), "now": now},
    )
    after = sessions.lock(connection, before.id)
    enrolments.forget_attendance(connection, after, now)
    reminders.void(connection, "the session is cancelled", session=after.id)
    enrolments.tell_all(connection, after, "cancelled")
    return after


def _lock(connection: Connection, ref: str) -> Session:
    """The session. A dialogue's changes with the dialogue, or channels and calendars would tell another time than letters."""
    found = sessions.lock(connection, ref)
    dialogue = connection.execute(
        text("SELECT ref FROM dialogue WHERE session_id = :id"), {"id": found.id}
    ).scalar_one_or_none()
    if dialogue is not None:
        raise Refused(
            f"Session {ref} is that of dialogue {dialogue}: `boostez dialogue move|cancel {dialogue}`."
        )
    return found


def _check_open(session: Session, now: dt.datetime) -> None:
    if session.state == "cancelled":
        raise Refused(f"Session {session.ref} is cancelled: hold another one.")
    if session.starts_at <= now:
        raise Refused(f"Session {session.ref} has begun: it stays as it is.")
