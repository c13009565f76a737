"""Sessions: when people meet, and where.

Belongs here: adding and reading ``session``. Does not: changing one, which people must be told of (rescheduling.py), or who takes
part (enrolments.py).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from core import wall
from core.html import printable
from core.reminders import Session as Timed
from schemas.errors import Misconfigured, Refused

Kind = Literal["seminar", "coaching", "dialogue"]
State = Literal["draft", "open", "cancelled"]
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is to be. ``starts_wall`` is what clocks in ``zone`` show; ``link`` is for those who take part only."""

    kind: Kind
    title: str
    starts_wall: dt.datetime
    minutes: int
    capacity: int
    summary: str = ""
    zone: str = "Europe/Paris"
    level: str | None = None
    cohort_id: int | None = None
    coach_id: int | None = None
    place: str | None = None
    address: str | None = None
    department: str | None = None
    link: str | None = None
    state: Literal["draft", "open"] = "open"


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session. ``starts_at`` and ``ends_at`` are instants; ``taken`` places are had, so many people are ``waiting``."""

    id: int
    ref: str
    kind: Kind
    title: str
    summary: str
    level: str | None
    cohort_id: int | None
    coach_id: int | None
    starts_wall: dt.datetime
    zone: str
    minutes: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    place: str | None
    address: str | None
    department: str | None
    link: str | None
    capacity: int
    version: int
    state: State
    reason: str | None
    changed_at: dt.datetime
    taken: int = 0
    waiting: int = 0

    @property
    def left(self) -> int:
        """Places that are free and that nobody waits for."""
        return 0 if self.waiting else max(0, self.capacity - self.taken)

    @property
    def timed(self) -> Timed:
        """What the rules of reminders need to know."""
        return Timed(self.kind, self.starts_wall, self.zone, self.minutes)


COLUMNS: Final = ", ".join(
    f"s.{name}" for name in Session.__struct_fields__ if name not in {"taken", "waiting"}
)
_COUNTED: Final = (  # of the sessions that are asked for only, however many there are, and were
    f"SELECT {COLUMNS}, e.taken, e.waiting FROM session s CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state IN "
    "('registered', 'present', 'absent')) AS taken, count(*) FILTER (WHERE state = 'waiting') AS waiting FROM enrolment "
    "WHERE session_id = s.id) e"
)
_NO_DIALOGUE: Final = "NOT EXISTS (SELECT FROM dialogue d WHERE d.session_id = s.id)"
_KEPT: Final = ", ".join(f":{name}" for name in Draft.__struct_fields__)


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """What staff wrote, without what cannot be seen or makes text read otherwise than it is written; of lines only a summary has many."""
    return {
        name: value
        if not isinstance(value, str)
        else printable(value).strip()
        if name == "summary"
        else " ".join(printable(value).split())
        for name, value in values.items()
    }


def read(row: Any) -> Session:
    """The session of a row with ``COLUMNS``."""
    return Session(**row._asdict())


def add(region: Region, draft: Draft, now: dt.datetime) -> Session:
    """Hold a session from now on.

    Raises:
        Refused: it would have begun already.

    """
    with region.begin() as connection:
        found = _named(connection, insert(connection, draft, now))
        assert found is not None
        acts.note(connection, "kept", "session", [found.ref], now=now)
    return found


def insert(connection: Connection, draft: Draft, now: dt.datetime) -> str:
    """``add`` in a transaction that holds several. Returns the reference.

    Raises:
        Refused: it would have begun already.

    """
    starts_at = wall.instant(draft.starts_wall, draft.zone)
    if starts_at <= now:
        raise Refused(f"« {draft.title} » would have begun already: give a later time.")
    ref = f"S-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"
    connection.execute(
        text(
            f"INSERT INTO session (ref, {', '.join(Draft.__struct_fields__)}, starts_at, ends_at, created_at, changed_at) "
            f"VALUES (:ref, {_KEPT}, :starts_at, :ends_at, :now, :now)"
        ),
        {
            **shown(msgspec.structs.asdict(draft)),
            "ref": ref,
            "starts_at": starts_at,
            "ends_at": starts_at + dt.timedelta(minutes=draft.minutes),
            "now": now,
        },
    )
    return ref


def named(region: Region, which: int | str) -> Session | None:
    """The session of that number or reference."""
    with region.begin() as connection:
        return _named(connection, which)


def _named(connection: Connection, which: int | str) -> Session | None:
    row = connection.execute(
        text(f"{_COUNTED} WHERE s.{_key(which)} = :which"), {"which": which}
    ).one_or_none()
    return None if row is None else read(row)


def _key(which: int | str) -> str:
    return "ref" if isinstance(which, str) else "id"


def upcoming(
    region: Region,
    now: dt.datetime,
    *,
    kinds: Sequence[Kind] = ("seminar", "dialogue"),
    department: str | None = None,
    cancelled: bool = False,
    dialogues: bool = True,
    limit: int = 100,
) -> list[Session]:
    """Open sessions that have not begun, soonest first; with ``cancelled`` also those that will not be held.

    Without ``dialogues`` those of a dialogue, which has pages of its own, are left out.
    """
    state = "s.state IN ('open', 'cancelled')" if cancelled else "s.state = 'open'"
    which = state if dialogues else f"{state} AND {_NO_DIALOGUE}"
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"{_COUNTED} WHERE {which} AND s.starts_at > :now AND s.kind = ANY(:kinds) "
                "AND (cast(:department AS text) IS NULL OR s.department = :department) "
                "ORDER BY s.starts_at, s.id LIMIT :n"
            ),
            {"now": now, "kinds": list(kinds), "department": department, "n": limit},
        )
        return [read(row) for row in rows]


def number_upcoming(region: Region, now: dt.datetime) -> int:
    """How many sessions to come are everybody's business, without those of dialogues."""
    with region.begin() as connection:
        number: int = connection.execute(
            text(
                "SELECT count(*) FROM session s WHERE s.state = 'open' AND s.starts_at > :now "
                f"AND s.kind IN ('seminar', 'dialogue') AND {_NO_DIALOGUE}"
            ),
            {"now": now},
        ).scalar_one()
    return number


def lock(connection: Connection, which: int | str) -> Session:
    """The session of that number or reference, which nobody else changes until this transaction ends. It counts no places.

    Raises:
        Misconfigured: there is none.

    """
    row = connection.execute(
        text(f"SELECT {COLUMNS} FROM session s WHERE s.{_key(which)} = :which FOR UPDATE"),
        {"which": which},
    ).one_or_none()
    if row is None:
        raise _missing(which)
    return read(row)


def lock_both(connection: Connection, one: int, other: str) -> tuple[Session, Session]:
    """Two sessions, or twice the same, as ``lock``; always in the same order, so that two who do so crosswise never block each other.

    Raises:
        Misconfigured: there is no such other one.

    """
    rows = connection.execute(
        text(f"SELECT {COLUMNS} FROM session s WHERE s.id = :one OR s.ref = :other ORDER BY s.id FOR UPDATE"),
        {"one": one, "other": other},
    )
    found = [read(row) for row in rows]
    named = [each for each in found if each.ref == other]
    if not named:
        raise _missing(other)
    return next(each for each in found if each.id == one), named[0]


def _missing(which: int | str) -> Misconfigured:
    return Misconfigured(f"No session {which}: `boostez session list` shows which there are.")
