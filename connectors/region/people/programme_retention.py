"""What is kept of the programme's people, and until when: what the terms of core/terms.py do to the tables.

Belongs here: statements that delete, empty and erase by the clock. Does not: how long anything is kept (core/terms.py), an erasure that
somebody asks for (persons.py), or postings (offers/retention.py).

Everything is counted from rows, so a night that was missed is made good by the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.people import persons
from connectors.region.sessions import enrolments
from core import terms
from core.reminders import Rule


class Tidied(msgspec.Struct, frozen=True):
    """What was put in order, in rows. ``places`` were still had by people who had been erased; the others are named by their terms."""

    registration: int = 0
    origin: int = 0
    contact: int = 0
    free_text: int = 0
    bounce: int = 0
    proof: int = 0
    coach: int = 0
    act: int = 0
    places: int = 0


# That a person whose record is ``o`` has shown no sign of life since ``:back``, and has nothing to come.
_SILENT: Final = """
    o.seen_at <= :back
    AND NOT EXISTS (SELECT FROM enrolment e JOIN session s ON s.id = e.session_id WHERE e.contact_id = o.id AND (e.enrolled_at > :back
        OR e.attended_at > :back OR (e.state IN ('registered', 'waiting') AND s.state = 'open' AND s.ends_at > :now)))
    AND NOT EXISTS (SELECT FROM answer a WHERE a.contact_id = o.id AND a.at > :back)
    AND NOT EXISTS (SELECT FROM consent k WHERE k.contact_id = o.id AND k.given_at > :back)
    AND NOT EXISTS (SELECT FROM cohort_member m JOIN cohort g ON g.id = m.cohort_id WHERE m.contact_id = o.id
        AND ((m.left_at IS NULL AND g.state IN ('proposed', 'open')) OR least(m.left_at, g.finished_at) > :back))
"""
# A person's records (persons.py) end together: who was seen in another firm is no stranger. One pass, whatever the number of contacts.
_AT_TERM: Final = (
    f"WITH judged AS MATERIALIZED (SELECT o.id, coalesce(lower(o.email), o.phone, o.id::text) AS person, ({_SILENT}) AS silent "
    "FROM contact o WHERE o.erased_at IS NULL) "
    "SELECT id FROM judged WHERE person IN (SELECT person FROM judged GROUP BY person HAVING bool_and(silent)) ORDER BY id"
)
_STATEMENTS: Final[dict[str, tuple[str, ...]]] = {
    "registration": (
        "DELETE FROM registration WHERE confirmed_at IS NULL AND created_at <= :registration",
        "DELETE FROM ask WHERE confirmed_at IS NULL AND created_at <= :registration",
        "DELETE FROM question WHERE state = 'unconfirmed' AND asked_at <= :registration",
    ),
    "origin": (
        "UPDATE registration SET origin = NULL WHERE origin IS NOT NULL AND created_at <= :origin",
        "UPDATE ask SET origin = NULL WHERE origin IS NOT NULL AND created_at <= :origin",
        "UPDATE question SET asked_from = NULL WHERE asked_from IS NOT NULL AND asked_at <= :origin",
        "UPDATE vote SET origin = NULL WHERE origin IS NOT NULL AND at <= :origin",
    ),
    "bounce": ("DELETE FROM bounce WHERE at <= :bounce",),
    "proof": ("UPDATE consent SET proof = '{}' WHERE withdrawn_at <= :proof AND proof <> '{}'",),
}


def tidy(region: Region, rules: Sequence[Rule], now: dt.datetime, *, dry_run: bool = False) -> Tidied:
    """Delete, empty and erase what has been kept long enough. Twice is once.

    With ``dry_run`` everything is done but the erasing of people, and undone: what it returns is what would be.
    """
    with region.begin() as connection:
        trial = connection.begin_nested()
        tidied = _tidy(connection, rules, now)
        if dry_run:
            trial.rollback()
        else:
            trial.commit()
    silent = _at_term(region, now)
    if not dry_run:
        for number in silent:
            persons.erase(region, rules, number, now, acts.TERM)
    return msgspec.structs.replace(tidied, contact=len(silent))


def _at_term(region: Region, now: dt.datetime) -> list[int]:
    with region.begin() as connection:
        return list(connection.scalars(text(_AT_TERM), {"now": now, "back": terms.CONTACT.back(now)}))


def _tidy(connection: Connection, rules: Sequence[Rule], now: dt.datetime) -> Tidied:
    backs: dict[str, Any] = {name: term.back(now) for name, term in terms.TERMS.items()}
    rows = {
        name: sum(connection.execute(text(statement), backs).rowcount for statement in statements)
        for name, statements in _STATEMENTS.items()
    }
    return Tidied(
        **rows,
        free_text=_empty_answers(connection, backs["free_text"]),
        coach=_erase_hosts(connection, backs["coach"]),
        places=_free_places(connection, rules, now),
        act=acts.expire(connection, backs["act"]),
    )


def _empty_answers(connection: Connection, back: dt.datetime) -> int:
    """Take the free text out of answers: what people chose or counted is no free text, and stays."""
    return connection.execute(
        text("UPDATE answer SET content = content - 'text' WHERE at <= :back AND content ? 'text'"),
        {"back": back},
    ).rowcount


def _erase_hosts(connection: Connection, back: dt.datetime) -> int:
    """Forget who coaches, officials and moderators were that ended long ago, also where a sheet was signed with a coach's name."""
    connection.execute(
        text(
            "UPDATE enrolment e SET attended_by = 'sheet' FROM coach c WHERE c.ended_at <= :back AND e.attended_by = c.name"
        ),
        {"back": back},
    )
    return sum(
        connection.execute(
            text(f"UPDATE {table} SET {sets} WHERE ended_at <= :back AND name IS NOT NULL"), {"back": back}
        ).rowcount
        for table, sets in _HOSTS.items()
    )


_HOSTS: Final = {
    "coach": "name = NULL, email = NULL",
    "moderator": "name = NULL, email = NULL",
    "official": "name = NULL, email = NULL, calendar = NULL",
}


def _free_places(connection: Connection, rules: Sequence[Rule], now: dt.datetime) -> int:
    """Give back what people have who were erased: one who pressed two buttons at once, or whose erasure came back with a restore."""
    forgotten = connection.scalars(
        text(
            "SELECT DISTINCT c.id FROM contact c JOIN enrolment e ON e.contact_id = c.id JOIN session s ON s.id = e.session_id "
            "WHERE c.erased_at IS NOT NULL AND e.state IN ('registered', 'waiting') AND s.state = 'open' AND s.starts_at > :now "
            "ORDER BY c.id"
        ),
        {"now": now},
    ).all()
    to_come = enrolments.lock_to_come(connection, forgotten, now)
    return enrolments.give_back(connection, rules, to_come, forgotten, now)
