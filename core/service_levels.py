"""Service levels: what the hub promises of itself, how well it was kept, and how much may still go wrong.

Belongs here: objectives as values, what is wrong with a set of them, and the arithmetic of budgets. Does not: the objectives
(deployments/service_levels.toml), or what happened (connectors/region/alerting/service_levels.py).

An objective of 99 % in 28 days leaves a budget: one per cent may miss it. What is burnt of the budget is what missed by what may: at
100 % nothing may go wrong any more until what went wrong is 28 days ago.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Literal

import msgspec

Kind = Literal["freshness", "latency", "reminders"]
_NONE: Final = dt.timedelta(0)


class Objective(msgspec.Struct, frozen=True):
    """A share of the time (freshness) or of cases (latency, reminders) that must be ``within`` so long.

    ``of``: the source or channel; empty for reminders, of which there is one. ``share`` is less than 1: nobody keeps everything.
    """

    kind: Kind
    of: str
    within: dt.timedelta
    share: float

    @property
    def name(self) -> str:
        """What people know it by."""
        return f"{self.kind} {self.of}".strip()


class Rules(msgspec.Struct, frozen=True):
    """Every objective, each over the same window."""

    window: dt.timedelta
    objectives: tuple[Objective, ...]


class Seen(msgspec.Struct, frozen=True):
    """What happened in a window: ``kept`` and ``missed`` in seconds (freshness) or cases.

    ``now`` is the age of what is freshest; ``median`` and ``p95`` are of cases that came to an end. None: nothing to tell it from.
    """

    kept: float = 0.0
    missed: float = 0.0
    now: dt.timedelta | None = None
    median: dt.timedelta | None = None
    p95: dt.timedelta | None = None


class Level(msgspec.Struct, frozen=True):
    """An objective, and how it was kept."""

    objective: Objective
    seen: Seen

    @property
    def share(self) -> float | None:
        """The share that was kept; None when nothing was measured yet."""
        total = self.seen.kept + self.seen.missed
        return self.seen.kept / total if total else None

    @property
    def burnt(self) -> float | None:
        """How much of the budget is burnt: 1 is all of it; None when nothing was measured yet."""
        return None if self.share is None else (1 - self.share) / (1 - self.objective.share)

    @property
    def is_kept(self) -> bool:
        """Whether the budget is not overdrawn. What nobody measured is not broken."""
        return self.share is None or self.share >= self.objective.share


def faults(rules: Rules, sources: Sequence[str], channels: Sequence[str]) -> Iterator[str]:
    """What is wrong with a set of objectives, a sentence each; ``sources`` and ``channels`` are those that there are."""
    known = {"freshness": sources, "latency": channels, "reminders": ("",)}
    for objective in rules.objectives:
        if objective.of not in known[objective.kind]:
            there = ", ".join(filter(None, known[objective.kind])) or "leave `of` out"
            yield f"{objective.kind} of {objective.of!r}: there is none of that name ({there})."
    for name, number in Counter(objective.name for objective in rules.objectives).items():
        if number > 1:
            yield f"{name}: there are {number} objectives of that name."


def freshness(
    completed: Sequence[dt.datetime], within: dt.timedelta, since: dt.datetime, now: dt.datetime
) -> Seen:
    """For how long what a source says was older than ``within``, from ``since`` to ``now``.

    ``completed`` are the ends of good syncs, oldest first, with the last before ``since``. Before the first there was nothing to be
    fresh: it is not counted.
    """
    if not completed:
        return Seen()
    begin = max(since, completed[0])
    gaps = pairwise([*completed, now])
    missed = sum((max(_NONE, end - max(begun + within, begin)) for begun, end in gaps), _NONE)
    return Seen(
        (now - begin - missed).total_seconds(), missed.total_seconds(), now=max(_NONE, now - completed[-1])
    )
