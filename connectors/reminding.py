"""Reminding: what one message reminds one person of, whatever carries it.

Belongs here: which of the reminders that it was to carry still hold when it is about to leave, in which order, and what each is
about. Does not: that judgement (core/judging.py, core/catch_up.py) or any words (connectors/mail, connectors/sms).
"""

from __future__ import annotations

import datetime as dt

import msgspec

from connectors.region.cohorts import programme_letters
from connectors.region.cohorts.programme_letters import Person, Placed
from connectors.region.database import Region
from connectors.region.sessions import reminders
from connectors.region.sessions.reminders import Rules
from connectors.writing import Moot, NotNow
from core.catch_up import catch_up
from core.quiet import is_quiet, next_allowed
from core.reminders import Rule, Transport
from schemas.letters import ProgrammeLetter


class Part(msgspec.Struct, frozen=True):
    """One session that a message tells of, because of a rule."""

    rule: Rule
    place: Placed


class Reminding(msgspec.Struct, frozen=True):
    """What a message tells: of all ``parts`` the first leads."""

    person: Person
    parts: tuple[Part, ...]

    @property
    def leading(self) -> Part:
        """What the message is sent for."""
        return self.parts[0]


def reminding(
    region: Region, rules: Rules, transport: Transport, letter: ProgrammeLetter, now: dt.datetime
) -> Reminding | NotNow | Moot:
    """What a message with these reminders tells at ``now``. What it may not tell any more ends here, and is kept with its reason."""
    if is_quiet(now):
        return NotNow((next_allowed(now) - now).total_seconds(), "nobody is written to in quiet hours")
    live = {each.due.id: each for each in reminders.live(region, rules, transport, letter, now)}
    told = catch_up([each.due for each in live.values()], now).told
    places = programme_letters.placed(region, [live[number].enrolment for number in told])
    parts = tuple(Part(rules[live[number].due.rule], places[live[number].enrolment]) for number in told)
    if not parts:
        return _nothing_left(region, letter)
    return Reminding(parts[0].place.person, parts)


def _nothing_left(region: Region, letter: ProgrammeLetter) -> Moot:
    became = programme_letters.became(region, letter.reminders)
    told = ", ".join(f"{number} {state}" for state, number in sorted(became.items()))
    why = f"none of its reminders is to be sent any more: {told}"
    return Moot(why, "consent" if set(became) == {"refused"} else "moot")
