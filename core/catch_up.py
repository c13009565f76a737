"""Catching up: what is sent of the reminders that wait for one person, in one message.

Belongs here: which are too late, which the message tells, in which order, and which wait. Does not: finding them
(connectors/region), the rules (core/reminders.py), or the words.

Most of the time one reminder is due and the message is that reminder. After an outage, or when quiet hours moved several to one
evening, many are: they become one message, not a storm. Nothing looks at how late a reminder is: it is due from its moment to its
cut-off, whoever slept meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from core.quiet import is_quiet


class Due(msgspec.Struct, frozen=True):
    """A reminder that was not sent: of which ``rule`` and ``session``, from when (``at``) to when (``until``) it may be sent.

    ``begins`` and ``ends`` are the session's; ``rank`` is the rule's (core/reminders.py). All instants are UTC.
    """

    id: int
    rule: str
    session: int
    begins: dt.datetime
    ends: dt.datetime
    at: dt.datetime
    until: dt.datetime
    rank: int


class Outcome(msgspec.Struct, frozen=True):
    """What becomes of each of one person's reminders: every id is in exactly one of four.

    ``told``: what the one message says, a paragraph each, in this order; the first leads: its effect is the one that is sent, under
    its subject. ``superseded``: done with that message, without a paragraph, for a later reminder of the same session says it all.
    ``expired``: never sent; the coach is told. ``waiting``: nothing happens to it now.
    """

    told: tuple[int, ...] = ()
    superseded: tuple[int, ...] = ()
    expired: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()

    @property
    def leading(self) -> int | None:
        """The reminder whose effect is sent; None when there is no message."""
        return self.told[0] if self.told else None

    @property
    def covered(self) -> tuple[int, ...]:
        """The others that are done when the leading one is."""
        return self.told[1:] + self.superseded


def catch_up(due: Sequence[Due], now: dt.datetime) -> Outcome:
    """What becomes of the reminders of one person at ``now``.

    Hand in only those that still hold for this person: whose audience they are of (present, not absent) and that their consents
    cover, for what is not sent must not take others with it. Of one session the latest reminder speaks. Sessions to come are
    told first, the soonest first, for they are what a person must not miss; then those that are over. In quiet hours nothing is
    sent, also after an outage.
    """
    expired = [each for each in due if each.until < now]
    ready = [] if is_quiet(now) else [each for each in due if each.at <= now <= each.until]
    latest: dict[int, Due] = {}
    for each in sorted(ready, key=lambda each: (each.rank, each.at, each.id)):
        latest[each.session] = each
    told = sorted(latest.values(), key=lambda each: (each.ends <= now, each.begins, each.id))
    said = _ids(told)
    superseded = tuple(each.id for each in ready if each.id not in said)
    done = {*_ids(expired), *said, *superseded}
    return Outcome(said, superseded, _ids(expired), tuple(each.id for each in due if each.id not in done))


def _ids(reminders: Sequence[Due]) -> tuple[int, ...]:
    return tuple(each.id for each in reminders)
