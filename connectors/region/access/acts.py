"""The log of acts: who did what to what, when, from where, and how it ended; appended to, never edited.

Belongs here: statements on ``act``. Does not: the acts themselves (offers/postings.py, questions/moderation.py, people/persons.py…), the chain's rule
(core/act_chain.py), or whose the table is (act_owner.py).

An act is noted in the transaction that does it, as its last statement: the log is locked from there to the commit. People whose data it
is are numbers here: it would be strange if a log of erasures kept what was erased.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Connection, Row, text

from connectors import clock
from connectors.region.database import Region
from core.act_chain import EXPIRED, Head, Link, Verdict, judged

# fmt: off
What = Literal[
    "posting", "question", "plan", "digest", "alert", "mute", "contact", "student", "offer", "session", "page", "log", "database",
    "dialogue", "season", "move", "official", "moderator", "venue", "coach", "cohort", "enrolment", "firm", "merge", "import",
    "event", "slot", "medium", "consent", "channel", "replay",
]
Deciding = Literal[
    "approved", "refused", "published", "merged", "answered", "acknowledged", "muted", "unmuted", "withdrew", "undid",
    "announced", "moved", "cancelled", "changed", "kept", "imported", "sent", "asked", "paused", "resumed", "replayed",
]
# fmt: on
OnPeople = Literal["found", "shown", "exported", "erased"]
Did = (
    Deciding | OnPeople | Literal["signed_in", "signed_out", "ended", "opened", "read", "expired", "restored"]
)
Via = Literal["portal", "command line", "prefect", "hub"]
Outcome = Literal["done", "refused"]
THEMSELVES: Final = "themselves"
TERM: Final = "term"  # nobody asked: its time was over
RESTORE: Final = "restore"
NOBODY: Final = "?"  # it is not known who
TRIGGERS: Final = ("act_chain", "act_kept", "act_whole")  # migration 0010
PAGE: Final = 1_000  # rows that are read at once
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Where(msgspec.Struct, frozen=True):
    """From where somebody acts, as which account of the provider, and by which name where an act does not say it."""

    via: Via = "prefect"
    address: str | None = None
    account: str | None = None
    by: str = NOBODY


class Act(msgspec.Struct, frozen=True):
    """Something that was done, or refused to whoever tried; ``ref`` is None where it was about no one thing."""

    id: int
    at: dt.datetime
    by: str
    account: str | None
    via: str
    address: str | None
    did: str
    what: str
    ref: str | None
    outcome: str
    note: str | None = None


_COLUMNS: Final = ", ".join(f'"{name}"' for name in Act.__struct_fields__)
_WHERE: ContextVar[Where] = ContextVar("where", default=Where())  # noqa: B039 - it is frozen


@contextmanager
def acting(where: Where) -> Iterator[None]:
    """What is noted meanwhile, in this context, is from there."""
    token = _WHERE.set(where)
    try:
        yield
    finally:
        _WHERE.reset(token)


@contextmanager
def signed(by: str) -> Iterator[None]:
    """What is noted meanwhile is by them, from wherever it is."""
    with acting(msgspec.structs.replace(_WHERE.get(), by=by)):
        yield


def note(
    connection: Connection,
    did: Did,
    what: What,
    refs: Iterable[int | str | None],
    by: str | None = None,
    now: dt.datetime | None = None,
    *,
    outcome: Outcome = "done",
    why: str | None = None,
) -> None:
    """Note an act, in its transaction, as its last statement: one row a ref. ``by``: else as ``acting`` says. ``now``: else now."""
    where = _WHERE.get()
    facts = {**msgspec.structs.asdict(where), "did": did, "what": what, "outcome": outcome, "note": why}
    facts |= {"by": by or where.by, "now": now or clock.now()}
    rows = [{**facts, "ref": None if ref is None else str(ref)} for ref in refs]
    if rows:
        connection.execute(text(_NOTE), rows)


_NOTE: Final = (
    'INSERT INTO act (at, "by", account, via, address, did, what, ref, outcome, note) '
    "VALUES (:now, :by, :account, :via, :address, :did, :what, :ref, :outcome, :note)"
)


def listed(
    region: Region,
    *,
    since: dt.datetime | None = None,
    by: str | None = None,
    on: str | None = None,
    before: int | None = None,
    limit: int = 200,
) -> list[Act]:
    """Acts, newest first; ``by`` is a part of who did it, whatever its case, ``on`` a kind of thing, or one by its ref; ``before`` is a row's number."""
    what, _, ref = (on or "").partition(" ")
    with region.begin() as connection:
        rows = connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM act WHERE (cast(:since AS timestamptz) IS NULL OR at >= :since) "
                "AND (cast(:before AS bigint) IS NULL OR id < :before) "
                "AND (cast(:by AS text) IS NULL OR strpos(lower(by), lower(:by)) > 0) "
                "AND :what IN ('', what) AND :ref IN ('', ref) ORDER BY id DESC LIMIT :n"
            ),
            {"since": since, "by": by, "what": what, "ref": ref, "before": before, "n": limit},
        )
        return [Act(*row) for row in rows]


def verified(region: Region, noted: Head | None = None) -> Verdict:
    """What the chain says of the log, as of one moment, and whether its triggers are there; ``noted`` is a head that it had before."""
    with region.begin() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        verdict = judged((_link(row) for row in _rows(connection)), noted)
        standing = connection.scalar(text(_STANDING))
    if standing == len(TRIGGERS):
        return verdict
    return msgspec.structs.replace(
        verdict, faults=(*verdict.faults, "Triggers that keep it are gone or disabled.")
    )


_STANDING: Final = (
    "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'act'::regclass AND tgenabled IN ('O', 'A') "
    f"AND tgname IN ({', '.join(map(repr, TRIGGERS))})"
)


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    last = -(2**62)
    while rows := connection.execute(
        text(f"SELECT {_COLUMNS}, previous, hash FROM act WHERE id > :last ORDER BY id LIMIT :n"),
        {"last": last, "n": PAGE},
    ).all():
        yield from rows
        last = rows[-1].id


def _link(row: Row[Any]) -> Link:
    dropped = (row.ref, row.note) if row.did == EXPIRED and row.what == "log" else None
    at = str((row.at - _EPOCH) // dt.timedelta(microseconds=1))
    return Link(row.id, bytes(row.previous), bytes(row.hash), (at, *row[2:11]), dropped)


def expire(connection: Connection, back: dt.datetime) -> int:
    """Drop the rows until ``back`` whose term (core/terms.py, ACT) is over by the database's clock, too. Returns how many.

    The log says so. Its newest row stays, whatever its age: the next one follows it.
    """
    return int(connection.scalar(text("SELECT act_expire(:back)"), {"back": back}) or 0)


def carry(region: Region, other: Region, by: str, now: dt.datetime) -> int:
    """Append to the log of another database what this one's has and it lacks; then that it was restored. Returns how many rows.

    Where the other is this one as it was before, its chain goes on exactly as here. Otherwise what was noted here is noted there anew.
    """
    with region.begin() as ours:
        known = ours.scalar(text("SELECT to_regclass('act')")) is not None
        rows = list(_rows(ours)) if known else []
    with other.begin() as connection:
        theirs = set(connection.scalars(text("SELECT hash FROM act")))
        lacking = [row._asdict() | {"now": row.at} for row in rows if bytes(row.hash) not in theirs]
        if lacking:
            connection.execute(text(_NOTE), lacking)
        note(connection, "restored", "database", [None], by, now)
    return len(lacking)
