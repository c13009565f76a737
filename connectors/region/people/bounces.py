"""Letters that came back: whose they were, and what follows for the address.

Belongs here: statements on ``bounce``, whose address is suspended by which, who is to be told. Does not: reading a report
(core/bounces.py), whether one suspends (core/suspending.py), or the alert where a session has no coach (tasks/bounces.py).

The same report twice is once, whichever way it came: a bounce is one row a letter and kind. ``told_at`` is empty as long as somebody
must be told: when a suspended person has places to come, their coach is.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region
from connectors.region.ledger import letters
from connectors.region.people import contacts
from core.bounces import Bounce
from core.effects import subject_of
from core.suspending import believable, suspends
from schemas.letters import NAMED, Named, ProgrammeLetter

Outcome = Literal["suspended", "noted", "again", "nobody", "unknown"]
"""What came of a bounce.

suspended: nothing goes to that address any more. noted: not enough for that. again: it was known. nobody: the letter was ours, and no
address of a contact's: a coach's, a firm's that posted an offer, or one that its reader has left. unknown: no letter of ours.
"""


class _Reader(msgspec.Struct, frozen=True):
    """Whom a letter went to; of a contact the address that they have now."""

    contact: int | None = None
    coach: int | None = None
    address: str | None = None


class Taken(msgspec.Struct):
    """What came of bounces, counted."""

    suspended: int = 0
    noted: int = 0
    again: int = 0
    nobody: int = 0
    unknown: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        setattr(self, outcome, getattr(self, outcome) + 1)


def take(region: Region, bounce: Bounce, now: dt.datetime) -> Outcome:
    """Note a bounce, and suspend the address when it proves enough: in one commit, and twice is once."""
    with region.begin() as connection:
        effect = connection.execute(
            text("SELECT marker, content FROM effect WHERE channel = :channel AND subject = :subject"),
            {"channel": letters.MAIL, "subject": subject_of(bounce.marker)},
        ).one_or_none()
        if effect is None or effect.marker is None:
            return "unknown"
        reader = _reader(connection, effect.content)
        if not believable(bounce, effect.marker, reader.address):
            return "nobody"  # and no row: a forged report must not stand in the way of a true one
        if not _keep(connection, bounce, reader, now):
            return "again"
        if reader.contact is None:
            return "nobody"
        return "suspended" if _suspend(connection, bounce, reader.contact) else "noted"


def _reader(connection: Connection, content: dict[str, Any]) -> _Reader:
    match content.get("about"):
        case "programme":
            statement, of = _READERS[NAMED[content["kind"]]], content["of"]
        case "question" if "contact" in content:
            statement, of = _READERS["contact"], content["contact"]
        case "question":
            statement, of = _ASKER, content["of"]
        case _:
            return _Reader()
    row = connection.execute(text(statement), {"of": of}).one_or_none()
    return _Reader() if row is None else _Reader(row.contact, row.coach, row.address)


_PERSON: Final = "SELECT c.id AS contact, NULL AS coach, c.email AS address FROM contact c"
_ASKER: Final = f"{_PERSON} JOIN ask a ON a.contact_id = c.id WHERE a.id = :of"
_COACH: Final = "SELECT NULL AS contact, k.id AS coach, k.email AS address FROM coach k"
_READERS: Final[dict[Named, str]] = {
    "registration": f"{_PERSON} JOIN registration r ON r.contact_id = c.id WHERE r.id = :of",
    "enrolment": f"{_PERSON} JOIN enrolment e ON e.contact_id = c.id WHERE e.id = :of",
    "contact": f"{_PERSON} WHERE c.id = :of",
    "coach": f"{_COACH} WHERE k.id = :of",
    "session": f"{_COACH} JOIN session s ON s.coach_id = k.id WHERE s.id = :of",
}


def _keep(connection: Connection, bounce: Bounce, reader: _Reader, now: dt.datetime) -> bool:
    """Keep a bounce. Nobody has to be told of it yet, unless it is a coach's. Returns whether it is new."""
    return bool(
        connection.execute(
            text(
                "INSERT INTO bounce (marker, kind, status, contact_id, at, told_at) VALUES (:marker, :kind, :status, :contact, :at, "
                ":told) ON CONFLICT (marker, kind) DO NOTHING"
            ),
            {
                "marker": bounce.marker,
                "kind": bounce.kind,
                "status": bounce.status or None,
                "contact": reader.contact,
                "at": min(bounce.at, now),
                "told": now if reader.coach is None else None,
            },
        ).rowcount
    )


def _suspend(connection: Connection, bounce: Bounce, contact: int) -> bool:
    """Suspend a person's address when that is enough for it, and have somebody told. Returns whether it was working until now."""
    held = connection.execute(
        text("SELECT mail_stopped FROM contact WHERE id = :id AND erased_at IS NULL FOR NO KEY UPDATE"),
        {"id": contact},
    ).one_or_none()
    if held is None or held.mail_stopped is not None:
        return False
    softs = connection.scalars(
        text("SELECT at FROM bounce WHERE contact_id = :id AND kind = 'soft'"), {"id": contact}
    ).all()
    if not suspends(bounce.kind, bounce.at, softs):
        return False
    contacts.stop(connection, contact, "mail", bounce.kind)
    connection.execute(
        text("UPDATE bounce SET told_at = NULL WHERE marker = :marker AND kind = :kind"),
        {"marker": bounce.marker, "kind": bounce.kind},
    )
    return True


class Alone(msgspec.Struct, frozen=True):
    """A session to come without a coach, and how many of its people take no letters since. ``first`` is the first bounce of theirs."""

    session: str
    title: str
    starts_at: dt.datetime
    people: int
    first: int


# Whose address was suspended, and which session to come is theirs. A dialogue is no matter for a telephone: its page tells all.
_UNTOLD: Final = (
    "FROM bounce b JOIN enrolment e ON e.contact_id = b.contact_id AND e.state IN ('registered', 'waiting') "
    "JOIN session s ON s.id = e.session_id AND s.state = 'open' AND s.starts_at > :now AND s.kind <> 'dialogue' "
    "LEFT JOIN coach k ON k.id = s.coach_id AND k.ended_at IS NULL WHERE b.told_at IS NULL"
)


def without_coach(region: Region, now: dt.datetime) -> list[Alone]:
    """The sessions to come of suspended people of whom no coach can be told: an alert must, before ``tell_coaches``."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT s.ref, s.title, s.starts_at, count(DISTINCT b.contact_id), min(b.id) "
                f"{_UNTOLD} AND k.id IS NULL GROUP BY s.id ORDER BY s.starts_at, s.id"
            ),
            {"now": now},
        )
        return [Alone(*row) for row in rows]


def of_coaches(region: Region) -> list[int]:
    """The coaches whose own letters came back, and of whom nobody was told: an alert must, before ``tell_coaches``."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT f.content FROM bounce b JOIN effect f ON f.channel = :mail AND f.subject = regexp_replace(b.marker, '-[^-]*$', '') "
                "WHERE b.told_at IS NULL AND b.contact_id IS NULL ORDER BY b.id"
            ),
            {"mail": letters.MAIL},
        ).all()
        found = [_reader(connection, row.content).coach for row in rows]
    return sorted({coach for coach in found if coach is not None})


def tell_coaches(region: Region, now: dt.datetime) -> int:
    """Write to each coach, one letter, of the people of their sessions to come whose addresses were suspended. Then all are told.

    Returns how many letters that is.
    """
    with region.begin() as connection:
        untold = connection.scalars(
            text("SELECT id FROM bounce WHERE told_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED")
        ).all()
        rows = connection.execute(
            text(
                f"SELECT DISTINCT b.id, b.contact_id, k.id AS coach {_UNTOLD} AND k.id IS NOT NULL AND b.id = ANY(:ids) ORDER BY b.id"
            ),
            {"now": now, "ids": list(untold)},
        )
        of: dict[int, dict[int, int]] = defaultdict(dict)
        for row in rows:
            of[row.coach].setdefault(row.contact_id, row.id)
        letters.write(
            connection,
            {
                f"bounced.{coach}.{min(people.values())}": ProgrammeLetter(
                    "bounced", coach, people=tuple(people)
                )
                for coach, people in of.items()
            },
        )
        connection.execute(
            text("UPDATE bounce SET told_at = :now WHERE id = ANY(:ids)"), {"now": now, "ids": list(untold)}
        )
    return len(of)
