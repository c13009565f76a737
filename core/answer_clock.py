"""The public clock of a question: until which day it is to be answered, and how many days are left or late.

Belongs here: days as people of the Region count them. Does not: when the clock begins and ends (core/questions.py), its words
(portal/templates).
"""

from __future__ import annotations

import datetime as dt

import msgspec

from core.days import paris_day
from core.questions import last_day


class Clock(msgspec.Struct, frozen=True):
    """``until`` is the last day for an answer; so many days are ``left``, or it is so many days ``late``: one of both is 0."""

    until: dt.date
    left: int
    late: int


def answer_clock(due_at: dt.datetime, now: dt.datetime) -> Clock:
    """What the clock shows at ``now``."""
    until = last_day(due_at)
    days = (until - paris_day(now)).days
    return Clock(until, left=max(0, days), late=max(0, -days))
