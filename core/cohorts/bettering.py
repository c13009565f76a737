"""One member to another group, or two in each other's place, wherever that costs less.

Belongs here: the best such step of each candidate, until there is none. Does not: opening and closing groups (renewing.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from core.cohorts.building import insert
from core.cohorts.closeness import CONFLICT, group_cost
from core.cohorts.seating import Group, Seat, Seating


class Step(msgspec.Struct, frozen=True, order=True):
    """To a group, in exchange for one of its members or for nobody (-1). ``gain`` is below 0."""

    gain: int
    seat: Seat
    other: int = -1


def better(seating: Seating, candidates: Sequence[int]) -> int:
    """Take the best step of each candidate, in this order; how many there were."""
    return sum(_better(seating, candidate) for candidate in candidates)


def _better(seating: Seating, candidate: int) -> bool:
    group = seating.group_of[candidate]
    if group is None:
        return insert(seating, candidate, seating.groups_for(candidate)) or _make_room(seating, candidate)
    if candidate in group.kept:
        return False
    best = min(_steps(seating, candidate, group), default=None)
    if best is None:
        return False
    seating.leave(candidate)
    if best.other >= 0:
        seating.leave(best.other)
        seating.join(best.other, group)
    seating.join(candidate, seating.groups[best.seat])
    return True


def _make_room(seating: Seating, candidate: int) -> bool:
    """A place in a full group, whose member finds one in another."""
    for group in seating.groups_for(candidate):
        for member in group.members:
            if member in group.kept:
                continue
            rest = [each for each in group.members if each != member]
            if seating.pairs(candidate, rest) >= CONFLICT:
                continue
            for other in seating.groups_for(member):
                if other is not group and seating.joining(member, other) is not None:
                    seating.leave(member)
                    seating.join(member, other)
                    seating.join(candidate, group)
                    return True
    return False


def _steps(seating: Seating, candidate: int, group: Group) -> Iterator[Step]:
    """The steps of a member that cost less than staying."""
    options, size = seating.options, len(group.members)
    share = group.members[candidate]
    now = group_cost(group.pairs, size, options) + seating.moving(candidate, group.seat)
    leaving = group_cost(group.pairs - share, size - 1, options) - now
    rest = [each for each in group.members if each != candidate]
    may_leave = size > options.minimum or bool(group.locked)
    for other in seating.groups_for(candidate):
        if other is group:
            continue
        if may_leave and (joining := seating.joining(candidate, other)) is not None and leaving + joining < 0:
            yield Step(leaving + joining, other.seat)
        yield from _exchanges(seating, candidate, group, other, rest, group.pairs - share, now)


def _exchanges(
    seating: Seating, candidate: int, group: Group, other: Group, rest: list[int], pairs: int, now: int
) -> Iterator[Step]:
    """The exchanges with members of ``other`` that cost less; ``rest`` is the candidate's group without them."""
    options, cost = seating.options, seating.closeness.cost
    costs = [cost(candidate, member) for member in other.members]
    total = sum(costs)
    there = group_cost(other.pairs, len(other.members), options)
    moving = seating.moving(candidate, other.seat)
    for (member, share), own in zip(other.members.items(), costs, strict=True):
        if total - own >= CONFLICT or member in other.kept or not seating.fits(member, group):
            continue
        theirs = seating.pairs(member, rest)
        if theirs >= CONFLICT:
            continue
        gain = (
            group_cost(pairs + theirs, len(group.members), options)
            + group_cost(other.pairs - share + total - own, len(other.members), options)
            + moving
            + seating.moving(member, group.seat)
            - seating.moving(member, other.seat)
            - now
            - there
        )
        if gain < 0:
            yield Step(gain, other.seat, member)
