"""What a season is planned from: who and what there is, what is wanted, and the rules.

Belongs here: the values, and whether they make sense together. Does not: whether a season can be planned of them (conflicts.py).

Instants are UTC. Weekdays, days and times of day are those of ``Rules.zone``. An empty set of departments means all of them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from core.days import PARIS
from core.seasons.travel import driving
from schemas.dialogue import Form
from schemas.errors import Rejected
from schemas.reference_tables import departments

MOST_A_PERSON_A_DAY: Final = 2
"""Nobody has more dialogues a day: so nobody has a third between two live ones, which would eat up the time to travel."""


class Busy(msgspec.Struct, frozen=True):
    """When somebody, or a place, is taken: from ``starts`` until just before ``ends``."""

    starts: dt.datetime
    ends: dt.datetime


class Official(msgspec.Struct, frozen=True, kw_only=True):
    """An elected official: where they meet residents and what they answer for. ``most_a_week``: an ISO week."""

    id: int
    name: str
    themes: frozenset[str]
    departments: frozenset[str] = frozenset()
    busy: tuple[Busy, ...] = ()
    most_a_season: int | None = None
    most_a_week: int | None = None


class Moderator(msgspec.Struct, frozen=True, kw_only=True):
    """Who leads a dialogue. ``departments``: where they can travel to; a written dialogue they lead from anywhere."""

    id: int
    name: str
    departments: frozenset[str] = frozenset()
    busy: tuple[Busy, ...] = ()


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """A room or a studio where live dialogues are held."""

    id: int
    name: str
    department: str
    kind: str = "room"  # or "studio"
    busy: tuple[Busy, ...] = ()


class Placement(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """When a dialogue is, with whom, who moderates, and where. A written one has no venue."""

    starts: dt.datetime
    official: int
    moderator: int
    venue: int | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A dialogue to be planned. ``department`` None: any. ``official`` None: any who answers for ``theme``.

    ``locked``: a person decided it, whatever the rules on notice, slots, themes and departments say; it stays exactly. Lock what
    residents were already told of and what is over. ``previous``: where an earlier proposal had it; it stays where it can, and its
    start needs no new notice.
    """

    key: str
    theme: str
    form: Form
    minutes: int = 60
    department: str | None = None
    official: int | None = None
    locked: Placement | None = None
    previous: Placement | None = None


class Slot(msgspec.Struct, frozen=True):
    """A time of the week when a dialogue may begin; Monday is 0. ``preferred``: the public is there."""

    weekday: int
    time: dt.time
    preferred: bool = True


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """What each wish is worth against the others. That few move comes before all of them.

    ``departments``, ``officials``, ``weeks``: one more dialogue between who or what has most and least. ``off_hours``: a dialogue at
    another slot than a preferred one. ``rescheduled``: of those that move, one whose start does.
    """

    departments: int = 20
    officials: int = 10
    weeks: int = 5
    off_hours: int = 3
    rescheduled: int = 3


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """When dialogues may be, from ``first`` to ``last``; ``today`` is the day of planning.

    ``notice_days``: a new start is so many days ahead at least. ``most_a_day``: in the whole Region. ``gap_days``: from a dialogue in a
    department to the next one there. ``travel``: minutes from department to department; ``margin`` is added between any two live
    dialogues of one person on one day. ``departments``: those between which a season is fair. Nothing is on a Sunday, on one of
    ``public_holidays`` or ``school_holidays``.
    """

    first: dt.date
    last: dt.date
    today: dt.date
    slots: tuple[Slot, ...]
    notice_days: int = 14
    most_a_day: int = 3
    gap_days: int = 3
    margin: int = 15
    travel: Mapping[str, Mapping[str, int]] = msgspec.field(default_factory=driving)
    public_holidays: frozenset[dt.date] = frozenset()
    school_holidays: frozenset[dt.date] = frozenset()
    departments: tuple[str, ...] = msgspec.field(default_factory=lambda: tuple(departments()))
    weights: Weights = Weights()
    zone: str = PARIS.key


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a season is planned from."""

    wanted: tuple[Wanted, ...]
    officials: tuple[Official, ...]
    moderators: tuple[Moderator, ...]
    venues: tuple[Venue, ...]
    rules: Rules


def in_order(problem: Problem) -> Problem:
    """The same problem in the one order that it is planned in: whatever order it came in, the proposal is the same."""
    return msgspec.structs.replace(
        problem,
        wanted=tuple(sorted(problem.wanted, key=lambda each: each.key)),
        officials=tuple(sorted(problem.officials, key=lambda each: each.id)),
        moderators=tuple(sorted(problem.moderators, key=lambda each: each.id)),
        venues=tuple(sorted(problem.venues, key=lambda each: each.id)),
    )


def check(problem: Problem) -> None:
    """Whether a season can be planned from these at all.

    Raises:
        Rejected: they contradict each other; the message has every reason.

    """
    reasons = [
        *_twice("dialogue", (each.key for each in problem.wanted)),
        *_twice("official", (each.id for each in problem.officials)),
        *_twice("moderator", (each.id for each in problem.moderators)),
        *_twice("venue", (each.id for each in problem.venues)),
        *_rules(problem),
        *_persons(problem),
        *(reason for each in problem.wanted for reason in _wanted(each, problem)),
    ]
    if reasons:
        raise Rejected("no season can be planned from this: " + "; ".join(reasons))


def _twice(what: str, names: Iterable[object]) -> Iterator[str]:
    return (f"{what} {name} is there twice" for name, times in Counter(names).items() if times > 1)


def _rules(problem: Problem) -> Iterator[str]:
    rules = problem.rules
    if rules.last < rules.first:
        yield f"the season ends on {rules.last}, before it begins on {rules.first}"
    if not all(0 <= slot.weekday <= 6 for slot in rules.slots):
        yield "a slot's weekday is 0 (Monday) to 6"
    known = set(rules.travel)
    for venue in problem.venues:
        if venue.department not in known:
            yield f"{venue.name} is in {venue.department}, to which no travel time is known"


def _persons(problem: Problem) -> Iterator[str]:
    several: list[Official | Moderator | Venue] = [*problem.officials, *problem.moderators, *problem.venues]
    for each in several:
        if any(busy.ends <= busy.starts for busy in each.busy):
            yield f"{each.name} is busy for no time"


def _wanted(wanted: Wanted, problem: Problem) -> Iterator[str]:
    if wanted.minutes <= 0:
        yield f"{wanted.key} takes no time"
    officials = {each.id for each in problem.officials}
    if wanted.official is not None and wanted.official not in officials:
        yield f"{wanted.key} is with official {wanted.official}, who is not there"
    if wanted.locked is not None:
        yield from (f"{wanted.key} is locked {reason}" for reason in _locked(wanted, wanted.locked, problem))


def _locked(wanted: Wanted, locked: Placement, problem: Problem) -> Iterator[str]:
    venues = {each.id: each for each in problem.venues}
    if locked.official not in {each.id for each in problem.officials}:
        yield f"with official {locked.official}, who is not there"
    if wanted.official not in {None, locked.official}:
        yield f"with official {locked.official} and wanted with {wanted.official}"
    if locked.moderator not in {each.id for each in problem.moderators}:
        yield f"with moderator {locked.moderator}, who is not there"
    if wanted.form == "written" and locked.venue is not None:
        yield "at a venue, and written"
    if wanted.form == "live":
        venue = None if locked.venue is None else venues.get(locked.venue)
        if venue is None:
            yield f"at venue {locked.venue}, which is not there"
        elif wanted.department not in {None, venue.department}:
            yield f"in {venue.department} and wanted in {wanted.department}"
