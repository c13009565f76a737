"""Groups of those who have no place yet: each around one of them, at the slot and with the coach that suit best.

Belongs here: which group is built around whom. Does not: what it costs (seating.py), or building anew (renewing.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

import msgspec

from core.cohorts.closeness import CONFLICT, group_cost
from core.cohorts.seating import Group, Seat, Seating

NEAREST: Final = 40  # candidates that the members of one group are chosen among
_PASSED: Final = 0.1  # share of candidates and coaches that a loose choice passes over


class Choice(msgspec.Struct, frozen=True, order=True):
    """A group that could be opened. ``cost`` counts what its members would cost without a place; less is better."""

    cost: int
    load: int
    seat: Seat
    members: tuple[int, ...]


class Builder:
    """Opens groups. Loosely: with chance in each choice, so that building again finds something else."""

    def __init__(self, seating: Seating, random: Random) -> None:
        self.seating = seating
        self.random = random

    def build(self, seeds: Sequence[int], *, loosely: bool = False) -> list[Group]:
        """Open groups of these candidates, around one after the other as long as a group is possible."""
        seating = self.seating
        pool = set(seeds)
        opened = []
        for seed in seeds:
            choice = self._best(seed, pool, loosely=loosely) if seed in pool else None
            if choice is None:
                continue
            group = seating.open(choice.seat, seating.candidates[seed].level)
            for member in choice.members:
                seating.join(member, group)
            pool.difference_update(choice.members)
            opened.append(group)
        return opened

    def insert(self, candidates: Sequence[int]) -> None:
        """Place each in the existing group that suits best, when there is one."""
        for candidate in candidates:
            insert(self.seating, candidate, self.seating.groups_for(candidate))

    def hardest_first(self) -> list[int]:
        """Those without a place, who has the fewest to be with first."""
        seating = self.seating
        company = Counter(
            (who.level, who.department, slot)
            for who in map(seating.candidates.__getitem__, seating.free)
            for slot in who.availability
        )

        def ease(candidate: int) -> int:
            who = seating.candidates[candidate]
            return sum(
                company[who.level, who.department, slot]
                for slot in who.availability
                if any(True for _ in seating.coaches_at(candidate, slot))
            )

        return sorted(seating.free, key=lambda candidate: (ease(candidate), candidate))

    def _best(self, seed: int, pool: set[int], *, loosely: bool) -> Choice | None:
        others = self._company(seed, pool)
        if len(others) + 1 < self.seating.options.minimum:
            return None
        choices = (self._choice(seed, seat, others, loosely=loosely) for seat in self._seats(seed))
        return min((choice for choice in choices if choice is not None), default=None)

    def _company(self, seed: int, pool: set[int]) -> list[tuple[int, int]]:
        """Who of the pool may be in one group with a candidate, the nearest first, each with their cost."""
        candidates, cost = self.seating.candidates, self.seating.closeness.cost
        level = candidates[seed].level
        found = (
            (cost(seed, other), other) for other in pool if other != seed and candidates[other].level == level
        )
        return sorted(pair for pair in found if pair[0] < CONFLICT)

    def _seats(self, seed: int) -> Iterator[Seat]:
        """Where a group around a candidate could be opened; of coaches of the same departments, the least loaded."""
        seating = self.seating
        for slot in sorted(seating.candidates[seed].availability):
            least: dict[frozenset[str], int] = {}
            for coach in seating.coaches_at(seed, slot):
                departments = seating.coaches[coach].departments
                if departments not in least or seating.load(coach) < seating.load(least[departments]):
                    least[departments] = coach
                if seating.home[seed] == (coach, slot):
                    yield coach, slot
            yield from ((coach, slot) for coach in least.values())

    def _choice(
        self, seed: int, seat: Seat, others: list[tuple[int, int]], *, loosely: bool
    ) -> Choice | None:
        """The group that would be built around a candidate at this seat."""
        seating, options = self.seating, self.seating.options
        coach, slot = seat
        if loosely and self.random.random() < _PASSED:
            return None
        departments = seating.coaches[coach].departments
        near = [
            pair
            for pair in others
            if slot in (who := seating.candidates[pair[1]]).availability and who.department in departments
        ]
        size = options.ideal
        if loosely:
            near = [pair for pair in near if self.random.random() > _PASSED]
            size = self.random.choice((size, self.random.randint(options.minimum, size)))
        members, pairs = self._grown(seed, near[:NEAREST], size)
        if len(members) < options.minimum:
            return None
        cost = group_cost(pairs, len(members), options)
        cost += sum(seating.moving(member, seat) - seating.without(member) for member in members)
        return Choice(cost, seating.load(coach), seat, tuple(members))

    def _grown(self, seed: int, near: list[tuple[int, int]], size: int) -> tuple[list[int], int]:
        """A group of at most ``size``, each time with whom it costs least, and what its pairs cost."""
        cost = self.seating.closeness.cost
        members, pairs = [seed], 0
        waiting = {candidate: first for first, candidate in near}
        while waiting and len(members) < size:
            nearest = min(waiting, key=lambda candidate: (waiting[candidate], candidate))
            pairs += waiting.pop(nearest)
            members.append(nearest)
            costs = ((candidate, sum_ + cost(nearest, candidate)) for candidate, sum_ in waiting.items())
            waiting = {candidate: sum_ for candidate, sum_ in costs if sum_ < CONFLICT}
        return members, pairs


def insert(seating: Seating, candidate: int, groups: Iterator[Group] | Sequence[Group]) -> bool:
    """Place somebody in the group of these that suits best; whether there was one. Level, slot and coach are not looked at."""
    found = ((seating.joining(candidate, group), group.seat, group) for group in groups)
    joining = min((each for each in found if each[0] is not None), key=lambda each: each[:2], default=None)
    if joining is None or joining[0] is None or joining[0] >= seating.without(candidate):
        return False
    seating.join(candidate, joining[2])
    return True
