"""One member to another group, or two in each other's place, wherever that costs less.

Belongs here: the best such step of each candidate. Does not: opening and closing groups (building.py, renewing.py).
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
        return insert(seating, candidate, seating.groups_for(candidate))
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


def _steps(seating: Seating, candidate: int, group: Group) -> Iterator[Step]:
    """The steps of a member that cost less than staying.

    Of two who exchange places one at least must come nearer to whom they are with. Only what brings this one nearer is looked at:
    the other's turn comes.
    """
    cost, size = seating.closeness.cost, len(group.members)
    share = group.members[candidate]
    rest = [member for member in group.members if member != candidate]
    leaving = _leaving(seating, candidate, group)
    for other in seating.groups_for(candidate):
        if other is group:
            continue
        costs = [cost(candidate, member) for member in other.members]
        total = sum(costs)
        if size > seating.options.minimum and total < CONFLICT and len(costs) < seating.options.maximum:
            gain = leaving + seating.more(candidate, other, total)
            if gain < 0:
                yield Step(gain, other.seat)
        nearer = share * (len(costs) - 1) // len(rest)
        if total - max(costs) > nearer:
            continue
        for member, own in zip(other.members, costs, strict=True):
            if total - own <= nearer and member not in other.kept and seating.fits(member, group):
                gain = _exchange(seating, (candidate, group), (member, other), rest, total - own)
                if gain < 0:
                    yield Step(gain, other.seat, member)


def _leaving(seating: Seating, candidate: int, group: Group) -> int:
    """What a group costs more without one of its members, who has no place."""
    size = len(group.members)
    after = group_cost(group.pairs - group.members[candidate], size - 1, seating.options)
    before = group_cost(group.pairs, size, seating.options)
    return after - before - seating.moving(candidate, group.seat)


def _exchange(
    seating: Seating, one: tuple[int, Group], two: tuple[int, Group], rest: list[int], pairs: int
) -> int:
    """What it costs more that two members take each other's place; CONFLICT when they may not.

    ``rest`` are the first one's group without them, ``pairs`` what they cost with the rest of the other.
    """
    (candidate, group), (member, other) = one, two
    theirs = seating.pairs(member, rest)
    if theirs >= CONFLICT:
        return CONFLICT
    options = seating.options
    change = 0
    for changed, less, more in (
        (group, group.members[candidate], theirs),
        (other, other.members[member], pairs),
    ):
        size = len(changed.members)
        change += group_cost(changed.pairs - less + more, size, options) - group_cost(
            changed.pairs, size, options
        )
    moving = seating.moving
    moved = moving(candidate, other.seat) + moving(member, group.seat)
    return change + moved - moving(candidate, group.seat) - moving(member, other.seat)
