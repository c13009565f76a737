"""Rules of reminders for tests: one of each kind, and plain ones to change."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from core.reminders import Audience, Days, Minutes, Rule


def rule(name: str, **changes: Any) -> Rule:
    """A rule before a session, by mail, changed by naming what differs."""
    plain = Rule(
        name=name,
        kinds=("seminar", "coaching", "dialogue"),
        anchor="start",
        when=Days(-7),
        until=Days(-2),
        audience="registered",
        transports=("mail",),
        template=name,
        purpose="sessions",
        move="earlier",
    )
    return msgspec.structs.replace(plain, **changes)


def after(name: str, days: int, audience: Audience, **changes: Any) -> Rule:
    """A rule so many days after a session, at ten o'clock, that may be a week late."""
    told = {"when": Days(days, dt.time(10)), "until": Days(days + 7, dt.time(19)), "move": "later", **changes}
    return rule(name, anchor="end", audience=audience, **told)


WEEK: Final = rule("week")
DAY_BEFORE: Final = rule("day", when=Days(-1), until=Minutes(-180))
TWO_HOURS: Final = rule(
    "hours", when=Minutes(-120), until=Minutes(-30), transports=("sms", "mail"), move="later"
)
THANKS: Final = after("thanks", 1, "present", purpose="follow_up")
MISSED: Final = after("missed", 1, "absent", purpose="follow_up")
TWICE: Final = after("twice", 2, "absent_twice", kinds=("coaching",), transports=("mail", "sms"))
NEVER: Final = after("never", 9, "never_came", kinds=("seminar",), purpose="invitations")
RULES: Final = (WEEK, DAY_BEFORE, TWO_HOURS, THANKS, MISSED, TWICE, NEVER)
