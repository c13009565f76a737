"""Persons: everything that is one person's, across firms, found and forgotten.

Belongs here: which records are one person's, finding them by what somebody says, erasing all of them in one commit. Does not: what is
kept of each (person_records.py), or when a term is over (programme_retention.py).

A contact is somebody in one firm. Whoever has the same e-mail address in two firms is one person: what they ask for is done to both.
Where no e-mail address is known, the telephone number says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.people import contacts, residents
from connectors.region.sessions import enrolments
from core import addresses
from core.reminders import Rule
from schemas.errors import Misconfigured

SAME_PERSON: Final = (
    "o.erased_at IS NULL AND (o.id = c.id OR o.merged_into = c.id OR o.id = c.merged_into OR lower(o.email) = lower(c.email) "
    "OR (o.email IS NULL AND c.email IS NULL AND o.phone = c.phone))"
)
"""That the record ``o`` is of the person whose record is ``c``."""
_FEWEST: Final = 3  # characters to look for: less would list everybody


class Person(msgspec.Struct, frozen=True):
    """One record of a person."""

    contact: int
    name: str | None
    email: str | None
    phone: str | None
    firm: str | None
    siret: str | None
    seen_at: dt.datetime


def find(region: Region, words: str, by: str, now: dt.datetime, *, limit: int = 50) -> list[Person]:
    """Records by an e-mail address, a telephone number or a part of a name. That somebody looked is noted, not for what.

    Raises:
        Misconfigured: too little is said to look for.

    """
    said = " ".join(words.split())
    if len(said) < _FEWEST:
        raise Misconfigured(
            f"Give {_FEWEST} characters or more: an e-mail address, a telephone number or a name."
        )
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT c.id, c.name, c.email, c.phone, f.name, f.siret, c.seen_at FROM contact c LEFT JOIN firm f ON f.id = c.firm_id "
                "WHERE c.erased_at IS NULL AND (lower(c.email) = lower(:email) OR c.phone = :phone "
                "OR strpos(lower(c.name), lower(:said)) > 0) ORDER BY c.name, c.id LIMIT :n"
            ),
            {
                "said": said,
                "email": addresses.email(said),
                "phone": addresses.phone(said),
                "n": limit,
            },
        )
        found = [Person(*row) for row in rows]
        acts.note(connection, "found", "contact", [each.contact for each in found] or [None], by, now)
    return found


def records(connection: Connection, contact: int) -> list[int]:
    """The records of the person that a record is of. Erased ones are nobody's: of such a record it is empty.

    Raises:
        Misconfigured: there is no such record.

    """
    if not connection.scalar(text("SELECT EXISTS (SELECT FROM contact WHERE id = :id)"), {"id": contact}):
        raise Misconfigured(f"No contact {contact}: `boostez person find` shows which there are.")
    return list(
        connection.scalars(
            text(
                "SELECT o.id FROM contact c, contact o WHERE c.id = :id AND c.erased_at IS NULL "
                f"AND {SAME_PERSON} ORDER BY o.id"
            ),
            {"id": contact},
        )
    )


class Erased(msgspec.Struct, frozen=True):
    """What an erasure does: ``contacts`` are the records, ``places`` to come are given back, ``reminders`` end.

    ``registrations`` and other forms that nobody confirmed go; of ``questions`` public ones lose their author's name, others go.
    ``postings`` are offers on the portal that name the same address. They are no part of the programme and stay: their author closes
    them by their own link, and their address goes by its own term.
    """

    contacts: tuple[int, ...] = ()
    places: int = 0
    reminders: int = 0
    registrations: int = 0
    questions: int = 0
    postings: tuple[str, ...] = ()


def erase(
    region: Region,
    rules: Sequence[Rule],
    contact: int,
    now: dt.datetime,
    by: str = acts.THEMSELVES,
    *,
    dry_run: bool = False,
) -> Erased:
    """Give back a person's places to come, forget them in every table, end what they would have been sent. Twice is once.

    With ``dry_run`` it is done and undone: what it returns is what would be.

    Raises:
        Misconfigured: there is no such contact.

    """
    with region.begin() as connection:
        trial = connection.begin_nested()
        erased = _erase(connection, rules, contact, now, by)
        if dry_run:
            trial.rollback()
        else:
            trial.commit()
    return erased


def _erase(connection: Connection, rules: Sequence[Rule], contact: int, now: dt.datetime, by: str) -> Erased:
    found = records(connection, contact)
    # Registrations before sessions, as whoever confirms one has them; sessions and questions before people (enrolments.py, watches.py).
    registrations = contacts.delete_unconfirmed(connection, found)
    to_come = enrolments.lock_to_come(connection, found, now)
    asked = residents.lock(connection, found)
    numbers = _lock(connection, found)
    if not numbers:
        return Erased()
    told = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM reminder WHERE contact_id = ANY(:ids) AND state IN ('waiting', 'queued')) AS reminders, "
            "ARRAY(SELECT p.ref FROM posting p JOIN contact c ON lower(c.email) = lower(p.contact) "
            "WHERE c.id = ANY(:ids) GROUP BY p.ref ORDER BY p.ref) AS postings"
        ),
        {"ids": numbers},
    ).one()
    places = enrolments.give_back(connection, rules, to_come, numbers, now)
    for number in numbers:
        contacts.erase(connection, number, now)
    acts.note(connection, "erased", "contact", numbers, by, now)
    return Erased(tuple(numbers), places, told.reminders, registrations, asked, tuple(told.postings))


def _lock(connection: Connection, numbers: Sequence[int]) -> list[int]:
    """Those of the records that are not erased, which nobody else changes until this transaction ends."""
    return list(
        connection.scalars(
            text(
                "SELECT id FROM contact WHERE id = ANY(:ids) AND erased_at IS NULL ORDER BY id FOR NO KEY UPDATE"
            ),
            {"ids": list(numbers)},
        )
    )
