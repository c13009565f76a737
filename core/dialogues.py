"""The life of a dialogue: which step may follow which, and what must be so before it. Also its rules, as values.

Belongs here: pure decisions. Does not: what a step does (connectors/region/dialogues/dialogue_life.py) or a season's calendar (core/seasons).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

State = Literal[
    "draft", "proposed", "approved", "announced", "on_air", "closed", "answered", "archived", "cancelled"
]
FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    "draft": frozenset({"proposed", "approved", "cancelled"}),
    "proposed": frozenset({"draft", "approved", "cancelled"}),
    "approved": frozenset({"proposed", "announced", "cancelled"}),
    "announced": frozenset({"on_air", "closed", "cancelled"}),
    "on_air": frozenset({"closed"}),
    "closed": frozenset({"answered"}),
    "answered": frozenset({"archived"}),
    "archived": frozenset(),
    "cancelled": frozenset(),
}
PUBLIC: Final[frozenset[State]] = frozenset(
    {"announced", "on_air", "closed", "answered", "archived", "cancelled"}
)
HELD: Final[frozenset[State]] = PUBLIC - {"cancelled"}
"""The states of a dialogue that was held, once it is over by its clock: staff may not have closed it yet."""
ASKED: Final[frozenset[State]] = frozenset({"announced", "on_air"})
"""The states of a dialogue that residents put questions to."""


class Holidays(msgspec.Struct, frozen=True):
    """Days without school: from ``first``, until school begins again on ``until``."""

    name: str
    first: dt.date
    until: dt.date


class SeasonRules(msgspec.Struct, frozen=True, kw_only=True):
    """How seasons are planned. ``slots``: when dialogues may begin, by weekday (Monday is 0)."""

    notice_days: int
    gap_days: int
    most_a_day: int
    travel_margin_minutes: int
    slots: Mapping[int, tuple[dt.time, ...]]
    preferred: frozenset[dt.time]
    school_holidays: tuple[Holidays, ...]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How dialogues are told and answered. ``themes`` and the articles of the ``charter`` are French, by key."""

    channels: tuple[str, ...]
    answer_days: int
    live_horizon_days: int
    preflight_minutes: int
    minutes_due_days: tuple[int, ...]
    archive_days: int
    season: SeasonRules
    themes: Mapping[str, str]
    charter: Mapping[str, str]


def missing(*, official: object, moderator: object, venue: object, starts: object, live: bool) -> list[str]:
    """What a dialogue lacks before it can be proposed, each as a reader would name it; it cannot be held without."""
    needed = {"an official": official, "a moderator": moderator, "a time": starts}
    if live:
        needed["a room or a studio"] = venue
    return [name for name, value in needed.items() if value is None]
