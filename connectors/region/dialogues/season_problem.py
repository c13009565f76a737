"""What the planning of a season is asked: what is wanted, who and what can be had, the rules.

Belongs here: rows as core/seasons wants them. Does not: the planning itself (core/seasons), or proposals (seasons.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from connectors.region.database import Region
from connectors.region.dialogues import calendars, dialogues, hosts
from connectors.region.dialogues.calendars import Interval
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.dialogues.seasons import PLACED, PLANNED, Season, placement
from core import quiet, seasons, wall
from core.days import PARIS
from core.dialogues import SeasonRules

_DAY: Final = dt.timedelta(days=1)


def problem(region: Region, season: Season, rules: SeasonRules, now: dt.datetime) -> seasons.Problem:
    """What planning is asked: what is wanted, who and what can be had, the rules.

    What the season does not plan keeps who holds it, and where, from being had at that time.
    """
    first = wall.instant(dt.datetime.combine(season.first_day, dt.time()), PARIS.key)
    last = wall.instant(dt.datetime.combine(season.last_day + _DAY, dt.time()), PARIS.key)
    planned = dialogues.listed(region, states=PLANNED, season=season.id, limit=10_000)
    others = [
        each
        for each in dialogues.listed(region, states=PLACED, after=first - _DAY, before=last, limit=10_000)
        if each.season_id != season.id or each.state == "on_air"
    ]
    with region.begin() as connection:
        taken = {
            whose: calendars.busy(connection, whose, first, last)
            for whose in ("official", "moderator", "venue")
        }
    for each in others:
        assert each.starts_at is not None
        assert each.ends_at is not None
        for whose, number in (
            ("official", each.official_id),
            ("moderator", each.moderator_id),
            ("venue", each.venue_id),
        ):
            if number is not None:
                taken[whose].setdefault(number, []).append(Interval(each.starts_at, each.ends_at))
    asked_for = {each.official_id for each in planned}
    return seasons.Problem(
        wanted=tuple(_asked(each, now) for each in planned),
        officials=tuple(
            seasons.Official(
                id=each.id,
                name=each.name,
                themes=frozenset(each.themes),
                departments=frozenset(each.departments),
                busy=_busy(taken["official"].get(each.id, ())),
                most_a_season=each.most,
            )
            for each in hosts.listed(region, hosts.Official)
            if each.themes or each.id in asked_for
        ),
        moderators=tuple(
            seasons.Moderator(
                id=each.id,
                name=each.name,
                departments=frozenset(each.departments),
                busy=_busy(taken["moderator"].get(each.id, ())),
            )
            for each in hosts.listed(region, hosts.Moderator)
        ),
        venues=tuple(
            seasons.Venue(
                id=each.id,
                name=each.name,
                department=each.department,
                kind=each.kind,
                busy=_busy(taken["venue"].get(each.id, ())),
            )
            for each in hosts.listed(region, hosts.Venue)
        ),
        rules=_rules(season, rules, now),
    )


def _busy(intervals: Iterable[Interval]) -> tuple[seasons.Busy, ...]:
    return tuple(seasons.Busy(each.starts_at, each.ends_at) for each in intervals)


def _asked(dialogue: Dialogue, now: dt.datetime) -> seasons.Wanted:
    placed = placement(dialogue)
    begun = dialogue.starts_at is not None and dialogue.starts_at <= now
    fixed = dialogue.state in {"draft", "proposed"}
    return seasons.Wanted(
        key=dialogue.ref,
        theme=dialogue.theme,
        form=dialogue.form,
        minutes=dialogue.minutes,
        department=dialogue.department,
        official=dialogue.official_id if fixed else None,
        locked=placed if dialogue.locked or begun else None,
        previous=None if dialogue.locked or begun else placed,
    )


def _rules(season: Season, rules: SeasonRules, now: dt.datetime) -> seasons.Rules:
    school = frozenset(
        holidays.first + n * _DAY
        for holidays in rules.school_holidays
        for n in range((holidays.until - holidays.first).days)
    )
    years = range(season.first_day.year, season.last_day.year + 1)
    return seasons.Rules(
        first=season.first_day,
        last=season.last_day,
        today=wall.wall_of(now, PARIS.key).date(),
        slots=tuple(
            seasons.Slot(weekday, time, time in rules.preferred)
            for weekday, times in sorted(rules.slots.items())
            for time in times
        ),
        notice_days=rules.notice_days,
        most_a_day=rules.most_a_day,
        gap_days=rules.gap_days,
        margin=rules.travel_margin_minutes,
        public_holidays=frozenset().union(*(quiet.public_holidays(year) for year in years)),
        school_holidays=school,
    )
