"""When a cohort meets: its slot, every so many weeks, but on no public holiday.

Belongs here: the wall times of its sessions. Does not: who is in it (core/cohorts), or the sessions themselves.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from core.quiet import is_quiet
from core.wall import instant
from schemas.firm import DAYS

STARTS: Final = {"morning": dt.time(9), "afternoon": dt.time(14), "evening": dt.time(18, 30)}
_WEEK: Final = dt.timedelta(weeks=1)


def meetings(slot: str, first: dt.date, number: int, weeks: int, zone: str) -> list[dt.datetime]:
    """What clocks in ``zone`` show when the sessions of a slot (``tue-evening``) begin, from the day ``first`` on.

    Each is ``weeks`` after the one before; one that would fall on a public holiday is a week later, and so are those after it.
    """
    day, part = slot.split("-")
    day_of = first + dt.timedelta(days=(DAYS.index(day) - first.weekday()) % 7)
    found: list[dt.datetime] = []
    while len(found) < number:
        starts = dt.datetime.combine(day_of, STARTS[part])
        if is_quiet(instant(starts, zone)):
            day_of += _WEEK
            continue
        found.append(starts)
        day_of += _WEEK * weeks
    return found
