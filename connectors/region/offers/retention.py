"""What is kept of those who posted, and until when: postings end, and what is personal is erased in time.

Belongs here: statements that end, delete and erase by the clock. Does not: what a person decides (postings.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.access import officer_sessions
from connectors.region.database import Region
from connectors.region.offers.postings import COUNTED, KEPT, SOURCE

UNCONFIRMED: Final = dt.timedelta(hours=48)  # then a posting is deleted


class Tidied(msgspec.Struct, frozen=True):
    """What was put in order, in postings: ``deleted`` were never confirmed; of ``erased`` no contact and no draft is left."""

    deleted: int = 0
    ended: int = 0
    erased: int = 0


def tidy(region: Region, now: dt.datetime) -> Tidied:
    """End what has ended, delete what was never confirmed, erase what is personal once its time is over."""
    moment = {"now": now}
    with region.begin() as connection:
        deleted = connection.execute(
            text("DELETE FROM posting WHERE state = 'unconfirmed' AND created_at <= :before"),
            {"before": now - UNCONFIRMED},
        ).rowcount
        ended = connection.execute(
            text(
                "UPDATE posting p SET closed_at = :now, state = CASE WHEN o.closed_reason = 'expired' THEN 'expired' "
                "ELSE 'closed' END FROM offer o WHERE o.source = :source AND o.ref = p.ref AND o.status = 'closed' "
                "AND p.closed_at IS NULL AND NOT (p.state = 'waiting' AND o.closed_reason = 'expired' "
                "AND (p.draft ->> 'expires_at')::timestamptz > :now)"  # its author asks for more time
            ),
            {**moment, "source": SOURCE},
        ).rowcount
        ended += connection.execute(
            text(
                "UPDATE posting SET closed_at = :now, state = 'expired' WHERE approved_revision IS NULL "
                "AND state IN ('waiting', 'refused') AND (draft ->> 'expires_at')::timestamptz <= :now"
            ),
            moment,
        ).rowcount
        erased = connection.execute(
            text(
                "UPDATE posting SET contact = NULL, draft = NULL WHERE (contact IS NOT NULL OR draft IS NOT NULL) "
                "AND (closed_at <= :before OR (state = 'refused' AND approved_revision IS NULL AND decided_at <= :before))"
            ),
            {"before": now - KEPT},
        ).rowcount
        officer_sessions.forget(connection, now - KEPT)
        connection.execute(
            text("UPDATE posting SET origin = NULL WHERE origin IS NOT NULL AND created_at <= :before"),
            {"before": now - COUNTED},
        )
    return Tidied(deleted, ended, erased)
