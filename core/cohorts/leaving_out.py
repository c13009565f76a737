"""Why somebody has no cohort, in words that say what would change it.

Belongs here: the first reason that holds, from what nothing can be done about to what a larger group or another coach would mend.
Does not: why members are together (reasons.py).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from core.cohorts.closeness import CONFLICT, trade
from core.cohorts.people import Candidate
from core.cohorts.seating import Group, Seat, Seating


class LeavingOut:
    """The reasons of one proposal."""

    def __init__(self, seating: Seating) -> None:
        self.seating = seating
        self._alike: defaultdict[tuple[str | None, str], list[int]] = defaultdict(list)
        for candidate, who in enumerate(seating.candidates):
            for slot in who.availability:
                self._alike[who.level, slot].append(candidate)

    def why(self, candidate: int) -> str:
        """Why somebody without a place has none."""
        who = self.seating.candidates[candidate]
        return _unknown(who) or self._no_coach(who) or self._no_company(candidate) or self._no_room(candidate)

    def _no_coach(self, who: Candidate) -> str | None:
        coaches = [coach for coach in self.seating.coaches if who.department in coach.departments]
        if not coaches:
            return f"no coach works in {who.department}"
        if not any(coach.slots & who.availability for coach in coaches):
            return f"no common slot with any coach in {who.department}; free: {_listed(who.availability)}"
        return None

    def _no_company(self, candidate: int) -> str | None:
        most = max((len(self._company(candidate, seat)) for seat in self._seats(candidate)), default=0)
        if most + 1 >= self.seating.options.minimum:
            return None
        who, options = self.seating.candidates[candidate], self.seating.options
        return (
            f"too few {who.level} firms could meet with it: {most} at the best slot that a coach has, "
            f"within {options.reach} km and not competing; a cohort has {options.minimum} at least"
        )

    def _no_room(self, candidate: int) -> str:
        reasons = [*self._groups(candidate), self._no_new_group(candidate)]
        return "; ".join(reasons)

    def _groups(self, candidate: int) -> Iterator[str]:
        """Why none of the groups at their level, slots and department takes them."""
        found = Counter(self._obstacle(candidate, group) for group in self.seating.groups_for(candidate))
        if found:
            told = ", ".join(f"{times} {obstacle}" for obstacle, times in sorted(found.items()))
            yield f"cohorts that suit: {told}"

    def _obstacle(self, candidate: int, group: Group) -> str:
        seating = self.seating
        own = trade(seating.candidates[candidate])
        if own is not None and any(trade(seating.candidates[member]) == own for member in group.members):
            return "with a direct competitor"
        if seating.pairs(candidate, group.members) >= CONFLICT:
            return f"with somebody farther than {seating.options.reach} km, or whose place is not known"
        return "full"

    def _no_new_group(self, candidate: int) -> str:
        """Why no new group is opened for them."""
        seating, department = self.seating, self.seating.candidates[candidate].department
        seats = [seat for seat in self._seats(candidate) if seating.is_open(seat)]
        if not seats:
            return f"every coach with a common slot in {department} has as many cohorts as they take, or one at that slot"
        most = max(sum(other in seating.free for other in self._company(candidate, seat)) for seat in seats)
        if most + 1 < seating.options.minimum:
            return f"left to meet with it in a new cohort: {most}; it takes {seating.options.minimum - 1}"
        return "those left to meet with it in a new cohort live too far from each other, or compete"

    def _seats(self, candidate: int) -> list[Seat]:
        """Coaches of their department at their slots."""
        who = self.seating.candidates[candidate]
        return [
            (place, slot)
            for place, coach in enumerate(self.seating.coaches)
            if who.department in coach.departments
            for slot in sorted(coach.slots & who.availability)
        ]

    def _company(self, candidate: int, seat: Seat) -> list[int]:
        """Who else could be in a group with somebody at a coach's slot."""
        seating = self.seating
        departments = seating.coaches[seat[0]].departments
        return [
            other
            for other in self._alike[seating.candidates[candidate].level, seat[1]]
            if other != candidate
            and seating.candidates[other].department in departments
            and seating.closeness.cost(candidate, other) < CONFLICT
        ]


def _unknown(who: Candidate) -> str | None:
    lacking = [
        what
        for what, known in (
            ("level", who.level),
            ("department", who.department),
            ("free time", who.availability),
        )
        if not known
    ]
    return f"not known: {', '.join(lacking)}" if lacking else None


def _listed(slots: frozenset[str]) -> str:
    return ", ".join(sorted(slots))
