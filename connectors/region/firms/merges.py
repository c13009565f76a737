"""Merges: two firms that turned out to be one.

Belongs here: which may be one, making them one, naming what was merged. Does not: their people who are one person (merged_people.py),
taking it back (unmerging.py), the rules (core/firm_merging.py).

Firms are locked first, then sessions, then people: as somebody who confirms a registration does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.firms import known_firms, merged_people
from connectors.region.sessions import enrolments
from core.firm_merging import Moves, difference
from core.firms_matching import Reason, duplicates
from core.reminders import Rule
from schemas.errors import Misconfigured

_FACTS: Final = ("naf", "headcount", "level")
_PLACE: Final = ("commune", "department", "postal_code", "city")


class Side(msgspec.Struct, frozen=True):
    """One of two firms."""

    id: int
    siret: str
    name: str
    city: str | None


class Suggestion(msgspec.Struct, frozen=True):
    """Two firms that may be one, and why."""

    one: Side
    other: Side
    score: float
    reasons: tuple[Reason, ...]


class Merge(msgspec.Struct, frozen=True):
    """What was merged: ``dropped`` is the name of the firm that is no more, ``contacts`` moved, so many are ``joined`` with another."""

    id: int
    kept: int
    dropped: str
    siret: str
    contacts: list[int]
    joined: int
    by: str
    reason: str
    at: dt.datetime
    undone_at: dt.datetime | None


_MERGE: Final = (
    "id, kept, dropped ->> 'name', dropped ->> 'siret', contacts, coalesce(jsonb_array_length(moves -> 'joined'), 0), by, reason, at, "
    "undone_at"
)


def suggestions(region: Region) -> list[Suggestion]:
    """Every two firms that may be one, the surest first."""
    with region.begin() as connection:
        known = known_firms.everything(connection, ())
    sides = {each.id: Side(each.id, each.firm.siret, each.firm.name, each.firm.city) for each in known}
    return [
        Suggestion(sides[pair.one], sides[pair.other], pair.score, pair.reasons)
        for pair in duplicates(known_firms.comparable(known))
    ]


def listed(region: Region) -> list[Merge]:
    """Every merge, the newest first."""
    with region.begin() as connection:
        rows = connection.execute(text(f"SELECT {_MERGE} FROM firm_merge ORDER BY id DESC"))
        return [Merge(*row) for row in rows]


def merge(
    region: Region, rules: Sequence[Rule], keep: int, drop: int, by: str, reason: str, now: dt.datetime
) -> Merge:
    """Make one firm of two: what the second has is the first's, and whoever is one person in both is one.

    Nothing is deleted but the second firm's row, which is kept with the merge. A place that somebody had twice goes to who waits.

    Raises:
        Misconfigured: there is no such firm, or it is twice the same.

    """
    if keep == drop:
        raise Misconfigured(f"Firm {keep} is one already: give the number of another.")
    with region.sole_keeper(), region.begin() as connection:
        _lock(connection, keep, drop)
        joined = merged_people.joined(connection, keep, drop)
        held = merged_people.lock(connection, joined)
        people = merged_people.of(connection, (keep, drop))
        before = merged_people.rows(connection, people) | _kept(connection, keep, drop)
        moved = _move(connection, keep, drop, now)
        done = merged_people.join(connection, joined, now)
        after = merged_people.rows(connection, people) | _kept(connection, keep, drop)
        moves = Moves(difference(before, after), done.members, done.ended, done.filled, tuple(joined))
        number = _note(connection, keep, drop, moved, moves, by=by, reason=reason, now=now)
        for session in held:
            enrolments.fill(connection, rules, session, now)
        acts.note(connection, "merged", "firm", [drop], by, now, why=f"into {keep}, merge {number}")
        return get(connection, number)


def get(connection: Connection, number: int) -> Merge:
    """The merge of that number.

    Raises:
        Misconfigured: there is none.

    """
    row = connection.execute(
        text(f"SELECT {_MERGE} FROM firm_merge WHERE id = :id"), {"id": number}
    ).one_or_none()
    if row is None:
        raise Misconfigured(f"No merge {number}: `boostez firm merges` shows which there are.")
    return Merge(*row)


def _lock(connection: Connection, keep: int, drop: int) -> None:
    found = connection.scalars(
        text("SELECT id FROM firm WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": [keep, drop]}
    ).all()
    for number in (keep, drop):
        if number not in found:
            raise Misconfigured(f"No firm {number}: `boostez firm duplicates` shows numbers.")


def _kept(connection: Connection, keep: int, drop: int) -> dict[tuple[str, int], dict[str, object]]:
    """The row of the firm that is kept, and the merges that made either of them."""
    rows = connection.execute(
        text(
            "SELECT 'firm' AS kind, id, to_jsonb(firm) - 'id' AS facts FROM firm WHERE id = :keep UNION ALL "
            "SELECT 'firm_merge', id, jsonb_build_object('kept', kept) FROM firm_merge WHERE kept IN (:keep, :drop)"
        ),
        {"keep": keep, "drop": drop},
    )
    return {(row.kind, row.id): row.facts for row in rows}


def _move(connection: Connection, keep: int, drop: int, now: dt.datetime) -> list[int]:
    """Give the kept firm what it lacks of the other, and the other's people. Returns who they are."""
    numbers = {"keep": keep, "drop": drop, "now": now}
    filled = [f"{name} = coalesce(k.{name}, d.{name})" for name in _FACTS]
    nowhere = f"coalesce({', '.join(f'k.{name}' for name in _PLACE)}) IS NULL"  # a place is taken whole
    filled += [f"{name} = CASE WHEN {nowhere} THEN d.{name} ELSE k.{name} END" for name in _PLACE]
    connection.execute(
        text(
            f"UPDATE firm k SET {', '.join(filled)}, changed_at = :now FROM firm d WHERE k.id = :keep AND d.id = :drop"
        ),
        numbers,
    )
    moved = connection.scalars(
        text("UPDATE contact SET firm_id = :keep WHERE firm_id = :drop RETURNING id"), numbers
    ).all()
    connection.execute(text("UPDATE firm_merge SET kept = :keep WHERE kept = :drop"), numbers)
    return sorted(moved)


def _note(
    connection: Connection,
    keep: int,
    drop: int,
    moved: list[int],
    moves: Moves,
    *,
    by: str,
    reason: str,
    now: dt.datetime,
) -> int:
    """Keep the dropped firm's row with all that changed, and delete it."""
    number: int = connection.execute(
        text(
            "INSERT INTO firm_merge (kept, dropped, contacts, moves, by, reason, at) SELECT :keep, to_jsonb(firm), "
            "cast(:contacts AS jsonb), cast(:moves AS jsonb), :by, :reason, :now FROM firm WHERE id = :drop RETURNING id"
        ),
        {
            "keep": keep,
            "drop": drop,
            "contacts": msgspec.json.encode(moved).decode(),
            "moves": msgspec.json.encode(moves).decode(),
            "by": by,
            "reason": reason,
            "now": now,
        },
    ).scalar_one()
    connection.execute(text("DELETE FROM firm WHERE id = :drop"), {"drop": drop})
    return number
