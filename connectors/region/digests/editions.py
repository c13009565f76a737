"""Editions: a role's digest of one week, made once, and its letters in the ledger in the same commit.

Belongs here: statements on ``digest_edition``, planning letters, what earlier weeks had. Does not: who reads (readers.py), who approves
(approvals.py), or what a letter tells (connectors/mail/digests.py).

An edition follows from the clock and from rows, never from a tick: whichever run comes first after the due time makes it, and one
that was missed for days is told to be too late. Letters are named ``digest.<role>.<reader>.<week>``: each is planned once, whatever
crashes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region import acts, letters, once
from connectors.region.database import Region
from connectors.region.digests import approvals, readers
from connectors.region.digests.approvals import Proof
from core.digests.rules import Reader, Rule
from core.digests.weeks import Week
from schemas.errors import Refused
from schemas.letters import DigestLetter, Role

WEEKS: Final = 4  # earlier weeks that a trend has
Outcome = Literal["sent", "held", "refused", "expired", "done", "none"]
"""What came of a role's digest: its letters are planned; a person must approve of it; somebody refused it; it was too late; all of that
was so before; or none was ever due in time."""


class Edition(msgspec.Struct, frozen=True):
    """A role's digest of one week, with as many letters."""

    id: int
    role: Role
    week: str
    due_at: dt.datetime
    until: dt.datetime
    state: Literal["waiting", "sent", "expired"]
    figures: dict[str, int]
    letters: int
    made_at: dt.datetime
    ended_at: dt.datetime | None


_COLUMNS: Final = ", ".join(Edition.__struct_fields__)


def subject(letter: DigestLetter) -> str:
    """The name of a letter's effect: small letters, digits and dots, as bounces know markers by (core/bounces.py)."""
    again = f".{letter.again}" if letter.again else ""
    return f"digest.{letter.role}.{letter.reader}.{letter.week.replace('-', '').lower()}{again}"


def plan(
    region: Region,
    role: Role,
    rule: Rule,
    week: Week,
    proof: Proof,
    figures: Mapping[str, int],
    now: dt.datetime,
) -> tuple[Outcome, int]:
    """Make the edition of a week that is due, and plan its letters, all in one commit. Returns how many are new.

    ``figures`` are what later weeks compare themselves with, as of when the edition is made first.
    """
    with region.begin() as connection:
        approvals.lock(connection, role)
        edition = _made(connection, role, week, figures, now)
        if edition is None:
            return "none", 0
        if edition.state != "waiting":
            return "done", 0
        if edition.until <= now:
            _end(connection, edition, "expired", 0, now)
            return "expired", 0
        if not approvals.covered(connection, role, proof):
            return ("held" if approvals.ask(connection, role, proof, now) else "refused"), 0
        stopped = readers.stopped(connection, role)
        to = [each for each in readers.every(connection, role, rule) if each.key not in stopped]
        new = _write(connection, [DigestLetter(role, each.key, week.name) for each in to])
        _end(connection, edition, "sent", len(to), now)
        return "sent", new


def _made(
    connection: Connection, role: Role, week: Week, figures: Mapping[str, int], now: dt.datetime
) -> Edition | None:
    """The edition, made when it is not there. A role's first is not made too late: nobody waited for it."""
    connection.execute(
        text(
            "INSERT INTO digest_edition (role, week, due_at, until, figures, made_at) SELECT :role, :week, :due_at, :until, "
            "cast(:figures AS jsonb), :now WHERE cast(:until AS timestamptz) > :now "
            "OR EXISTS (SELECT FROM digest_edition WHERE role = :role) ON CONFLICT (role, week) DO NOTHING"
        ),
        {
            "role": role,
            "week": week.name,
            "due_at": week.due_at,
            "until": week.until,
            "figures": msgspec.json.encode(figures).decode(),
            "now": now,
        },
    )
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM digest_edition WHERE role = :role AND week = :week"),
        {"role": role, "week": week.name},
    ).one_or_none()
    return None if row is None else msgspec.convert(row._asdict(), Edition)


def _end(connection: Connection, edition: Edition, state: str, number: int, now: dt.datetime) -> None:
    connection.execute(
        text("UPDATE digest_edition SET state = :state, letters = :letters, ended_at = :now WHERE id = :id"),
        {"id": edition.id, "state": state, "letters": number, "now": now},
    )


def _write(connection: Connection, wanted: Sequence[DigestLetter]) -> int:
    said = {subject(each): msgspec.json.encode(each) for each in wanted}
    return len(once.plan(connection, letters.MAIL, said))


def find(region: Region, role: Role, week: str) -> Edition | None:
    """The edition of a role and week, when it was made."""
    with region.begin() as connection:
        row = connection.execute(
            text(f"SELECT {_COLUMNS} FROM digest_edition WHERE role = :role AND week = :week"),
            {"role": role, "week": week},
        ).one_or_none()
    return None if row is None else msgspec.convert(row._asdict(), Edition)


def again(region: Region, role: Role, reader: Reader, week: Week, proof: Proof) -> DigestLetter:
    """Have one person's digest of a week sent by hand, in time or not; who may have had it reads that it is another.

    What waits to leave is not written twice: then it is that letter.

    Raises:
        Refused: nobody approved of it, or they want none.

    """
    with region.begin() as connection:
        approvals.lock(connection, role)
        if not approvals.covered(connection, role, proof):
            raise Refused(
                f"Nobody approved of the digest of {role} as it is: `boostez digest preview {role}`, then "
                f"`boostez digest approve {role}`."
            )
        if reader.key in readers.stopped(connection, role):
            raise Refused(f"{reader.name} wants no digest any more: only they can choose it again.")
        before = DigestLetter(role, reader.key, week.name)
        known = connection.execute(
            text(
                "SELECT state, content FROM effect WHERE channel = :mail AND (subject = :subject OR starts_with(subject, :subject || '.'))"
            ),
            {"mail": letters.MAIL, "subject": subject(before)},
        ).all()
        for row in known:
            if row.state in {"planned", "intent"}:
                return msgspec.convert(row.content, DigestLetter)
        had = any(row.state != "rejected" for row in known)
        letter = msgspec.structs.replace(before, again=len(known) + 1, had=had)
        _write(connection, [letter])
        acts.note(connection, "sent", "digest", [role], why=week.name)
    return letter


def earlier(region: Region, role: Role, week: str) -> list[Edition]:
    """The editions before a week's, ``WEEKS`` at most, the oldest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT * FROM (SELECT {_COLUMNS} FROM digest_edition WHERE role = :role AND week < :week "
                "ORDER BY week DESC LIMIT :weeks) newest ORDER BY week"
            ),
            {"role": role, "week": week, "weeks": WEEKS},
        )
        return [msgspec.convert(row._asdict(), Edition) for row in rows]


def listed(region: Region, *, limit: int) -> list[Edition]:
    """The newest editions."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM digest_edition ORDER BY due_at DESC, role LIMIT :limit"),
            {"limit": limit},
        )
        return [msgspec.convert(row._asdict(), Edition) for row in rows]


def expired(region: Region, since: dt.datetime) -> list[Edition]:
    """Which were not sent, because it was too late, since then."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM digest_edition WHERE state = 'expired' AND ended_at > :since ORDER BY due_at, role"
            ),
            {"since": since},
        )
        return [msgspec.convert(row._asdict(), Edition) for row in rows]
