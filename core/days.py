"""Days as people of the Region count them.

Belongs here: the Paris day and hour of an instant. Does not: reading a clock.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(moment: dt.datetime) -> dt.date:
    """The day in Paris at ``moment`` (with a zone)."""
    return moment.astimezone(PARIS).date()


def at_paris(moment: dt.datetime | None) -> str:
    """An instant (with a zone) by the clock in Paris, to the minute; nothing for none."""
    return f"{moment.astimezone(PARIS):%Y-%m-%d %H:%M}" if moment else ""
