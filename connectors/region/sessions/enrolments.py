"""Enrolments: who takes part in a session, who waits for a place, who came.

Belongs here: statements on ``enrolment``, each with the letter and the reminders that it calls for, in one commit. Does not:
the session itself (sessions.py), reminders' lives (reminders.py), what a letter says (connectors/mail).

    registered ─> present | absent
       ↑   └────> left ──┐
       └─── waiting <────┘      a place that gets free goes to who waits longest

Locks are taken in one order, session (several: by number), enrolment, contact, reminder, so nobody waits for each other in a ring.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.ledger import letters
from connectors.region.sessions import reminders, sessions
from connectors.region.sessions.sessions import Session
from core.reminders import Rule
from schemas.errors import Misconfigured, Refused
from schemas.letters import Kind, ProgrammeLetter

State = Literal["registered", "waiting", "left", "present", "absent"]
PROMOTED_BEFORE: Final = dt.timedelta(hours=3)  # of the start: who is told later cannot come
ATTENDED_FROM: Final = dt.timedelta(hours=1)  # before the start, the link of those who come takes them in
ATTENDED_UNTIL: Final = dt.timedelta(hours=12)  # after the end


class Enrolment(msgspec.Struct, frozen=True):
    """That a person takes part, waits, or did. ``turn``: who left and comes back has another."""

    id: int
    session_id: int
    contact_id: int
    state: State
    since: dt.datetime
    turn: int


_COLUMNS: Final = ", ".join(Enrolment.__struct_fields__)


def _enrolment(row: Any) -> Enrolment:
    return Enrolment(*row)


def get(region: Region, number: int) -> Enrolment | None:
    """The enrolment of that number."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM enrolment WHERE id = :id"), {"id": number}
        ).one_or_none()
    return None if row is None else _enrolment(row)


def find(connection: Connection, session: int, contact: int) -> Enrolment | None:
    """A person's enrolment in a session."""
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM enrolment WHERE session_id = :session AND contact_id = :contact"),
        {"session": session, "contact": contact},
    ).one_or_none()
    return None if row is None else _enrolment(row)


def _lock(connection: Connection, number: int) -> tuple[Session, Enrolment]:
    """An enrolment and its session, which nobody else changes until this transaction ends."""
    session = sessions.lock(connection, _session_of(connection, number))
    return session, _read(connection, number)


def _session_of(connection: Connection, number: int) -> int:
    found: int | None = connection.execute(
        text("SELECT session_id FROM enrolment WHERE id = :id"), {"id": number}
    ).scalar_one_or_none()
    if found is None:
        raise Misconfigured(f"No enrolment {number}.")
    return found


def _read(connection: Connection, number: int) -> Enrolment:
    row = connection.execute(text(f"SELECT {_COLUMNS} FROM enrolment WHERE id = :id"), {"id": number}).one()
    return _enrolment(row)


def enrol(
    connection: Connection,
    rules: Sequence[Rule],
    session: Session,
    contact: int,
    now: dt.datetime,
    *,
    tell: bool = True,
) -> Enrolment:
    """Give a person a place in a locked session, or have them wait for one. Twice is once. Without ``tell`` another letter says so.

    Raises:
        Refused: it is not open, or has begun.

    """
    if session.state != "open" or session.starts_at <= now:
        raise Refused(f"Session {session.ref} takes nobody any more.")
    before = find(connection, session.id, contact)
    if before is not None and before.state != "left":
        return before
    state: Literal["registered", "waiting"] = "registered" if _free(connection, session) > 0 else "waiting"
    row = connection.execute(
        text(
            "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at) VALUES (:session, :contact, :state, "
            ":now, :now) ON CONFLICT (session_id, contact_id) DO UPDATE SET state = :state, since = :now, "
            f"turn = enrolment.turn + 1, told_version = NULL RETURNING {_COLUMNS}"
        ),
        {"session": session.id, "contact": contact, "state": state, "now": now},
    ).one()
    enrolled = _enrolment(row)
    if state == "registered":
        _arm(connection, rules, session, [enrolled], now)
    if tell:
        _tell(connection, session, [enrolled], state)
    return enrolled


def _free(connection: Connection, session: Session) -> int:
    """Places that nobody has and nobody waits for."""
    row = connection.execute(
        text(
            "SELECT count(*) FILTER (WHERE state <> 'waiting') AS taken, count(*) FILTER (WHERE state = 'waiting') AS waiting "
            "FROM enrolment WHERE session_id = :session AND state <> 'left'"
        ),
        {"session": session.id},
    ).one()
    return 0 if row.waiting else session.capacity - row.taken


def leave(region: Region, rules: Sequence[Rule], number: int, now: dt.datetime) -> Enrolment:
    """Give a place back; who waits longest has it. Twice is once.

    Raises:
        Misconfigured: there is none.
        Refused: the session has begun, or they have said that they are there.

    """
    with region.begin() as connection:
        session, before = _lock(connection, number)
        if before.state == "left":
            return before
        if session.starts_at <= now:
            raise Refused(f"Session {session.ref} has begun.")
        if before.state == "present":
            raise Refused(f"They have said that they are there: session {session.ref} is about to begin.")
        return _leave(connection, rules, session, before, now)


def _leave(
    connection: Connection, rules: Sequence[Rule], session: Session, before: Enrolment, now: dt.datetime
) -> Enrolment:
    after = _set(connection, before, "left", now)
    reminders.void(connection, "they do not take part any more", enrolment=before.id)
    if before.state == "registered":
        _tell(connection, session, [after], "left")
    fill(connection, rules, session, now)
    return after


def lock_to_come(connection: Connection, contacts: Sequence[int], now: dt.datetime) -> list[Session]:
    """The open sessions to come that people have a place in or wait for, which nobody else changes until this transaction ends."""
    found = connection.scalars(
        text(
            "SELECT id FROM session WHERE state = 'open' AND starts_at > :now AND id IN (SELECT session_id FROM enrolment "
            "WHERE contact_id = ANY(:contacts) AND state IN ('registered', 'waiting', 'present')) ORDER BY id"
        ),
        {"contacts": list(contacts), "now": now},
    ).all()
    locked = (sessions.lock(connection, number) for number in found)
    return [session for session in locked if session.state == "open" and session.starts_at > now]


def give_back(
    connection: Connection,
    rules: Sequence[Rule],
    to_come: Sequence[Session],
    contacts: Sequence[int],
    now: dt.datetime,
) -> int:
    """Give back people's places in locked sessions to come. Returns how many; who waits longest has them.

    Nobody writes to the people of it: they are to be forgotten, or are.
    """
    given = 0
    for session in to_come:
        for contact in contacts:
            before = find(connection, session.id, contact)
            if before is not None and before.state != "left":
                _give_back(connection, before, now)
                given += 1
        fill(connection, rules, session, now)
    return given


def _give_back(connection: Connection, before: Enrolment, now: dt.datetime) -> None:
    connection.execute(
        text(
            "UPDATE enrolment SET state = 'left', since = :now, attended_at = NULL, attended_by = NULL WHERE id = :id"
        ),
        {"id": before.id, "now": now},
    )
    reminders.void(connection, "they do not take part any more", enrolment=before.id)


def _set(connection: Connection, before: Enrolment, state: State, now: dt.datetime) -> Enrolment:
    row = connection.execute(
        text(f"UPDATE enrolment SET state = :state, since = :now WHERE id = :id RETURNING {_COLUMNS}"),
        {"id": before.id, "state": state, "now": now},
    ).one()
    return _enrolment(row)


def fill(
    connection: Connection, rules: Sequence[Rule], session: Session, now: dt.datetime
) -> list[Enrolment]:
    """Give the free places of a locked session to those who wait longest, and tell them."""
    if session.state != "open" or session.starts_at - PROMOTED_BEFORE <= now:
        return []
    rows = connection.execute(
        text(
            "UPDATE enrolment SET state = 'registered', since = :now WHERE id IN (SELECT id FROM enrolment "
            "WHERE session_id = :session AND state = 'waiting' ORDER BY since, id LIMIT greatest(0, :capacity - (SELECT count(*) "
            f"FROM enrolment WHERE session_id = :session AND state NOT IN ('left', 'waiting')))) RETURNING {_COLUMNS}"
        ),
        {"session": session.id, "capacity": session.capacity, "now": now},
    )
    promoted = [_enrolment(row) for row in rows]
    _arm(connection, rules, session, promoted, now)
    _tell(connection, session, promoted, "promoted")
    return promoted


def transfer(region: Region, rules: Sequence[Rule], number: int, to: str, now: dt.datetime) -> Enrolment:
    """Move a person to another session: a place there, or its waiting list, and the place here given back.

    Raises:
        Misconfigured: there is no such enrolment or session.
        Refused: one of the two takes nobody any more, or lets nobody go.

    """
    with region.begin() as connection:
        session, other = sessions.lock_both(connection, _session_of(connection, number), to)
        before = _read(connection, number)
        if before.state not in {"registered", "waiting"} or session.starts_at <= now:
            raise Refused(f"Enrolment {number} cannot be moved any more: it is {before.state}.")
        after = enrol(connection, rules, other, before.contact_id, now)
        if after.id == before.id:
            return after
        _leave(connection, rules, session, before, now)
        acts.note(connection, "moved", "enrolment", [number], now=now, why=f"to {to}")
    return after


def attendable(session: Session, now: dt.datetime) -> bool:
    """Whether those who are there can say so."""
    return (
        session.state == "open"
        and session.starts_at - ATTENDED_FROM <= now <= session.ends_at + ATTENDED_UNTIL
    )


def attend(region: Region, number: int, by: str, now: dt.datetime) -> Enrolment:
    """They say themselves that they are there, by the link that the room shows.

    Raises:
        Misconfigured: there is none.
        Refused: it is too early or too late for it, or they have no place.

    """
    with region.begin() as connection:
        session, before = _lock(connection, number)
        if before.state == "present":
            return before
        if not attendable(session, now) or before.state not in {"registered", "absent"}:
            raise Refused(f"Nobody can say that they attend session {session.ref} now.")
        _attended(connection, [before], by, now)
        return _read(connection, number)


def _attended(connection: Connection, came: Sequence[Enrolment], by: str, now: dt.datetime) -> None:
    connection.execute(
        text(
            "UPDATE enrolment SET state = 'present', since = :now, attended_at = :now, attended_by = :by WHERE id = ANY(:ids)"
        ),
        {"ids": [each.id for each in came], "by": by, "now": now},
    )
    connection.execute(
        text(
            "UPDATE contact SET seen_at = greatest(seen_at, :now) WHERE id IN "
            "(SELECT id FROM contact WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE)"  # two sheets may name the same people
        ),
        {"ids": [each.contact_id for each in came], "now": now},
    )


def sheet(region: Region, ref: str, present: Collection[int], by: str, now: dt.datetime) -> tuple[int, int]:
    """The coach's sheet: who of those with a place came; the others did not. It may be corrected. Returns both numbers.

    Raises:
        Misconfigured: there is no such session.
        Refused: it has not begun, or was cancelled.

    """
    with region.begin() as connection:
        session = sessions.lock(connection, ref)
        if session.state != "open" or session.starts_at > now:
            raise Refused(f"Session {ref} has not been held: nobody can have come.")
        rows = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM enrolment WHERE session_id = :id AND state IN ('registered', 'present', 'absent')"
            ),
            {"id": session.id},
        )
        listed = [_enrolment(row) for row in rows]
        came = [each for each in listed if each.id in present]
        _attended(connection, [each for each in came if each.state != "present"], by, now)
        missed = [each.id for each in listed if each.id not in present and each.state != "absent"]
        connection.execute(
            text(
                "UPDATE enrolment SET state = 'absent', since = :now, attended_at = NULL, attended_by = NULL "
                "WHERE id = ANY(:ids)"
            ),
            {"ids": missed, "now": now},
        )
    return len(came), len(listed) - len(came)


def forget_attendance(connection: Connection, session: Session, now: dt.datetime) -> None:
    """Nobody has attended a locked session that is held at another time or place, or not at all: who said so has a place in it."""
    connection.execute(
        text(
            "UPDATE enrolment SET state = 'registered', since = :now, attended_at = NULL, attended_by = NULL "
            "WHERE session_id = :id AND state = 'present'"
        ),
        {"id": session.id, "now": now},
    )


def arm_all(connection: Connection, rules: Sequence[Rule], session: Session, now: dt.datetime) -> None:
    """Have everybody with a place reminded of a locked session as it is now."""
    rows = connection.execute(
        text(f"SELECT {_COLUMNS} FROM enrolment WHERE session_id = :id AND state = 'registered'"),
        {"id": session.id},
    )
    _arm(connection, rules, session, [_enrolment(row) for row in rows], now)


def _arm(
    connection: Connection,
    rules: Sequence[Rule],
    session: Session,
    enrolled: Sequence[Enrolment],
    now: dt.datetime,
) -> None:
    reminders.arm(connection, rules, session, [(each.id, each.contact_id) for each in enrolled], now)
    connection.execute(
        text("UPDATE enrolment SET armed_at = :now WHERE id = ANY(:ids)"),
        {"ids": [each.id for each in enrolled], "now": now},
    )


def tell_all(connection: Connection, session: Session, kind: Literal["moved", "cancelled"]) -> None:
    """Write to everybody who has a place in a locked session, or waits for one."""
    rows = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM enrolment WHERE session_id = :id AND state IN ('registered', 'waiting') ORDER BY id"
        ),
        {"id": session.id},
    )
    _tell(connection, session, [_enrolment(row) for row in rows], kind)


def _tell(connection: Connection, session: Session, enrolled: Sequence[Enrolment], kind: Kind) -> None:
    letters.write(
        connection,
        {
            f"{kind}.{each.id}.{each.turn}.{session.version}": ProgrammeLetter(
                kind, each.id, session.version, each.turn
            )
            for each in enrolled
        },
    )
