"""Events that students cover: when and where, who is of the crew, and the slots of their coverage.

Belongs here: statements on ``event``, ``crew_member`` and ``slot``. Does not: students (students.py), or what is published of an event
(media.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.coverage import students
from connectors.region.database import Region
from connectors.region.dialogues.dialogues import new_ref
from connectors.region.sessions.sessions import shown
from core import consents
from schemas.coverage import ConsentKind, Scope
from schemas.errors import Misconfigured, Refused

SlotKind = Literal["live", "story", "wall"]
SlotState = Literal["planned", "live", "done", "cancelled"]
SCOPE_OF: Final[dict[SlotKind, Scope]] = {"live": "facebook", "story": "instagram", "wall": "portal"}
KINDS_OF: Final[dict[SlotKind, tuple[ConsentKind, ...]]] = {
    "live": ("image", "voice"),
    "story": ("image", "voice"),
    "wall": ("image",),
}
"""What a slot takes of whom it shows before it is known what they will do in it."""
_FOLLOWS: Final[dict[SlotState, frozenset[SlotState]]] = {
    "planned": frozenset({"live", "cancelled"}),
    "live": frozenset({"done"}),
    "done": frozenset(),
    "cancelled": frozenset(),
}


class Event(msgspec.Struct, frozen=True):
    """An event, from its first day to its last, in Paris; ``closed``: nothing more is published of it."""

    id: int
    ref: str
    name: str
    place: str
    department: str
    first_day: dt.date
    last_day: dt.date
    state: Literal["open", "closed"]


class Slot(msgspec.Struct, frozen=True):
    """A time of coverage; instants are in UTC. ``event`` is the event's number."""

    id: int
    event: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    kind: SlotKind
    account: str
    state: SlotState


_COLUMNS: Final = ", ".join(Event.__struct_fields__)
_SLOT: Final = "id, event_id, starts_at, ends_at, kind, account, state"


def add(
    region: Region,
    name: str,
    place: str,
    department: str,
    first_day: dt.date,
    last_day: dt.date,
    now: dt.datetime,
) -> Event:
    """Keep an event.

    Raises:
        Refused: it ends before it begins.

    """
    if last_day < first_day:
        raise Refused(f"An event from {first_day} to {last_day} ends before it begins.")
    values = {"name": name, "place": place, "department": department}
    with region.begin() as connection:
        row = connection.execute(
            text(
                "INSERT INTO event (ref, name, place, department, first_day, last_day, created_at) VALUES "
                f"(:ref, :name, :place, :department, :first_day, :last_day, :now) RETURNING {_COLUMNS}"
            ),
            {
                **shown(values),
                "ref": new_ref("e"),
                "first_day": first_day,
                "last_day": last_day,
                "now": now,
            },
        ).one()
        acts.note(connection, "kept", "event", [row.ref], now=now)
    return Event(*row)


def listed(region: Region) -> list[Event]:
    """Events, newest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM event ORDER BY first_day DESC, id DESC LIMIT 200")
        )
        return [Event(*row) for row in rows]


def find(region: Region, ref: str) -> Event | None:
    """The event of that reference."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM event WHERE ref = :ref"), {"ref": ref}
        ).one_or_none()
    return None if row is None else Event(*row)


def get(region: Region, number: int) -> Event | None:
    """The event of that number."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM event WHERE id = :id"), {"id": number}
        ).one_or_none()
    return None if row is None else Event(*row)


def named(region: Region, ref: str) -> Event:
    """``find``.

    Raises:
        Misconfigured: there is none.

    """
    found = find(region, ref)
    if found is None:
        raise Misconfigured(f"No event {ref}: `boostez event list` shows which there are.")
    return found


def close(region: Region, ref: str) -> Event:
    """Publish nothing more of an event; what is published stays.

    Raises:
        Misconfigured: there is none.

    """
    event = named(region, ref)
    with region.begin() as connection:
        closed = connection.execute(
            text("UPDATE event SET state = 'closed' WHERE id = :id AND state <> 'closed'"), {"id": event.id}
        )
        acts.note(connection, "changed", "event", [ref] * closed.rowcount, why="closed")
    return named(region, ref)


def join(region: Region, ref: str, student: int, role: str) -> None:
    """A student covers the event, in this role from now on.

    Raises:
        Misconfigured: there is no such event.

    """
    event = named(region, ref)
    with region.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO crew_member (event_id, student_id, role) VALUES (:event, :student, :role) "
                "ON CONFLICT (event_id, student_id) DO UPDATE SET role = excluded.role"
            ),
            {"event": event.id, "student": student, **shown({"role": role})},
        )


def plan(
    region: Region,
    ref: str,
    kind: SlotKind,
    account: str,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    people: Collection[int],
    now: dt.datetime,
) -> Slot:
    """Plan a slot that shows these students.

    Raises:
        Misconfigured: there is no such event.
        Refused: it ends before it begins.

    """
    if ends_at <= starts_at:
        raise Refused("The slot ends before it begins.")
    event = named(region, ref)
    with region.begin() as connection:
        row = connection.execute(
            text(
                "INSERT INTO slot (event_id, starts_at, ends_at, kind, account, changed_at) VALUES "
                f"(:event, :starts_at, :ends_at, :kind, :account, :now) RETURNING {_SLOT}"
            ),
            {
                "event": event.id,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "kind": kind,
                **shown({"account": account}),
                "now": now,
            },
        ).one()
        for each in sorted(set(people)):
            connection.execute(
                text("INSERT INTO slot_person (slot_id, student_id) VALUES (:slot, :student)"),
                {"slot": row.id, "student": each},
            )
    return Slot(*row)


def slots(region: Region, event: int) -> list[Slot]:
    """An event's slots, by time."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_SLOT} FROM slot WHERE event_id = :event ORDER BY starts_at, id"), {"event": event}
        )
        return [Slot(*row) for row in rows]


def step(region: Region, slot: int, state: SlotState, by: str, now: dt.datetime) -> Slot:
    """Bring a slot to a state. Twice is once.

    Raises:
        Misconfigured: there is no such slot.
        Refused: it may not come to it; or it would go live, and somebody whom it shows may not be shown: the message says who and why.

    """
    with region.begin() as connection:
        people = _people(connection, slot)
        students.lock(connection, people)  # nobody withdraws a consent between the look and the step
        before = _lock(connection, slot)
        if before.state == state:
            return before
        if state not in _FOLLOWS[before.state]:
            able = ", ".join(sorted(_FOLLOWS[before.state])) or "nothing"
            raise Refused(f"Slot {slot} is {before.state}: what can follow is {able}.")
        if state == "live" and (why := _why_not(connection, before, people, now)):
            raise Refused(f"Slot {slot} cannot go live: {'; '.join(why)}.")
        connection.execute(
            text("UPDATE slot SET state = :state, changed_at = :now, changed_by = :by WHERE id = :id"),
            {"state": state, "now": now, "by": by, "id": slot},
        )
        acts.note(connection, "changed", "slot", [slot], by, now, why=state)
        return _lock(connection, slot)


def unfit_lives(connection: Connection, now: dt.datetime, student: int | None = None) -> list[Slot]:
    """Slots that are live and show somebody who may not be shown (any more); a ``student``, or anybody."""
    rows = connection.execute(
        text(
            f"SELECT {_SLOT} FROM slot s WHERE state = 'live' AND (cast(:student AS bigint) IS NULL OR EXISTS "
            "(SELECT FROM slot_person p WHERE p.slot_id = s.id AND p.student_id = :student)) ORDER BY id"
        ),
        {"student": student},
    ).all()
    live = [Slot(*row) for row in rows]
    return [slot for slot in live if _why_not(connection, slot, _people(connection, slot.id), now)]


def _why_not(connection: Connection, slot: Slot, people: Collection[int], now: dt.datetime) -> list[str]:
    shown_there = students.people(connection, people)
    return consents.all_why_not(shown_there, KINDS_OF[slot.kind], slot.event, SCOPE_OF[slot.kind], now)


def _people(connection: Connection, slot: int) -> list[int]:
    return list(
        connection.scalars(
            text("SELECT student_id FROM slot_person WHERE slot_id = :slot ORDER BY 1"), {"slot": slot}
        )
    )


def _lock(connection: Connection, slot: int) -> Slot:
    row: Any = connection.execute(
        text(f"SELECT {_SLOT} FROM slot WHERE id = :id FOR UPDATE"), {"id": slot}
    ).one_or_none()
    if row is None:
        raise Misconfigured(f"No slot {slot}: `boostez event show` lists an event's.")
    return Slot(*row)
