"""Wall time: what a clock on a wall shows, and the instant it means.

Belongs here: wall time and zone to instant and back. Does not: what is said at which time (core/reminders.py), or the days that
people count (core/days.py).

What people agree on is a wall time in a zone (18:30 in Paris). It is kept as such: the instant that it means is worked out when it
is needed, so that another law on clocks moves no appointment.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from schemas.errors import Rejected


def instant(wall: dt.datetime, zone: str) -> dt.datetime:
    """The instant (UTC) at which the clocks of ``zone`` show ``wall`` (no zone of its own).

    In the night when clocks go forward a time that they skip is as much later as they skip: 02:30 is 03:30, as RFC 5545 (3.3.5) has
    it. When they go back a time that they show twice is the first.

    Raises:
        Rejected: there is no such zone.

    """
    assert wall.tzinfo is None, "a wall time has no zone of its own"
    return wall.replace(tzinfo=_zone(zone), fold=0).astimezone(dt.UTC)


def wall_of(moment: dt.datetime, zone: str) -> dt.datetime:
    """What the clocks of ``zone`` show at ``moment`` (with a zone).

    Raises:
        Rejected: there is no such zone.

    """
    assert moment.tzinfo is not None, "an instant has a zone"
    return moment.astimezone(_zone(zone)).replace(tzinfo=None, fold=0)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown, no name of a zone, the name of a folder of zones
        raise Rejected(
            f"No time zone {name!r}: send a name of the IANA list, such as Europe/Paris."
        ) from None
