"""Days as people of the Region count them.

Belongs here: the Paris day of an instant. Does not: reading a clock.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(moment: dt.datetime) -> dt.date:
    """The day in Paris at ``moment`` (with a zone)."""
    return moment.astimezone(PARIS).date()
