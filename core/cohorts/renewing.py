"""Groups that lie near each other closed and built anew, again and again; what is better is kept.

Belongs here: what is closed, and when worse is taken for a while. Does not: how groups are built (building.py).

At first a round that costs more is sometimes kept, less and less often (simulated annealing), and at the end the best of all that
was is taken. How much more depends on how many rounds there are a candidate: with few of them each must gain.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from random import Random
from typing import Final

from core.cohorts.building import NEAREST, Builder, insert
from core.cohorts.closeness import CONFLICT
from core.cohorts.seating import Group, Seat, Seating
from schemas.firm import Level

CLOSED: Final = 3  # groups in one round, at most
_HEAT: Final = 400_000  # metres: what a round may cost more and be kept one time in e, at first and at most
_HEAT_A_ROUND: Final = 4_000  # metres, for each round that there is a candidate
_Was = list[tuple[Seat, Level, tuple[int, ...]]]


def renew(seating: Seating, random: Random, rounds: int) -> None:
    """Make parts anew so often. Groups with members who are kept stay as they are."""
    around = sorted([*seating.free, *(member for group in _open(seating) for member in group.members)])
    if not around:
        return
    builder = Builder(seating, random)
    heat = min(_HEAT, _HEAT_A_ROUND * rounds // len(around))
    cost = best = 0
    was = _was(_open(seating))
    for number in range(rounds):
        cost += _round(builder, random.choice(around), heat * (rounds - number) / rounds)
        if cost < best:
            best, was = cost, _was(_open(seating))
    if cost > best:
        _put_back(seating, _open(seating), was)


def _round(builder: Builder, around: int, heat: float) -> int:
    """Close the groups around somebody and build anew; what that costs more, 0 when it was put back."""
    seating, random = builder.seating, builder.random
    closed = _nearest(seating, around)[: random.randint(1, CLOSED)]
    free = _free(seating, around)
    before = _cost(seating, closed, free)
    was = _was(closed)
    for _, _, members in was:
        free.extend(members)
    for group in closed:
        seating.close(group)
    random.shuffle(free)
    opened = builder.build(free, loosely=True)
    for candidate in free:
        if candidate in seating.free:
            insert(seating, candidate, [group for group in opened if seating.fits(candidate, group)])
    more = _cost(seating, opened, free) - before
    if more > 0 and (not heat or random.random() > math.exp(-more / heat)):
        _put_back(seating, opened, was)
        return 0
    return more


def _cost(seating: Seating, groups: Iterable[Group], candidates: Iterable[int]) -> int:
    """What these groups cost, and those of these candidates who have no place."""
    without = (seating.without(candidate) for candidate in candidates if candidate in seating.free)
    return sum(map(seating.cost, groups)) + sum(without)


def _nearest(seating: Seating, around: int) -> list[Group]:
    """The groups that may be closed of somebody's level, their own first, then by what they would cost its first member."""
    level, group_of = seating.candidates[around].level, seating.group_of[around]
    found = []
    for group in seating.groups.values():
        if group.level == level and not group.kept:
            near = 0 if group is group_of else seating.closeness.cost(around, next(iter(group.members)))
            if near < CONFLICT:
                found.append((near, group.seat, group))
    return [group for *_, group in sorted(found, key=lambda each: each[:2])]


def _free(seating: Seating, around: int) -> list[int]:
    """Those without a place who could be in one group with somebody, the nearest, and themselves."""
    candidates, cost = seating.candidates, seating.closeness.cost
    level = candidates[around].level
    near = (
        (0 if each == around else cost(around, each), each)
        for each in seating.free
        if candidates[each].level == level
    )
    return [each for how, each in sorted(near)[:NEAREST] if how < CONFLICT]


def _open(seating: Seating) -> list[Group]:
    """The groups that may be closed."""
    return [group for group in seating.groups.values() if not group.kept]


def _was(groups: Iterable[Group]) -> _Was:
    return [(group.seat, group.level, tuple(group.members)) for group in groups]


def _put_back(seating: Seating, groups: Iterable[Group], was: _Was) -> None:
    """Close these groups and open those that were."""
    for group in groups:
        seating.close(group)
    for seat, level, members in was:
        group = seating.open(seat, level)
        for member in members:
            seating.join(member, group)
