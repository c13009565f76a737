"""Cohorts out of candidates and coaches: built, bettered, and parts of them made anew.

Belongs here: the order of the search. Does not: its steps (building.py, bettering.py, renewing.py) or how its end is told
(reasons.py, proposal.py). Why this search and no solver: docs/adr/0017.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from core.cohorts.bettering import better
from core.cohorts.building import Builder
from core.cohorts.people import Candidate, Coach, Options, Standing, check
from core.cohorts.renewing import renew
from core.cohorts.seating import Seating, seated

_SWEEPS: Final = 3  # at most: each finds a third of what the one before found


def form(
    candidates: Sequence[Candidate], coaches: Sequence[Coach], standing: Sequence[Standing], options: Options
) -> Seating:
    """Who sits where in the end. The same for the same values in any order.

    Raises:
        Rejected: they contradict each other.

    """
    check(candidates, coaches, standing, options)
    by_id = sorted(candidates, key=lambda one: one.id), sorted(coaches, key=lambda one: one.id)
    seating = seated(*by_id, standing, options)
    random = Random(options.seed)  # noqa: S311 - chance in a search, not a secret
    builder = Builder(seating, random)
    complete(seating, builder)
    builder.build(builder.hardest_first())
    builder.insert(sorted(seating.free))
    _sweep(seating, random, 1)
    renew(seating, random, options.rounds)
    _sweep(seating, random, _SWEEPS)
    return seating


def complete(seating: Seating, builder: Builder) -> None:
    """Fill standing cohorts; those that stay too small are closed, the smallest first, unless somebody is locked in."""
    while True:
        builder.insert(builder.hardest_first())
        short = [
            group
            for group in seating.groups.values()
            if len(group.members) < seating.options.minimum and not group.locked
        ]
        if not short:
            return
        seating.close(min(short, key=lambda group: (len(group.members), group.seat)))


def _sweep(seating: Seating, random: Random, times: int) -> None:
    """Look for each candidate's best step, so often or until there is none."""
    for _ in range(times):
        order = sorted(set(range(len(seating.candidates))) - _unknown(seating))
        random.shuffle(order)
        if not better(seating, order):
            return


def _unknown(seating: Seating) -> set[int]:
    return {place for place, group in enumerate(seating.group_of) if group is None} - seating.free
