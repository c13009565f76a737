"""Whether a calendar keeps the rules, read from the rules alone.

Belongs here: every broken rule as a sentence. Does not: making calendars. Nothing here is shared with what makes them but the records, so
that a mistake there is not believed here.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from zoneinfo import ZoneInfo

import msgspec

from core.seasons.problem import (
    MOST_A_PERSON_A_DAY,
    Moderator,
    Official,
    Placement,
    Problem,
    Rules,
    Venue,
    Wanted,
)


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """A dialogue of a calendar, with everything that it names. ``department`` None: nobody said where a written one is."""

    wanted: Wanted
    official: Official
    moderator: Moderator
    venue: Venue | None
    starts: dt.datetime
    ends: dt.datetime
    day: dt.date
    wall: dt.datetime
    department: str | None


def broken(problem: Problem, calendar: Mapping[str, Placement]) -> list[str]:
    """Every rule that a calendar breaks; none when it can be held."""
    wanted = {each.key for each in problem.wanted}
    unknown = [f"{key} is not wanted" for key in calendar if key not in wanted]
    missing = [f"{key} is not in the calendar" for key in sorted(wanted - set(calendar))]
    held, nameless = [], []
    for each in problem.wanted:
        if each.key in calendar:
            try:
                held.append(_read(each, calendar[each.key], problem))
            except LookupError:
                nameless.append(f"{each.key} names a person or a place that is not there")
    return [
        *unknown,
        *missing,
        *nameless,
        *(finding for each in held for finding in _one(each, calendar[each.wanted.key], problem.rules)),
        *(
            finding
            for pair in combinations(held, 2)
            for finding in _two(sorted(pair, key=_start), problem.rules)
        ),
        *_counts(held, problem),
    ]


def _start(held: _Held) -> dt.datetime:
    return held.starts


def _read(wanted: Wanted, placement: Placement, problem: Problem) -> _Held:
    wall = placement.starts.astimezone(ZoneInfo(problem.rules.zone))
    venues = {each.id: each for each in problem.venues}
    venue = None if placement.venue is None else venues[placement.venue]
    return _Held(
        wanted=wanted,
        official={each.id: each for each in problem.officials}[placement.official],
        moderator={each.id: each for each in problem.moderators}[placement.moderator],
        venue=venue,
        starts=placement.starts,
        ends=placement.starts + dt.timedelta(minutes=wanted.minutes),
        day=wall.date(),
        wall=wall.replace(tzinfo=None),
        department=wanted.department if venue is None else venue.department,
    )


# One dialogue


def _one(held: _Held, placement: Placement, rules: Rules) -> Iterator[str]:
    key = held.wanted.key
    yield from (f"{key} {what}" for what in _on_day(held, rules))
    yield from (f"{key}: {what}" for what in _busy(held))
    if held.wanted.locked is None:
        yield from (f"{key} {what}" for what in _when(held, rules))
        yield from (f"{key}: {what}" for what in _who(held))
        yield from (f"{key} {what}" for what in _where(held))
    elif placement != held.wanted.locked:
        yield f"{key} is not where it is locked"


def _on_day(held: _Held, rules: Rules) -> Iterator[str]:
    if held.day.isoweekday() == 7:
        yield f"is on a Sunday, {held.day}"
    if held.day in rules.public_holidays:
        yield f"is on a public holiday, {held.day}"
    if held.day in rules.school_holidays:
        yield f"is in school holidays, {held.day}"


def _busy(held: _Held) -> Iterator[str]:
    for who in (held.official, held.moderator, held.venue):
        if who is not None and any(each.starts < held.ends and held.starts < each.ends for each in who.busy):
            yield f"{who.name} is busy"


def _when(held: _Held, rules: Rules) -> Iterator[str]:
    if not rules.first <= held.day <= rules.last:
        yield f"is out of the season, on {held.day}"
    if held.wanted.previous is not None and held.wanted.previous.starts == held.starts:
        if held.day < rules.today:
            yield f"is in the past, on {held.day}"
        return
    if (held.day - rules.today).days < rules.notice_days:
        yield f"has less than {rules.notice_days} days of notice"
    slots = {(slot.weekday, slot.time) for slot in rules.slots}
    if (held.wall.weekday(), held.wall.time()) not in slots:
        yield f"begins at no slot, but on {held.wall:%A at %H:%M}"


def _who(held: _Held) -> Iterator[str]:
    wanted, official, moderator = held.wanted, held.official, held.moderator
    if wanted.official not in {None, official.id}:
        yield f"{official.name} is not who is wanted"
    if wanted.official is None and wanted.theme not in official.themes:
        yield f'{official.name} does not answer for "{wanted.theme}"'
    if held.department is not None and official.departments and held.department not in official.departments:
        yield f"{official.name} does not go to {held.department}"
    if (
        held.venue is not None
        and moderator.departments
        and held.venue.department not in moderator.departments
    ):
        yield f"{moderator.name} does not go to {held.venue.department}"


def _where(held: _Held) -> Iterator[str]:
    if held.wanted.form == "written" and held.venue is not None:
        yield "is written and has a venue"
    if held.wanted.form == "live" and held.venue is None:
        yield "is live and has no venue"
    if held.wanted.department not in {None, held.department}:
        yield f"is in {held.department} and wanted in {held.wanted.department}"


# Two dialogues, the earlier first


def _two(pair_of: Sequence[_Held], rules: Rules) -> Iterator[str]:
    one, other = pair_of
    pair = f"{one.wanted.key} and {other.wanted.key}"
    for mine, theirs in ((one.official, other.official), (one.moderator, other.moderator)):
        if mine.id == theirs.id:
            yield from (f"{pair}: {mine.name} {what}" for what in _twice(one, other, rules))
    if one.venue is not None and one.venue == other.venue and other.starts < one.ends:
        yield f"{pair}: {one.venue.name} is taken twice"
    days = abs(other.day - one.day).days
    if one.department is not None and one.department == other.department and days < rules.gap_days:
        yield f"{pair} are less than {rules.gap_days} days apart in {one.department}"


def _twice(one: _Held, other: _Held, rules: Rules) -> Iterator[str]:
    """What is wrong when somebody has both."""
    if other.starts < one.ends:
        yield "has both at once"
    elif one.venue is not None and other.venue is not None:
        minutes = rules.travel[one.venue.department][other.venue.department] + rules.margin
        if other.starts < one.ends + dt.timedelta(minutes=minutes):
            yield f"needs {minutes} minutes from one to the other"


# All dialogues


def _counts(held: Iterable[_Held], problem: Problem) -> Iterator[str]:
    several = list(held)
    rules = problem.rules
    for day, number in Counter(each.day for each in several).items():
        if number > rules.most_a_day:
            yield f"{number} dialogues on {day}, at most {rules.most_a_day}"
    for official in problem.officials:
        mine = [each for each in several if each.official.id == official.id]
        yield from _crowded(official, mine)
        if official.most_a_season is not None and len(mine) > official.most_a_season:
            yield f"{official.name} has {len(mine)} dialogues, at most {official.most_a_season}"
        for week, number in Counter(each.day.isocalendar()[:2] for each in mine).items():
            if official.most_a_week is not None and number > official.most_a_week:
                yield f"{official.name} has {number} dialogues in week {week[1]}, at most {official.most_a_week}"
    for moderator in problem.moderators:
        yield from _crowded(moderator, [each for each in several if each.moderator.id == moderator.id])


def _crowded(who: Official | Moderator, mine: Iterable[_Held]) -> Iterator[str]:
    for day, number in Counter(each.day for each in mine).items():
        if number > MOST_A_PERSON_A_DAY:
            yield f"{who.name} has {number} dialogues on {day}, at most {MOST_A_PERSON_A_DAY}"
