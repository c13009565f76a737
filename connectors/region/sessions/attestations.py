"""Attestations: what somebody attended, as it can be proven.

Belongs here: reading it. Does not: the document (portal/attestation_pdf.py), or who may have it (portal/attestation.py).
"""

from __future__ import annotations

import datetime as dt

import msgspec
from sqlalchemy import text

from connectors.region.database import Region


class Attended(msgspec.Struct, frozen=True):
    """A session that somebody was at; ``starts`` is what clocks showed."""

    title: str
    starts: dt.datetime
    minutes: int


class Attestation(msgspec.Struct, frozen=True):
    """Who was at which sessions; ``number`` names it for whoever checks one."""

    number: str
    person: str
    firm: str | None
    siret: str | None
    sessions: tuple[Attended, ...]

    @property
    def minutes(self) -> int:
        """In all."""
        return sum(session.minutes for session in self.sessions)


def of(region: Region, enrolment: int) -> Attestation | None:
    """The attestation of a session that somebody was at; of a cohort's, of all its sessions where they were.

    None when they were not there, when it was cancelled, or when they were erased.
    """
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT c.id, c.name, f.name AS firm, f.siret, s.id AS session, s.ref, s.cohort_id FROM enrolment e "
                "JOIN session s ON s.id = e.session_id AND s.state = 'open' JOIN contact c ON c.id = e.contact_id "
                "AND c.erased_at IS NULL LEFT JOIN firm f ON f.id = c.firm_id WHERE e.id = :id AND e.state = 'present'"
            ),
            {"id": enrolment},
        ).one_or_none()
        if row is None:
            return None
        rows = connection.execute(
            text(
                "SELECT s.title, s.starts_wall, s.minutes FROM enrolment e JOIN session s ON s.id = e.session_id AND s.state = 'open' "
                "WHERE e.contact_id = :contact AND e.state = 'present' AND (s.id = :session OR s.cohort_id = :cohort) "
                "ORDER BY s.starts_at, s.id"
            ),
            {"contact": row.id, "session": row.session, "cohort": row.cohort_id},
        )
        sessions = tuple(Attended(*each) for each in rows)
    number = f"{row.ref}-{enrolment}" if row.cohort_id is None else f"G-{row.cohort_id}-{enrolment}"
    return Attestation(number, row.name or "", row.firm, row.siret, sessions)
