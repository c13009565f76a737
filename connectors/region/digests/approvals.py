"""The guard of digests: a person approves of a role's words and readers before the first letter.

Belongs here: statements on ``digest_approval``. Does not: the form (flows/approve_digest.py), or what is shown in it.

An approval covers the words as they were and whoever was a reader then: other words, or one more address in the reviewed file, are
asked about anew; one less is not. Officials and coaches are added to their tables by hand, one by one: that is their review.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from schemas.errors import Misconfigured, Refused
from schemas.letters import Role


class Proof(msgspec.Struct, frozen=True):
    """What is approved of: a hash of the words, and the keys of the reviewed file's readers."""

    form: str
    readers: tuple[str, ...]


class Approval(msgspec.Struct, frozen=True):
    """What a person is asked, or was."""

    id: int
    role: Role
    form: str
    readers: tuple[str, ...]
    state: str
    raised_at: dt.datetime
    flow_run: str | None
    decided_at: dt.datetime | None
    decided_by: str | None
    reason: str | None


_COLUMNS: Final = ", ".join(Approval.__struct_fields__)


def _approval(row: Any) -> Approval:
    return msgspec.convert(row._asdict(), Approval)


def _values(role: Role, proof: Proof) -> dict[str, Any]:
    return {"role": role, "form": proof.form, "readers": list(proof.readers)}


def verdict(connection: Connection, role: Role, proof: Proof) -> Approval | None:
    """The newest decision on these words for these readers, or for more; None when nobody decided."""
    row = connection.execute(
        text(
            f"SELECT {_COLUMNS} FROM digest_approval WHERE role = :role AND form = :form AND readers @> cast(:readers AS text[]) "
            "AND state IN ('approved', 'refused') ORDER BY decided_at DESC, id DESC LIMIT 1"
        ),
        _values(role, proof),
    ).one_or_none()
    return None if row is None else _approval(row)


def covered(connection: Connection, role: Role, proof: Proof) -> bool:
    """Whether somebody approved of it, and nobody refused it since."""
    found = verdict(connection, role, proof)
    return found is not None and found.state == "approved"


def replace(connection: Connection, role: Role, proof: Proof) -> None:
    """Nobody is to decide any more on other words, or other readers, than these."""
    connection.execute(
        text(
            "UPDATE digest_approval SET state = 'replaced' WHERE role = :role AND state = 'waiting' "
            "AND (form <> :form OR readers <> cast(:readers AS text[]))"
        ),
        _values(role, proof),
    )


def ask(connection: Connection, role: Role, proof: Proof, now: dt.datetime) -> bool:
    """Have somebody decide on it. Returns whether somebody is to: what was refused is not asked again."""
    values = {**_values(role, proof), "now": now}
    connection.execute(
        text(
            "INSERT INTO digest_approval (role, form, readers, raised_at) SELECT :role, :form, cast(:readers AS text[]), :now "
            "WHERE NOT EXISTS (SELECT FROM digest_approval WHERE role = :role AND form = :form "
            "AND readers @> cast(:readers AS text[]) AND state = 'refused') "
            "ON CONFLICT (role) WHERE state = 'waiting' DO NOTHING"
        ),
        values,
    )
    return bool(
        connection.scalar(
            text("SELECT count(*) FROM digest_approval WHERE role = :role AND state = 'waiting'"), values
        )
    )


def waiting(region: Region) -> list[Approval]:
    """What somebody must decide on, the oldest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text(f"SELECT {_COLUMNS} FROM digest_approval WHERE state = 'waiting' ORDER BY id")
        )
        return [_approval(row) for row in rows]


def get(region: Region, number: int) -> Approval:
    """The approval of that number.

    Raises:
        Misconfigured: there is none.

    """
    with region.begin() as connection:
        return _get(connection, number)


def _get(connection: Connection, number: int) -> Approval:
    row = connection.execute(
        text(f"SELECT {_COLUMNS} FROM digest_approval WHERE id = :id"), {"id": number}
    ).one_or_none()
    if row is None:
        raise Misconfigured(f"No approval {number}: `boostez digest list` shows what waits.")
    return _approval(row)


def shown_by(region: Region, number: int, flow_run: str) -> None:
    """A run shows the form."""
    with region.begin() as connection:
        connection.execute(
            text("UPDATE digest_approval SET flow_run = :run WHERE id = :id"), {"id": number, "run": flow_run}
        )


def approve(region: Region, role: Role, proof: Proof, by: str, now: dt.datetime) -> Approval:
    """Letters with these words to these readers may leave, also when they were refused before. Twice is once."""
    with region.begin() as connection:
        lock(connection, role)
        found = verdict(connection, role, proof)
        if found and found.state == "approved":
            return found
        return _decide(connection, role, proof, by, None, now)


def refuse(region: Region, role: Role, proof: Proof, by: str, reason: str, now: dt.datetime) -> Approval:
    """No letter leaves with these words to these readers."""
    with region.begin() as connection:
        lock(connection, role)
        return _decide(connection, role, proof, by, reason, now)


def decide(
    region: Region, number: int, proof: Proof, by: str, reason: str | None, now: dt.datetime
) -> Approval:
    """What a form's verdict says, of what that form showed: approved, or refused for a ``reason``.

    Raises:
        Refused: words or readers are others by now, or somebody decided meanwhile.

    """
    with region.begin() as connection:
        lock(connection, _get(connection, number).role)
        found = _get(connection, number)
        if found.state != "waiting" or (found.form, found.readers) != (proof.form, proof.readers):
            raise Refused(
                f"What the form showed of the digest of {found.role} is not what would leave now: look at it again."
            )
        return _decide(connection, found.role, proof, by, reason, now)


def _decide(
    connection: Connection, role: Role, proof: Proof, by: str, reason: str | None, now: dt.datetime
) -> Approval:
    """Refused for a ``reason``, or else approved; what waits of other words or readers is over, too."""
    replace(connection, role, proof)
    state: Literal["approved", "refused"] = "approved" if reason is None else "refused"
    row = connection.execute(
        text(
            "WITH asked AS (UPDATE digest_approval SET state = :state, decided_by = :by, reason = :reason, decided_at = :now "
            f"WHERE role = :role AND state = 'waiting' RETURNING {_COLUMNS}), "
            "unasked AS (INSERT INTO digest_approval (role, form, readers, state, raised_at, decided_at, decided_by, reason) "
            "SELECT :role, :form, cast(:readers AS text[]), :state, :now, :now, :by, cast(:reason AS text) "
            f"WHERE NOT EXISTS (SELECT FROM asked) RETURNING {_COLUMNS}) SELECT * FROM asked UNION ALL SELECT * FROM unasked"
        ),
        {**_values(role, proof), "state": state, "by": by, "reason": reason, "now": now},
    ).one()
    decided = _approval(row)
    acts.note(connection, state, "digest", [decided.id], by, now, why=f"{role}, {proof.form}")
    return decided


_TURN: Final = 72_014  # advisory lock class: one decision on a role, or one edition of it, at a time


def lock(connection: Connection, role: Role) -> None:
    """Until this transaction ends, nobody else decides on a role or makes an edition of it."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:kind, hashtext(:role))"), {"kind": _TURN, "role": role}
    )
