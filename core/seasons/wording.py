"""What keeps a season from being planned, in words for ops staff.

Belongs here: the sentence of each requirement. Does not: which of them are told (conflicts.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from core.seasons.choices import choices
from core.seasons.needs import ROLES, Need
from core.seasons.problem import Moderator, Official, Placement, Problem, Rules, Venue, Wanted
from core.seasons.proposal import Requirement
from core.seasons.starts import day_of, is_free
from core.wall import wall_of
from schemas.reference_tables import departments


def told(need: Need, problem: Problem) -> Requirement:
    """A requirement of a problem in words."""
    if need.key:
        wanted = next(each for each in problem.wanted if each.key == need.key)
        return Requirement(kind=need.kind, who=need.key, what=_of_dialogue(need, wanted, problem))
    if need.number or need.kind in {"busy", "limit", "territory"}:
        who = next(each for each in getattr(problem, need.role) if each.id == need.number)
        return Requirement(kind=need.kind, who=who.name, what=_of_person(need, who, problem))
    return Requirement(kind=need.kind, who="", what=_of_rule(need, problem.rules))


def given(problem: Problem) -> str:
    """What there is for the dialogues of a problem: « 3 officials, 1 moderator, 2 venues and 14 starts from … to … »."""
    several = choices(problem).values()
    counted = [
        plural(len({each.id for choice in several for each in getattr(choice, role)}), role[:-1])
        for role in ROLES
    ]
    starts = {start for choice in several for start in choice.starts}
    return f"{', '.join(counted)} and {plural(len(starts), 'start')}{span(starts, problem.rules)}"


def named(wanted: Wanted, problem: Problem) -> str:
    """« D-12 ("transport", live in Cantal, with Ada Martin) »."""
    where = (
        "" if wanted.department is None else f" in {departments().get(wanted.department, wanted.department)}"
    )
    number = wanted.official if wanted.locked is None else wanted.locked.official
    whom = "" if number is None else f", with {_name(number, problem.officials)}"
    return f'{wanted.key} ("{wanted.theme}", {wanted.form}{where}{whom})'


def plural(number: int, what: str) -> str:
    """« 1 start », « 2 starts »."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def span(starts: Iterable[dt.datetime], rules: Rules) -> str:
    """« from … to … », the days of the first and the last; nothing when there are none."""
    days = sorted(day_of(start, rules) for start in starts)
    return f" from {days[0]} to {days[-1]}" if days else ""


def busy(who: Official | Moderator | Venue, starts: Sequence[dt.datetime], minutes: int, rules: Rules) -> str:
    """« Ada Martin is busy at all 14 starts from … to … »."""
    taken = [start for start in starts if not is_free(who.busy, start, minutes)]
    if len(taken) < len(starts):
        return f"{who.name} is busy at {len(taken)} of {plural(len(starts), 'start')}{span(starts, rules)}"
    every = "the only start" if len(starts) == 1 else f"all {len(starts)} starts"
    return f"{who.name} is busy at {every}{span(starts, rules)}"


def _of_dialogue(need: Need, wanted: Wanted, problem: Problem) -> str:
    if need.kind == "locked" and wanted.locked is not None:
        return f"{wanted.key} is locked {_placed(wanted.locked, problem)}"
    return f"{named(wanted, problem)} takes place"


def _of_person(need: Need, who: Official | Moderator | Venue, problem: Problem) -> str:
    if need.kind == "busy":
        mine = [each for each in choices(problem).values() if who in getattr(each, need.role)]
        starts = sorted({start for each in mine for start in each.starts})
        return busy(who, starts, min((each.wanted.minutes for each in mine), default=0), problem.rules)
    if isinstance(who, Official) and need.kind == "limit":
        limits = [(who.most_a_season, "in the season"), (who.most_a_week, "a week")]
        most = " and ".join(f"{number} {when}" for number, when in limits if number is not None)
        return f"{who.name} has at most {most}"
    assert not isinstance(who, Venue), "a venue goes nowhere"
    where = ", ".join(departments().get(each, each) for each in sorted(who.departments))
    return f"{who.name} goes to {where} only"


def _of_rule(need: Need, rules: Rules) -> str:
    match need.kind:
        case "gap":
            return f"two dialogues in one department are {plural(rules.gap_days, 'day')} apart at least"
        case "day":
            return f"at most {plural(rules.most_a_day, 'dialogue')} a day"
        case "notice":
            first = rules.today + dt.timedelta(days=rules.notice_days)
            return f"{plural(rules.notice_days, 'day')} of notice: nothing new before {first}"
        case "school_holidays":
            return f"nothing in school holidays ({plural(_within(rules.school_holidays, rules), 'day')})"
        case _:
            return f"nothing on public holidays ({plural(_within(rules.public_holidays, rules), 'day')})"


def _within(days: Iterable[dt.date], rules: Rules) -> int:
    return sum(rules.first <= day <= rules.last for day in days)


def _placed(placement: Placement, problem: Problem) -> str:
    wall = wall_of(placement.starts, problem.rules.zone)
    where = "" if placement.venue is None else f", at {_name(placement.venue, problem.venues)}"
    return (
        f"on {wall:%Y-%m-%d} at {wall:%H:%M} with {_name(placement.official, problem.officials)}, "
        f"moderated by {_name(placement.moderator, problem.moderators)}{where}"
    )


def _name(number: int, several: Iterable[Official | Moderator | Venue]) -> str:
    return next(each.name for each in several if each.id == number)
