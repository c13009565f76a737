"""Outcomes: three and six months after its cohort a firm is asked what became of it.

Belongs here: who is to be asked, once each. Does not: the form (portal), what it answers (firms/answers.py), or the letter's words
(connectors/mail).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.ledger import letters
from schemas.letters import ProgrammeLetter

MONTHS: Final = (3, 6)  # after the end of the cohort
ASKED_FOR: Final = dt.timedelta(days=60)  # after that the answer would be about another time


class Asked(msgspec.Struct, frozen=True):
    """Whom a run asked: ``letters`` are new; of so many more no consent covers it (``refused``), or nobody asked in time (``late``)."""

    letters: int
    refused: int
    late: int


# Who came at least once is asked, of the last session where they were.
_DUE: Final = """
    SELECT p.enrolment, m.months, g.finished_at + make_interval(months => m.months) AS due,
        EXISTS (SELECT FROM consent k WHERE k.contact_id = p.contact_id AND k.purpose = 'follow_up' AND k.transport = 'mail'
            AND k.withdrawn_at IS NULL) AS agreed
    FROM cohort g CROSS JOIN unnest(cast(:months AS int[])) AS m (months)
    JOIN (SELECT DISTINCT ON (s.cohort_id, e.contact_id) s.cohort_id, e.contact_id, e.id AS enrolment FROM enrolment e
        JOIN session s ON s.id = e.session_id AND s.cohort_id IS NOT NULL WHERE e.state = 'present'
        ORDER BY s.cohort_id, e.contact_id, s.starts_at DESC) p ON p.cohort_id = g.id
    JOIN contact c ON c.id = p.contact_id AND c.erased_at IS NULL
    WHERE g.state = 'finished' AND g.finished_at + make_interval(months => m.months) <= :now
        AND NOT EXISTS (SELECT FROM effect f WHERE f.channel = :mail AND f.subject = 'outcome.' || p.enrolment || '.' || m.months)
    ORDER BY g.id, p.enrolment, m.months
"""


def ask(region: Region, now: dt.datetime) -> Asked:
    """Write to each whose cohort has been over for so long, once. A run that was missed asks when it comes, for two months."""
    with region.begin() as connection:
        rows = connection.execute(
            text(_DUE), {"months": list(MONTHS), "now": now, "mail": letters.MAIL}
        ).all()
        timely = [row for row in rows if row.due > now - ASKED_FOR]
        wanted = {
            f"outcome.{row.enrolment}.{row.months}": ProgrammeLetter("outcome", row.enrolment, row.months)
            for row in timely
            if row.agreed
        }
        new = letters.write(connection, wanted)
    return Asked(len(new), sum(not row.agreed for row in timely), len(rows) - len(timely))
