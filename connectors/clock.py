"""The clock: what time it is, asked in one place by whoever has no argument to ask.

Belongs here: now. Does not: rules, which are given the time (core), or the database's own clock, by which leases run.
"""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """The instant that it is, in UTC. Call it as ``clock.now()``: a test sets another clock."""
    return dt.datetime.now(dt.UTC)
