"""Sheets: after a session its coach is asked who came.

Belongs here: which coaches are to be asked, once a session. Does not: the sheet itself (enrolments.py) or the letter's words
(connectors/mail).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.ledger import letters
from schemas.letters import ProgrammeLetter

ASKED_FOR: Final = dt.timedelta(
    days=14
)  # after a session that nobody knows of: a database that was away for longer asks no more


def ask(region: Region, now: dt.datetime) -> int:
    """Write to the coach of each session that has ended with somebody of whom it is not known whether they came.

    Returns how many letters are new.
    """
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT s.id FROM session s JOIN coach c ON c.id = s.coach_id AND c.ended_at IS NULL WHERE s.state = 'open' "
                "AND s.starts_at > :since AND s.ends_at <= :now AND EXISTS (SELECT FROM enrolment e WHERE e.session_id = s.id "
                "AND e.state = 'registered') AND NOT EXISTS (SELECT FROM effect f WHERE f.channel = :mail "
                "AND f.subject = 'sheet.' || s.id) ORDER BY s.id"
            ),
            {"now": now, "since": now - ASKED_FOR, "mail": letters.MAIL},
        )
        wanted = {f"sheet.{row.id}": ProgrammeLetter("sheet", row.id) for row in rows}
        return len(letters.write(connection, wanted))
