"""Acts on people's data: that somebody looked for a person, read, handed out or erased what is kept of them.

Belongs here: statements on ``person_act``. Does not: the acts themselves (persons.py, person_records.py).

The log says who and when, and names the person by number: it would be strange if a log of erasures kept what was erased.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection, text

from connectors.region.database import Region

Name = Literal["found", "shown", "exported", "erased"]
THEMSELVES: Final = "themselves"
TERM: Final = "term"  # nobody asked: its time was over
RESTORE: Final = "restore"


class Act(msgspec.Struct, frozen=True):
    """Something that was done with a person's data; ``contact_id`` is None where it was about no one record."""

    id: int
    act: Name
    contact_id: int | None
    by: str
    at: dt.datetime


def note(
    connection: Connection, act: Name, contacts: Iterable[int | None], by: str, now: dt.datetime
) -> None:
    """Note an act, in its transaction: one row a record."""
    connection.execute(
        text(
            'INSERT INTO person_act (act, contact_id, "by", at) '
            "SELECT :act, contact, :by, :now FROM unnest(cast(:contacts AS bigint[])) AS w (contact)"
        ),
        {"act": act, "contacts": list(contacts), "by": by, "now": now},
    )


def listed(region: Region, *, limit: int = 200) -> list[Act]:
    """The acts, newest first."""
    with region.begin() as connection:
        rows = connection.execute(
            text('SELECT id, act, contact_id, "by", at FROM person_act ORDER BY id DESC LIMIT :n'),
            {"n": limit},
        )
        return [Act(*row) for row in rows]
