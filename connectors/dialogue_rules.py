"""The rules of dialogues, from their reviewed file.

Belongs here: the file (deployments/dialogue.toml) as values. Does not: what the rules do (core/dialogues.py, core/seasons).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from connectors.reviewed import refuse, reviewed
from core.dialogues import Holidays, Rules, SeasonRules

_WEEKDAYS: Final = {
    name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
}


@cache
def dialogue_rules(file: Path, channels: frozenset[str] | None = None) -> Rules:
    """The file's rules; ``channels`` are those that a dialogue can be announced on, None for who announces none.

    Raises:
        Misconfigured: the file does not fit its schema, or its rules make no sense; the message has every reason.

    """
    written = reviewed(file, "dialogue.v1")
    refuse(file, _faults(written, channels))
    season = written["season"]
    return Rules(
        channels=tuple(written["channels"]),
        answer_days=int(written["answer_days"]),
        live_horizon_days=int(written["live_horizon_days"]),
        preflight_minutes=int(written["preflight_minutes"]),
        minutes_due_days=tuple(sorted(map(int, written["minutes_due_days"]))),
        archive_days=int(written["archive_days"]),
        season=SeasonRules(
            notice_days=int(season["notice_days"]),
            gap_days=int(season["gap_days"]),
            most_a_day=int(season["most_a_day"]),
            travel_margin_minutes=int(season["travel_margin_minutes"]),
            slots={_WEEKDAYS[day]: _times(times) for day, times in season["slots"].items()},
            preferred=frozenset(_times(season["preferred"])),
            school_holidays=tuple(map(_holidays, season["school_holidays"])),
        ),
        themes=written["themes"],
        charter=written["charter"],
    )


def _times(written: list[str]) -> tuple[dt.time, ...]:
    return tuple(sorted(map(dt.time.fromisoformat, written)))


def _holidays(written: Mapping[str, str]) -> Holidays:
    return Holidays(
        written["name"], dt.date.fromisoformat(written["first"]), dt.date.fromisoformat(written["until"])
    )


def _faults(written: Mapping[str, Any], channels: frozenset[str] | None) -> Iterator[str]:
    for name in written["channels"]:
        if channels is not None and name not in channels:
            yield f"/channels: no channel {name} carries dialogues; there are {', '.join(sorted(channels))}"
    for number, each in enumerate(written["season"]["school_holidays"]):
        try:
            known = _holidays(each)
        except ValueError as error:
            yield f"/season/school_holidays/{number}: {error}"
            continue
        if known.until <= known.first:
            yield f"/season/school_holidays/{number}: « {known.name} » ends before it begins"
