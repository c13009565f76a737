"""Attendance: what an import says of a person and a session, also where they had no place.

Belongs here: one person's enrolment as a sheet knows it. Does not: the coach's sheet of those with a place, or who says so themselves
(enrolments.py).

Nobody is written to about a session that has begun: only what comes after it (thanks, say) is armed, as far as it still makes sense.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from connectors.region.sessions import enrolments, reminders
from connectors.region.sessions.enrolments import State
from connectors.region.sessions.sessions import Session
from core.reminders import Rule

SHEET: Final = "sheet"


def note(
    connection: Connection,
    rules: Sequence[Rule],
    session: Session,
    contact: int,
    told_at: dt.datetime,
    now: dt.datetime,
    *,
    present: bool | None,
) -> State:
    """Enrol a person in a locked session to come, or note whether they came to one that has begun. Twice is once.

    Who gave their place back has none by a sheet, unless it says that they came. Returns how they stand.

    Raises:
        Refused: the session is not open.

    """
    before = enrolments.find(connection, session.id, contact)
    if session.starts_at > now:
        return (before or enrolments.enrol(connection, rules, session, contact, now)).state
    if before is None:
        state: State = "registered" if present is None else "present" if present else "absent"
    elif present:
        state = "present"
    elif present is False and before.state in {"registered", "present"}:
        state = "absent"
    else:
        return before.state
    if before is None or before.state != state:
        _set(connection, session, contact, state, told_at, now)
        if before is None or before.state in {"left", "waiting"}:
            _arm(connection, rules, session, contact, now)
    return state


def _set(
    connection: Connection,
    session: Session,
    contact: int,
    state: State,
    told_at: dt.datetime,
    now: dt.datetime,
) -> None:
    came = state == "present"
    connection.execute(
        text(
            "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at, attended_at, attended_by) VALUES "
            "(:session, :contact, :state, :now, :told, :attended, :by) ON CONFLICT (session_id, contact_id) DO UPDATE SET "
            "state = excluded.state, since = excluded.since, attended_at = excluded.attended_at, attended_by = excluded.attended_by"
        ),
        {
            "session": session.id,
            "contact": contact,
            "state": state,
            "told": told_at,
            "attended": min(session.ends_at, now) if came else None,
            "by": SHEET if came else None,
            "now": now,
        },
    )
    if came:
        connection.execute(
            text("UPDATE contact SET seen_at = greatest(seen_at, :at) WHERE id = :id AND erased_at IS NULL"),
            {"id": contact, "at": min(session.ends_at, now)},
        )


def _arm(
    connection: Connection, rules: Sequence[Rule], session: Session, contact: int, now: dt.datetime
) -> None:
    enrolled = enrolments.find(connection, session.id, contact)
    assert enrolled is not None
    after = [rule for rule in rules if not rule.is_before]
    reminders.arm(connection, after, session, [(enrolled.id, contact)], now)
    connection.execute(
        text("UPDATE enrolment SET armed_at = :now WHERE id = :id"), {"id": enrolled.id, "now": now}
    )
