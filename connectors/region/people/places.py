"""Places: what one person has, or waits for, in a session, as their own links show it.

Belongs here: reading across enrolments, sessions and contacts, for one person. Does not: changing any of it (sessions/enrolments.py), or
the people of a session for whoever looks after it (sessions/attendees.py).
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.people import contacts
from connectors.region.sessions import enrolments, sessions
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.sessions.sessions import Session


class Place(msgspec.Struct, frozen=True):
    """Somebody's place in a session. ``ahead``: how many wait longer, when they wait."""

    enrolment: Enrolment
    session: Session
    ahead: int = 0


def of(region: Region, number: int) -> Place | None:
    """The place that an enrolment of that number is; None when there is none, or its person was erased."""
    enrolment = enrolments.get(region, number)
    if enrolment is None:
        return None
    person, session = contacts.get(region, enrolment.contact_id), sessions.named(region, enrolment.session_id)
    if person is None or person.erased_at is not None or session is None:
        return None
    return Place(enrolment, session, _ahead(region, enrolment) if enrolment.state == "waiting" else 0)


def _ahead(region: Region, enrolment: Enrolment) -> int:
    with region.begin() as connection:
        return int(
            connection.execute(
                text(
                    "SELECT count(*) FROM enrolment WHERE session_id = :session AND state = 'waiting' "
                    "AND (since, id) < (cast(:since AS timestamptz), cast(:id AS bigint))"
                ),
                {"session": enrolment.session_id, "since": enrolment.since, "id": enrolment.id},
            ).scalar_one()
        )


def held(region: Region, session: int, contact: int) -> Enrolment | None:
    """A person's enrolment in a session."""
    with region.begin() as connection:
        return enrolments.find(connection, session, contact)


def coming(region: Region, contact: int, now: dt.datetime) -> list[Place]:
    """What a person takes part in or waits for, and has not begun, soonest first."""
    with region.begin() as connection:
        numbers = connection.scalars(
            text(
                "SELECT e.id FROM enrolment e JOIN session s ON s.id = e.session_id WHERE e.contact_id = :contact "
                "AND e.state IN ('registered', 'waiting') AND s.state = 'open' AND s.starts_at > :now ORDER BY s.starts_at, e.id"
            ),
            {"contact": contact, "now": now},
        ).all()
    return [place for number in numbers if (place := of(region, number))]


def with_email(region: Region, session: str, email: str) -> list[int]:
    """The enrolments in a session of those who gave that address, not given back: two people of a firm may share one."""
    with region.begin() as connection:
        return list(
            connection.scalars(
                text(
                    "SELECT e.id FROM enrolment e JOIN session s ON s.id = e.session_id JOIN contact c ON c.id = e.contact_id "
                    "WHERE s.ref = :session AND lower(c.email) = lower(:email) AND e.state <> 'left' ORDER BY e.id"
                ),
                {"session": session, "email": email},
            )
        )
