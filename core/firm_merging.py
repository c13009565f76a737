"""Making two firms one, and two again: what changed, as a value that can be undone.

Belongs here: who of two firms is one person, which of two places counts, which consents hold, the difference of two states of rows. Does
not: reading or writing rows (connectors/region/firms/merges.py).

A value of this kind outlives an erasure, so it holds numbers, states and instants, never a person's name, address or words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from core.addresses import email_key
from core.folding import words
from schemas.firm import Consent

Rows = Mapping[tuple[str, int], Mapping[str, Any]]
"""Rows by table and number, as columns."""
MERGE: Final = "merge"  # who ended a consent that another makes needless
_RANK: Final = ("left", "waiting", "registered", "absent", "present")


class Move(msgspec.Struct, frozen=True, array_like=True):
    """One column of one row, before and after."""

    table: str
    id: int
    column: str
    before: Any
    after: Any


class Member(msgspec.Struct, frozen=True, array_like=True):
    """A place in a cohort that went from one record to another."""

    cohort: int
    before: int
    after: int


class Ended(msgspec.Struct, frozen=True, array_like=True):
    """When a place in a cohort ended, before and after, of somebody who was in it under two records."""

    cohort: int
    contact: int
    before: str | None
    after: str | None


class Filled(msgspec.Struct, frozen=True, array_like=True):
    """Something that one record lacked and the other had: which column, never what."""

    contact: int
    column: str
    source: int


class Moves(msgspec.Struct, frozen=True):
    """All that a merge changed. ``joined``: records that are one person now, from and to; the other firm's own row is kept apart."""

    rows: tuple[Move, ...] = ()
    members: tuple[Member, ...] = ()
    ended: tuple[Ended, ...] = ()
    filled: tuple[Filled, ...] = ()
    joined: tuple[tuple[int, int], ...] = ()


class Someone(msgspec.Struct, frozen=True):
    """A record of a person, as far as it tells who they are."""

    id: int
    name: str | None
    email: str | None


class Agreed(msgspec.Struct, frozen=True):
    """A consent of one of two records, held or ended."""

    id: int
    contact: int
    consent: Consent
    given_at: dt.datetime
    withdrawn_at: dt.datetime | None = None
    withdrawn_by: str | None = None


class Fate(msgspec.Struct, frozen=True):
    """What becomes of a consent: whose it is now, and when and how it ended."""

    contact: int
    withdrawn_at: dt.datetime | None
    withdrawn_by: str | None


def same_people(keep: Sequence[Someone], drop: Sequence[Someone]) -> list[tuple[int, int]]:
    """Who of the one firm (second) is who of the other (first): the same address, and a word of the name in common.

    contact@ may be two people's.
    """
    found: list[tuple[int, int]] = []
    for one in drop:
        other = next((each for each in keep if _same(each, one)), None)
        if other is not None:
            found.append((one.id, other.id))
    return found


def _same(one: Someone, other: Someone) -> bool:
    if not (one.email and other.email) or email_key(one.email) != email_key(other.email):
        return False
    named, also = set(words(one.name or "")), set(words(other.name or ""))
    return not (named and also) or not named.isdisjoint(also)


def better(one: str, other: str) -> bool:
    """Whether of two places in one session ``one`` counts before ``other``: who came came."""
    return _RANK.index(one) > _RANK.index(other)


def fates(agreed: Sequence[Agreed], target: int, now: dt.datetime) -> dict[int, Fate]:
    """What becomes of the consents of two records of one person, who is ``target`` from now on.

    What they said last counts, for each purpose and transport; of two that hold one is enough.
    """
    return {
        number: fate
        for consent in {each.consent for each in agreed}
        for number, fate in _fates([each for each in agreed if each.consent == consent], target, now)
    }


def _fates(agreed: Sequence[Agreed], target: int, now: dt.datetime) -> Iterator[tuple[int, Fate]]:
    held = sorted(
        (each for each in agreed if each.withdrawn_at is None), key=lambda one: one.contact != target
    )
    ended = [(each.withdrawn_at, each.withdrawn_by) for each in agreed if each.withdrawn_at is not None]
    at, by = max(ended, key=lambda one: one[0], default=(None, None))
    holds = False
    for each in held:
        if at is not None and each.given_at < at:
            yield each.id, Fate(each.contact, at, by)
        elif holds:
            yield each.id, Fate(each.contact, now, MERGE)
        else:
            holds = True
            yield each.id, Fate(target, None, None)


def difference(before: Rows, after: Rows) -> tuple[Move, ...]:
    """Every column that differs, of rows that are in both."""
    return tuple(
        Move(table, number, column, value, after[table, number][column])
        for (table, number), columns in before.items()
        if (table, number) in after
        for column, value in columns.items()
        if value != after[table, number][column]
    )


Verdict = Literal["back", "leave", "refuse"]
_STRICT: Final = frozenset(
    {
        ("contact", "firm_id"),
        ("contact", "merged_into"),
        ("enrolment", "contact_id"),
        ("enrolment", "state"),
        ("firm_merge", "kept"),
    }
)


def undo(move: Move, now: Any) -> Verdict:
    """Whether one column goes back, its value being ``now``: what somebody changed since is theirs, or in the way."""
    if now == move.after:
        return "back"
    return "refuse" if (move.table, move.column) in _STRICT else "leave"
