"""Reminders that are due and did not leave.

Belongs here: counting them. Does not: sending (reminders.py), or coaches, who are told of those it is too late for (untold.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec
from sqlalchemy import text

from connectors.region.database import Region

PATIENCE: Final = dt.timedelta(minutes=15)
"""They leave every minute; what waits longer does not wait for its turn."""


class Late(msgspec.Struct, frozen=True):
    """So many, the first of them due since then."""

    number: int
    since: dt.datetime


def late_reminders(region: Region, now: dt.datetime) -> Late | None:
    """Those that should have left, and still may; None when there are none."""
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT count(*) AS number, min(at) AS since FROM reminder WHERE state IN ('waiting', 'queued') AND at <= :before AND until > :now"
            ),
            {"before": now - PATIENCE, "now": now},
        ).one()
    return Late(row.number, row.since) if row.number else None
