"""An editorial channel's daily choice: which few of many offers it shows today.

Belongs here: the choice and nothing else. Does not: what makes an offer a candidate (the plan) or the budget
(deployments/channels.toml).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec


class Candidate(msgspec.Struct, frozen=True):
    """An offer that the channel could show. Keys are unique; no department is a department of its own."""

    key: str
    department: str | None
    published_at: dt.datetime


def choose(candidates: Sequence[Candidate], budget: int) -> tuple[Candidate, ...]:
    """At most ``budget`` candidates, newest first and spread over the departments.

    Departments take turns, the one with the newest candidate first, and each gives its newest that is left. Ties go
    by key, so the order of ``candidates`` does not matter.
    """
    newest = sorted(candidates, key=lambda candidate: candidate.key)
    newest.sort(key=lambda candidate: candidate.published_at, reverse=True)
    given: Counter[str | None] = Counter()
    turns: list[tuple[int, int, Candidate]] = []
    order: dict[str | None, int] = {}
    for candidate in newest:
        department = candidate.department
        turns.append((given[department], order.setdefault(department, len(order)), candidate))
        given[department] += 1
    turns.sort(key=lambda turn: turn[:2])
    return tuple(candidate for _, _, candidate in turns[: max(budget, 0)])
