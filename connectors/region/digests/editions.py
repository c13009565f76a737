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

from connectors.region.access import acts
from connectors.region.alerting import alerts
from connectors.region.database import Region
from connectors.region.digests import approvals, readers
from connectors.region.digests.approvals import Proof
from connectors.region.ledger import letters, once
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
LATE: Final = "digest "  # what the causes of alerts about one that was not sent begin with
HELD: Final = "digests held"  # the cause of the alert about those that somebody must approve of


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
        approvals.replace(connection, role, proof)
        edition = _made(connection, role, week, figures, now)
        to = readers.wanting(connection, role, rule)
        if week.name in _expire(connection, role, proof, now, told=bool(to)):
            return "expired", 0
        if edition is None:
            return "none", 0
        if edition.state != "waiting":
            return "done", 0
        if to and not approvals.covered(connection, role, proof):
            return ("held" if approvals.ask(connection, role, proof, now) else "refused"), 0
        new = _write(connection, [DigestLetter(role, each.key, week.name) for each in to])
        connection.execute(
            text(
                "UPDATE digest_edition SET state = 'sent', letters = :letters, ended_at = :now WHERE id = :id"
            ),
            {"id": edition.id, "letters": len(to), "now": now},
        )
        return "sent", new


def _made(
    connection: Connection, role: Role, week: Week, figures: Mapping[str, int], now: dt.datetime
) -> Edition | None:
    """The edition, made when it is not there. A role's first is not made too late: nobody waited for it."""
    if found := _found(connection, role, week.name):
        return found
    connection.execute(
        text(
            "INSERT INTO digest_edition (role, week, due_at, until, figures, made_at) SELECT :role, :week, :due_at, :until, "
            "cast(:figures AS jsonb), :now WHERE cast(:until AS timestamptz) > :now "
            "OR EXISTS (SELECT FROM digest_edition WHERE role = :role)"
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
    return _found(connection, role, week.name)


def _expire(
    connection: Connection, role: Role, proof: Proof, now: dt.datetime, *, told: bool
) -> frozenset[str]:
    """End what is too late by now, of whatever week, and have a person ``told``, unless one refused it. Returns the weeks."""
    weeks = connection.scalars(
        text(
            "UPDATE digest_edition SET state = 'expired', ended_at = :now WHERE role = :role AND state = 'waiting' AND until <= :now "
            "RETURNING week"
        ),
        {"role": role, "now": now},
    ).all()
    decided = approvals.verdict(connection, role, proof) if weeks and told else None
    if told and not (decided and decided.state == "refused"):
        why = "it could not be planned" if decided else "nobody approved of it"
        for week in weeks:
            alerts.add(
                connection,
                f"{LATE}{role} {week}",
                f"The digest of {role} for {week} was not sent",
                f"For three days {why}: the next week's tells more. Somebody who needs it all the same: the deployment `send-digest`.",
                now,
            )
            alerts.end(connection, now, f"{LATE}{role} {week}")
    return frozenset(weeks)


def _write(connection: Connection, wanted: Sequence[DigestLetter]) -> int:
    said = {subject(each): msgspec.json.encode(each) for each in wanted}
    return len(once.plan(connection, letters.MAIL, said))


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


def _editions(connection: Connection, which: str, values: Mapping[str, object]) -> list[Edition]:
    rows = connection.execute(text(f"SELECT {_COLUMNS} FROM digest_edition {which}"), values)
    return [msgspec.convert(row._asdict(), Edition) for row in rows]


def find(region: Region, role: Role, week: str) -> Edition | None:
    """The edition of a role and week, when it was made."""
    with region.begin() as connection:
        return _found(connection, role, week)


def _found(connection: Connection, role: Role, week: str) -> Edition | None:
    found = _editions(connection, "WHERE role = :role AND week = :week", {"role": role, "week": week})
    return found[0] if found else None


def earlier(region: Region, role: Role, week: str) -> list[Edition]:
    """The editions before a week's, ``WEEKS`` at most, the oldest first."""
    which = "WHERE role = :role AND week < :week ORDER BY week DESC LIMIT :weeks"
    with region.begin() as connection:
        return _editions(connection, which, {"role": role, "week": week, "weeks": WEEKS})[::-1]


def listed(region: Region, *, limit: int) -> list[Edition]:
    """The newest editions."""
    with region.begin() as connection:
        return _editions(connection, "ORDER BY due_at DESC, role LIMIT :limit", {"limit": limit})


def expired(region: Region, since: dt.datetime) -> list[Edition]:
    """Which were not sent, because it was too late, since then."""
    which = "WHERE state = 'expired' AND ended_at > :since ORDER BY due_at, role"
    with region.begin() as connection:
        return _editions(connection, which, {"since": since})


def held(region: Region) -> list[Edition]:
    """Which somebody must approve of before they leave, the first that will be too late first."""
    which = (
        "e WHERE state = 'waiting' AND EXISTS (SELECT FROM digest_approval a WHERE a.role = e.role AND a.state = 'waiting') "
        "ORDER BY until, role"
    )
    with region.begin() as connection:
        return _editions(connection, which, {})
