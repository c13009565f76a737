"""The chain of acts: each row of the log bears a hash of itself and of the row before, so what is changed later is seen.

Belongs here: what a row's hash is made of, and judging a log by its rows. Does not: writing rows, which the database chains itself
(connectors/region/access/acts.py, migration 0010), or who may read them.

A chain tells that a row was changed, left out or put in between. Whoever can rewrite the whole table can write a whole new chain: that is
seen by a ``Head`` that was noted elsewhere before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

START: Final = bytes(32)  # what the first row follows
EXPIRED: Final = "expired"  # the act that proves which rows were dropped since their term was over


class Link(msgspec.Struct, frozen=True):
    """A row as the chain sees it. ``facts`` are its columns in order, as text; ``hash`` and ``previous`` have 32 bytes.

    ``dropped`` is what the row says of rows whose term was over: the last number and its hash, as text. It may say anything.
    """

    id: int
    previous: bytes
    hash: bytes
    facts: tuple[str | None, ...]
    dropped: tuple[str | None, str | None] | None = None


class Head(msgspec.Struct, frozen=True):
    """The newest row: its number and its hash, in hexadecimal digits."""

    id: int
    hash: str


class Verdict(msgspec.Struct, frozen=True):
    """What a log's chain says of it. ``first`` is the oldest row that is kept, None in an empty log; ``faults`` are sentences."""

    rows: int = 0
    first: int | None = None
    head: Head | None = None
    faults: tuple[str, ...] = ()


def digest(previous: bytes, id: int, facts: Sequence[str | None]) -> bytes:  # noqa: A002 - as the column is named
    """The hash of a row: 32 bytes. Each fact is written with its length, so no two rows read alike."""
    return hashlib.sha256(previous + "".join(map(_written, (str(id), *facts))).encode()).digest()


def _written(fact: str | None) -> str:
    return "-," if fact is None else f"{len(fact.encode())}:{fact},"


def judged(links: Iterable[Link], noted: Head | None = None, most: int = 10) -> Verdict:
    """Judge a log by its rows, in the order of their numbers; ``noted`` is a head that it had before. Tells ``most`` faults."""
    faults: list[str] = []
    first: Link | None = None
    last: Link | None = None
    rows, met, dropped = 0, noted is None, set[tuple[str | None, str | None]]()
    for link in links:
        rows += 1
        faults += _faults(link, last)
        met = met or (noted is not None and (link.id, link.hash.hex()) == (noted.id, noted.hash))
        if link.dropped:
            dropped.add(link.dropped)
        first, last = first or link, link
    if first and not _begins_well(first, dropped):
        faults.append(f"Row {first.id} is the oldest, and no row says that those before it were over.")
    if not met and noted is not None and not (first and noted.id < first.id):
        faults.append(f"Row {noted.id} was {noted.hash} when it was noted, and is not any more.")
    return Verdict(
        rows,
        first.id if first else None,
        Head(last.id, last.hash.hex()) if last else None,
        (*faults[:most], *([f"And {len(faults) - most} more."] if len(faults) > most else [])),
    )


def _faults(link: Link, last: Link | None) -> list[str]:
    found = []
    if link.hash != digest(link.previous, link.id, link.facts):
        found.append(f"Row {link.id} is not what was written.")
    if last and link.id != last.id + 1:
        found.append(f"Rows between {last.id} and {link.id} are gone.")
    elif last and link.previous != last.hash:
        found.append(f"Row {link.id} does not follow row {last.id}.")
    return found


def _begins_well(first: Link, dropped: set[tuple[str | None, str | None]]) -> bool:
    if first.id == 1:
        return first.previous == START
    return (str(first.id - 1), first.previous.hex()) in dropped
