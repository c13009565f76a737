"""Reminders: which messages a session's participant gets, and when.

Belongs here: the rules as values, what is wrong with a set of them, and the moments that they give one enrolment. Does not: the
rules themselves (deployments/reminders.toml), which people a rule speaks to (connectors/region), or what is sent of the reminders
that are due (core/catch_up.py).

A rule speaks before the session, counting from its start, or after it, counting from its end. Counting in days keeps to the clock on
the wall: a week before a session at 18:30 is at 18:30, though clocks changed in between. Counting in minutes is elapsed time: two
hours before is two hours, in the night of 23 hours too.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final, Literal

import msgspec

from core.quiet import LONGEST, last_allowed, next_allowed
from core.wall import instant, wall_of

SessionKind = Literal["seminar", "coaching", "dialogue"]
Anchor = Literal["start", "end"]
Audience = Literal["registered", "present", "absent", "absent_twice", "never_came"]
Transport = Literal["mail", "sms"]
Purpose = Literal["sessions", "follow_up", "invitations"]
Move = Literal["earlier", "later"]

HEAD_START: Final = dt.timedelta(hours=1)
"""For so long after a registration its confirmation has said all that a reminder could say."""

_MINUTE: Final = dt.timedelta(minutes=1)
_DAY: Final = 1440  # minutes
_NOON: Final = 720
_CLOCK_CHANGE: Final = 60
_CLOCKS: Final = (0, _DAY - 1)
"""A session may be at any hour. Differences of offsets are linear in it, or the lesser of two that are: the ends of a day tell all."""


class Days(msgspec.Struct, frozen=True):
    """So many days from the anchor by the calendar, at a wall time: ``at``, or the anchor's own."""

    days: int
    at: dt.time | None = None

    def from_(self, anchor: dt.datetime, zone: str) -> dt.datetime:
        """The instant (UTC) that is so far from ``anchor``."""
        wall = wall_of(anchor, zone) + dt.timedelta(days=self.days)
        return instant(wall if self.at is None else dt.datetime.combine(wall.date(), self.at), zone)

    def minutes_from(self, clock: int) -> int:
        """How many minutes of wall time it is from an anchor ``clock`` minutes after midnight."""
        return self.days * _DAY + (0 if self.at is None else self.at.hour * 60 + self.at.minute - clock)

    @property
    def way(self) -> int:
        """Before the anchor (below 0), after it, or on its day."""
        return self.days


class Minutes(msgspec.Struct, frozen=True):
    """So many minutes from the anchor, as they elapse."""

    minutes: int

    def from_(self, anchor: dt.datetime, _zone: str) -> dt.datetime:
        """The instant (UTC) that is so far from ``anchor``."""
        return anchor + self.minutes * _MINUTE

    def minutes_from(self, _clock: int) -> int:
        """How many minutes it is from an anchor, whatever its hour."""
        return self.minutes

    @property
    def way(self) -> int:
        """Before the anchor (below 0), after it, or at it."""
        return self.minutes


Offset = Days | Minutes


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A message about a session of one of ``kinds``, to its ``audience``, ``when`` from its ``anchor``.

    ``until``: the cut-off from the same anchor; from then on it is too late, and the coach is told instead. ``transports``: the first
    that a person can be reached by is taken. ``purpose``: what the person must have consented to. ``move``: which way out of quiet
    hours.
    """

    name: str
    kinds: tuple[SessionKind, ...]
    anchor: Anchor
    when: Offset
    until: Offset
    audience: Audience
    transports: tuple[Transport, ...]
    template: str
    purpose: Purpose
    move: Move

    @property
    def is_before(self) -> bool:
        """Whether it speaks before the session."""
        return self.anchor == "start"

    @property
    def rank(self) -> int:
        """Its place among the rules of its anchor: the later it speaks, the higher (minutes from a session at noon)."""
        return self.when.minutes_from(_NOON)

    def room_at(self, clock: int) -> int:
        """The minutes from its moment to its cut-off, of a session that starts or ends ``clock`` minutes after midnight."""
        when = self.when.minutes_from(clock)
        return self.until.minutes_from(clock) - (when if self.is_before else max(when, 0))


class Session(msgspec.Struct, frozen=True):
    """What matters of a session: when it ``starts`` by the clocks of its ``zone``, and how many ``minutes`` it lasts."""

    kind: SessionKind
    starts: dt.datetime
    zone: str
    minutes: int


class Moment(msgspec.Struct, frozen=True):
    """When a rule speaks to one person (UTC), and until when that still makes sense. Always ``at < until``."""

    rule: str
    at: dt.datetime
    until: dt.datetime


def begins(session: Session) -> dt.datetime:
    """The instant (UTC) at which a session starts."""
    return instant(session.starts, session.zone)


def ends(session: Session) -> dt.datetime:
    """The instant (UTC) at which a session ends."""
    return begins(session) + session.minutes * _MINUTE


def moments(rules: Sequence[Rule], session: Session, registered_at: dt.datetime) -> list[Moment]:
    """The moments of one enrolment, none in quiet hours, the first one first.

    ``registered_at``: when the person had a letter that tells all of it, the confirmation or that of another time or place. Who
    registers late gets what still makes sense: nothing that would have come before that letter or within an hour of it. What comes
    after the session always comes, unless even its cut-off has passed by then.
    """
    placed = ((rule, _moment(rule, session)) for rule in rules if session.kind in rule.kinds)
    wanted = [
        moment
        for rule, moment in placed
        if moment
        and (moment.at - registered_at >= HEAD_START if rule.is_before else registered_at < moment.until)
    ]
    return sorted(wanted, key=lambda moment: moment.at)


def _moment(rule: Rule, session: Session) -> Moment | None:
    """When a rule speaks about a session; None when it is quiet from its moment to its cut-off (a sound rule's is not).

    Nothing about the session's start comes after it, however the clocks changed; nothing about its end comes before it, for nobody
    knows yet who was there.
    """
    start, end = begins(session), ends(session)
    anchor = start if rule.is_before else end
    at, until = rule.when.from_(anchor, session.zone), rule.until.from_(anchor, session.zone)
    until = min(until, start) if rule.is_before else until
    at = at if rule.is_before else max(at, end)
    earlier, later = last_allowed(at), next_allowed(at)
    for moved in (earlier, later) if rule.move == "earlier" else (later, earlier):
        if moved < until and (rule.is_before or moved >= end):
            return Moment(rule.name, moved, until)
    return None


def faults(rules: Sequence[Rule], templates: Collection[str]) -> list[str]:
    """What is wrong with a set of rules, a sentence each; ``templates`` are those that there are."""
    if not rules:
        return ["There is no rule: nobody would be reminded of anything."]
    names = Counter(rule.name for rule in rules)
    twice = [f"{name}: there are {count} rules of that name." for name, count in names.items() if count > 1]
    return twice + [f"{rule.name}: {fault}" for rule in rules for fault in _faults(rule, templates)]


def _faults(rule: Rule, templates: Collection[str]) -> Iterator[str]:
    if rule.template not in templates:
        yield f"no template {rule.template!r}; there are {', '.join(sorted(templates)) or 'none'}."
    if rule.is_before:
        yield from _faults_before(rule)
    else:
        yield from _faults_after(rule)


def _faults_before(rule: Rule) -> Iterator[str]:
    if max(map(rule.until.minutes_from, _CLOCKS)) > 0:
        yield "until may come after the start of an early session: count it in minutes, or in days without an hour."
    if (room := _room(rule)) <= 0:
        yield f"until is not later than when at any hour and when clocks change: {room} minutes. Set it later."
    if rule.audience != "registered":
        yield f"nobody is known to be {rule.audience!r} before the session: set audience to 'registered'."


def _faults_after(rule: Rule) -> Iterator[str]:
    if rule.when.way < 0:
        yield "when is before the end, and nobody knows yet who was there: count it after the end, or from the start."
    if (room := _room(rule)) <= (quiet := LONGEST // _MINUTE):
        yield f"until leaves {room} minutes after when, of which {quiet} may be quiet: set it later."


def _room(rule: Rule) -> int:
    """The fewest minutes that a rule has between its moment and its cut-off, whatever the hour and the clocks."""
    by_the_clock = isinstance(rule.when, Days) or isinstance(rule.until, Days)
    return min(map(rule.room_at, _CLOCKS)) - _CLOCK_CHANGE * by_the_clock
