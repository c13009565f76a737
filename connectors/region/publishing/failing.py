"""Failing: effects that a channel refused, many for one cause.

Belongs here: counting them by channel and cause. Does not: what is done about them (replays.py), or from how many on it is told
(deployments/alerts.toml).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region
from connectors.region.ledger.channel_state import MOOT

CAUSE: Final = "refused "  # what the causes of alerts about it begin with
FRESH: Final = dt.timedelta(days=1)
"""Messages that were refused longer ago are history: nobody makes them again."""


class Failing(msgspec.Struct, frozen=True):
    """So many effects on a channel, refused for one cause; one of their errors."""

    channel: str
    why: str
    number: int
    since: dt.datetime
    error: str

    @property
    def cause(self) -> str:
        """What the alert about them is known by."""
        return f"{CAUSE}{self.channel} {self.why}"


def failing(region: Region, least: int, now: dt.datetime) -> list[Failing]:
    """Causes for which at least so many effects of a channel are refused now, by channel."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT e.channel, e.cause, count(*), min(e.changed_at), coalesce(min(e.error), '') FROM effect e "
                f"WHERE e.state = 'rejected' AND e.cause IS NOT NULL AND NOT {MOOT} "
                "AND (e.content IS NULL OR e.changed_at > :fresh) "
                "GROUP BY e.channel, e.cause HAVING count(*) >= :least ORDER BY e.channel, e.cause"
            ),
            {"least": least, "fresh": now - FRESH},
        )
        return [Failing(*row) for row in rows]
