"""A digest's week: what it tells of, when it is due, and until when it still makes sense.

Belongs here: the arithmetic of weeks by the clocks of Paris. Does not: who has a digest (rules.py), or a clock.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

import msgspec

from core.days import PARIS, paris_day
from core.wall import instant
from schemas.errors import Misconfigured

USEFUL: Final = dt.timedelta(days=3)
"""For so long after it was due a digest is still sent: later the next one tells more."""
_WEEK: Final = dt.timedelta(days=7)
_NAME: Final = re.compile(r"([0-9]{4})-W([0-9]{2})", re.ASCII)


class Slot(msgspec.Struct, frozen=True):
    """When a digest is due: a day of the week (Monday is 0), and a time, by the clocks of Paris."""

    weekday: int
    at: dt.time


class Week(msgspec.Struct, frozen=True):
    """The digest of one week: due on ``day``, telling of the seven days before it."""

    day: dt.date
    due_at: dt.datetime

    @property
    def name(self) -> str:
        """ISO's name of the week in which it is due, « 2026-W49 »."""
        year, week, _ = self.day.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def until(self) -> dt.datetime:
        """From when on (UTC) it is not sent any more."""
        return self.due_at + USEFUL

    @property
    def since(self) -> dt.datetime:
        """The instant (UTC) from which it tells what was: midnight, seven days before."""
        return _midnight(self.day - _WEEK)

    @property
    def today(self) -> dt.datetime:
        """The midnight (UTC) of its own day: what was ends there."""
        return _midnight(self.day)


def latest(slot: Slot, now: dt.datetime) -> Week:
    """The newest week whose digest is due at ``now`` (with a zone)."""
    today = paris_day(now)
    monday = today - dt.timedelta(days=today.weekday())
    this = _of(slot, monday)
    return this if this.due_at <= now else _of(slot, monday - _WEEK)


def named(slot: Slot, name: str) -> Week:
    """The digest of an ISO week.

    Raises:
        Misconfigured: there is no such week.

    """
    found = _NAME.fullmatch(name)
    try:
        if found:
            return _of(slot, dt.date.fromisocalendar(int(found[1]), int(found[2]), 1))
    except ValueError:
        pass
    raise Misconfigured(f"No week {name!r}: give the year and ISO's number, as in 2026-W49.")


def chosen(slot: Slot, name: str | None, now: dt.datetime) -> Week:
    """The digest of an ISO week that somebody wants to have sent at ``now``; the newest without a name.

    Raises:
        Misconfigured: there is no such week, or its digest is not due yet.

    """
    week = named(slot, name) if name else latest(slot, now)
    if week.due_at > now:
        raise Misconfigured(f"The digest of {name} is not due yet: nobody knows what it will tell.")
    return week


def _of(slot: Slot, monday: dt.date) -> Week:
    day = monday + dt.timedelta(days=slot.weekday)
    return Week(day, instant(dt.datetime.combine(day, slot.at), PARIS.key))


def _midnight(day: dt.date) -> dt.datetime:
    return instant(dt.datetime.combine(day, dt.time()), PARIS.key)
