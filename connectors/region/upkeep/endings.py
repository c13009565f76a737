"""Endings: what people ended, that an older database must not bring back when it takes the place of a newer one.

Belongs here: reading from one database who was erased and what was withdrawn, stopped or ended, and doing the same in another. Does not:
when that is called for (deployments/restore.py), or the numbers that are drawn anew (rewinding.py).

A backup is older than what people asked for since. A record is the same in both when its number and the instant it was made are: a
backup of another hub has people of the same numbers, who asked for nothing. Where the two differ on whether somebody agrees to be
written to, the ending counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.coverage import coverage_rights, media
from connectors.region.database import Region
from connectors.region.people import contacts

_Rows = Sequence[dict[str, Any]]


class Ended(msgspec.Struct):
    """How much of what people ended was carried over, in rows."""

    erased: int = 0
    withdrawn: int = 0
    stopped: int = 0
    coaches: int = 0
    sessions: int = 0
    students: int = 0
    shown: int = 0
    digests: int = 0
    editions: int = 0


class Endings(msgspec.Struct, frozen=True):
    """What people ended, by table."""

    erased: _Rows
    withdrawn: _Rows
    stopped: _Rows
    coaches: _Rows
    students: _Rows = ()
    shown: _Rows = ()
    digests: _Rows = ()
    editions: _Rows = ()


_READING: Final = {
    "erased": "SELECT id, created_at, erased_at AS at FROM contact WHERE erased_at IS NOT NULL ORDER BY id",
    "withdrawn": (
        "SELECT c.id, c.created_at, k.purpose, k.transport, k.given_at, k.withdrawn_at AS at, k.withdrawn_by AS by FROM consent k "
        "JOIN contact c ON c.id = k.contact_id WHERE k.withdrawn_at IS NOT NULL AND c.erased_at IS NULL ORDER BY k.id"
    ),
    "stopped": (
        "SELECT id, created_at, mail_stopped, sms_stopped FROM contact WHERE coalesce(mail_stopped, sms_stopped) IS NOT NULL ORDER BY id"
    ),
    "coaches": "SELECT id, email, ended_at AS at FROM coach WHERE ended_at IS NOT NULL AND email IS NOT NULL ORDER BY id",
}
_TABLES: Final = ("contact", "consent", "coach")
# Students who were erased, and what was agreed to of showing them and is not any more.
_COVERAGE: Final = {
    "students": "SELECT id, created_at, erased_at AS at FROM student WHERE erased_at IS NOT NULL ORDER BY id",
    "shown": (
        "SELECT s.id, s.created_at, k.kind, k.given_by, k.given_at, k.withdrawn_at AS at, k.withdrawn_by AS by FROM media_consent k "
        "JOIN student s ON s.id = k.student_id WHERE k.withdrawn_at IS NOT NULL ORDER BY k.id"
    ),
}
# Who wants no digest, and which editions are over: those of a week would else be sent a second time.
_DIGESTS: Final = {
    "digests": (
        "SELECT s.role, s.reader, s.stopped_at AS at, coalesce(o.email, k.email) AS email FROM digest_stop s "
        "LEFT JOIN official o ON s.role = 'officials' AND o.id::text = s.reader "
        "LEFT JOIN coach k ON s.role = 'coaches' AND k.id::text = s.reader ORDER BY s.role, s.reader"
    ),
    "editions": (
        "SELECT role, week, due_at, until, state, figures::text, letters, made_at, ended_at FROM digest_edition "
        "WHERE state <> 'waiting' ORDER BY id"
    ),
}


def read(region: Region) -> Endings:
    """What people ended, as this database knows it; nothing, when it is of a version without them."""
    with region.begin() as connection:
        known = _READING if _has(connection, *_TABLES) else {}
        covers = _COVERAGE if _has(connection, "student", "media_consent") else {}
        digests = _DIGESTS if _has(connection, "digest_stop", "digest_edition") else {}
        found = {
            name: [dict(row) for row in connection.execute(text(statement)).mappings()]
            for name, statement in {**known, **covers, **digests}.items()
        }
        empty: dict[str, _Rows] = dict.fromkeys(Endings.__struct_fields__, ())
        return Endings(**{**empty, **found})


def _has(connection: Connection, *tables: str) -> bool:
    return all(connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) for name in tables)


def apply(region: Region, endings: Endings, now: dt.datetime) -> Ended:
    """End the same in another database, where it is not ended yet: in one commit, and twice is once.

    Places that erased people have there are given back by the nightly retention.
    """
    ended = Ended()
    with region.begin() as connection:
        for each in endings.erased:
            ended.erased += _erase(connection, each, now)
        ended.withdrawn = _each(connection, _WITHDRAW, endings.withdrawn)
        ended.stopped = _each(connection, _STOP, endings.stopped)
        ended.coaches = _each(connection, _END_COACH, endings.coaches)
        ended.sessions = connection.execute(text(_END_SESSIONS), {"now": now}).rowcount
        ended.students = sum(_forget(connection, each) for each in endings.students)
        ended.shown = _each(connection, _SHOW_NO_MORE, endings.shown)
        ended.digests = _each(connection, _STOP_DIGEST, endings.digests)
        ended.editions = _each(connection, _END_EDITION, endings.editions)
        if ended.shown:
            media.retract(connection, acts.RESTORE, now)
    return ended


def _each(connection: Connection, statement: str, rows: _Rows) -> int:
    return sum(connection.execute(text(statement), row).rowcount for row in rows)


_WITHDRAW: Final = (
    "UPDATE consent k SET withdrawn_at = :at, withdrawn_by = :by FROM contact c WHERE c.id = :id AND c.created_at = :created_at "
    "AND k.contact_id = c.id AND k.purpose = :purpose AND k.transport = :transport AND k.given_at = :given_at AND k.withdrawn_at IS NULL"
)
_STOP: Final = (
    "UPDATE contact SET mail_stopped = coalesce(mail_stopped, :mail_stopped), sms_stopped = coalesce(sms_stopped, :sms_stopped) "
    "WHERE id = :id AND created_at = :created_at AND erased_at IS NULL "
    "AND ((mail_stopped IS NULL AND cast(:mail_stopped AS text) IS NOT NULL) OR (sms_stopped IS NULL AND cast(:sms_stopped AS text) IS NOT NULL))"
)
_SHOW_NO_MORE: Final = (
    "UPDATE media_consent k SET withdrawn_at = :at, withdrawn_by = :by FROM student s WHERE s.id = :id AND s.created_at = :created_at "
    "AND k.student_id = s.id AND k.kind = :kind AND k.given_by = :given_by AND k.given_at = :given_at AND k.withdrawn_at IS NULL"
)
_END_COACH: Final = "UPDATE coach SET ended_at = :at WHERE id = :id AND email = :email AND ended_at IS NULL"
_STOP_DIGEST: Final = (
    "INSERT INTO digest_stop (role, reader, stopped_at) SELECT :role, :reader, :at WHERE cast(:email AS text) IS NULL "
    "OR EXISTS (SELECT FROM official WHERE id::text = :reader AND email = :email) "
    "OR EXISTS (SELECT FROM coach WHERE id::text = :reader AND email = :email) ON CONFLICT DO NOTHING"
)
_END_EDITION: Final = (
    "INSERT INTO digest_edition AS e (role, week, due_at, until, state, figures, letters, made_at, ended_at) "
    "VALUES (:role, :week, :due_at, :until, :state, cast(:figures AS jsonb), :letters, :made_at, :ended_at) "
    "ON CONFLICT (role, week) DO UPDATE SET state = excluded.state, letters = excluded.letters, ended_at = excluded.ended_at "
    "WHERE e.state = 'waiting'"
)
# One that was ended since must not open again: whoever is signed in does so anew.
_END_SESSIONS: Final = "UPDATE officer_session SET ended_at = :now WHERE ended_at IS NULL"


def _erase(connection: Connection, person: dict[str, Any], now: dt.datetime) -> int:
    same = connection.scalar(
        text(
            "SELECT EXISTS (SELECT FROM contact WHERE id = :id AND created_at = :created_at AND erased_at IS NULL)"
        ),
        person,
    )
    if not same:
        return 0
    contacts.erase(connection, person["id"], person["at"])
    acts.note(connection, "erased", "contact", [person["id"]], acts.RESTORE, now)
    return 1


def _forget(connection: Connection, student: dict[str, Any]) -> bool:
    """Erase a student again, with whatever shows them; staff are told as when it was done first."""
    same = bool(
        connection.scalar(
            text(
                "SELECT EXISTS (SELECT FROM student WHERE id = :id AND created_at = :created_at AND erased_at IS NULL)"
            ),
            student,
        )
    )
    if same:
        coverage_rights.erase_in(connection, student["id"], student["at"])
    return same
