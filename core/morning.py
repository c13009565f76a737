"""The morning page: what a person looks at first, each line with what solves it.

Belongs here: its parts and lines as values, and the page in Markdown. Does not: what is in it (tasks/morning.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import chain
from typing import Final

import msgspec

from core.days import at_paris
from core.markdown import cell
from core.service_levels import Level

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_FEW: Final = 2  # of a larger unit, below which the smaller one tells more


class Button(msgspec.Struct, frozen=True):
    """A page on which something is pressed: what is pressed, and its address."""

    does: str
    address: str


class Line(msgspec.Struct, frozen=True):
    """One thing: what it is, how much of it, since when, and what solves it: a button, a command, or nothing when nothing must be done."""

    what: str
    figure: str = ""
    since: dt.datetime | None = None
    button: Button | None = None
    command: str = ""


class Part(msgspec.Struct, frozen=True):
    """Lines of one kind; ``empty`` is said when there are none."""

    title: str
    empty: str
    lines: tuple[Line, ...]


class Morning(msgspec.Struct, frozen=True):
    """The page at an instant."""

    at: dt.datetime
    parts: tuple[Part, ...]


def markdown(morning: Morning) -> str:
    """The page."""
    return f"# {at_paris(morning.at)}\n\n" + "\n".join(map(_part, morning.parts))


def _part(part: Part) -> str:
    if not part.lines:
        return f"## {part.title}\n\n{part.empty}\n"
    rows = "".join(
        f"| {_solves(line)} | {cell(line.figure)} | {at_paris(line.since)} | {cell(line.what)} |\n"
        for line in part.lines
    )
    # Prefect breaks no line of a table: what is long stands last, or nobody would see the buttons.
    return f"## {part.title}\n\n| what to do | figure | since (Paris) | what |\n|---|---:|---|---|\n{rows}"


def _solves(line: Line) -> str:
    button = f"[{cell(line.button.does)}]({line.button.address})" if line.button else ""
    command = f"`{line.command}`" if line.command else ""
    return " or ".join(filter(None, (button, command)))


def span(time: dt.timedelta) -> str:
    """So long, in the unit that tells it."""
    seconds = time.total_seconds()
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= _FEW * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def late(levels: Sequence[Level]) -> list[Level]:
    """The sources that are less fresh now than they should be."""
    return [level for level in levels if level.seen.now and level.seen.now > level.objective.within]


def level_line(level: Level, runbook: str) -> Line:
    """A service level as a line; where more than the budget is burnt, with where to read what to do."""
    objective, seen = level.objective, level.seen
    wanted = f"{objective.name}, {objective.share * 100:g}% within {span(objective.within)}"
    if level.share is None or level.burnt is None:
        return Line(wanted, "nothing measured yet")
    told = chain(
        (f"{wanted}: {level.share:.2%}",),
        (f"{span(seen.now)} ago",) if seen.now is not None else (),
        (f"half within {span(seen.median)}",) if seen.median is not None else (),
        (f"95% within {span(seen.p95)}",) if seen.p95 is not None else (),
    )
    figure = f"{level.burnt:.0%} of the budget burnt"
    return Line(", ".join(told), figure, command="" if level.is_kept else runbook)
