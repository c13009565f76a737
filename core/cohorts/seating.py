"""Which candidate sits in which group while a proposal is being made, and what that costs.

Belongs here: the state and its single steps (open, join, leave, close), each with what it would cost. Does not: which steps are
taken (forming.py), or how the end reads (reasons.py).

Candidates and coaches are their places in sequences that are sorted by id, so nothing depends on the order they came in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from core.cohorts.closeness import CONFLICT, Closeness, group_cost
from core.cohorts.people import Candidate, Coach, Options, Standing
from schemas.firm import Level

Seat = tuple[int, str]  # a coach and a slot: what names a group


class Group:
    """Members at a coach's slot, each with what their pairs cost; ``pairs`` is that of all. A broken rule costs nothing here.

    ``kept`` members are not moved: ``locked`` ones whatever the rules say, the others because they may stay.
    """

    __slots__ = ("coach", "kept", "level", "locked", "members", "pairs", "slot")

    def __init__(self, seat: Seat, level: Level) -> None:
        self.coach, self.slot = seat
        self.level = level
        self.members: dict[int, int] = {}
        self.kept: set[int] = set()
        self.locked: set[int] = set()
        self.pairs = 0

    @property
    def seat(self) -> Seat:
        """What names it."""
        return self.coach, self.slot


class Seating:
    """Everybody's place: in a group, or none.

    ``home`` is the seat of the standing cohort that somebody comes from. ``free`` are those without a place who could have one.
    """

    def __init__(self, candidates: Sequence[Candidate], coaches: Sequence[Coach], options: Options) -> None:
        self.candidates = candidates
        self.coaches = coaches
        self.options = options
        self.closeness = Closeness(candidates, options)
        self.left_over = 1000 * options.weights.left_over
        self.home: list[Seat | None] = [None] * len(candidates)
        self.groups: dict[Seat, Group] = {}
        self.group_of: list[Group | None] = [None] * len(candidates)
        self.free = {place for place, who in enumerate(candidates) if _is_known(who)}
        self._moved = 0 if options.stay else 1000 * options.weights.moved
        self._at: defaultdict[tuple[Level | None, str], dict[Seat, Group]] = defaultdict(dict)
        self._load = [0] * len(coaches)
        self._coaches_at = _coaches_at(coaches)

    # Who could be where

    def coaches_at(self, candidate: int, slot: str) -> Iterator[int]:
        """Coaches of a candidate's department who could take one more group, at this slot."""
        for coach in self._coaches_at.get((self.candidates[candidate].department, slot), ()):
            if self.is_open((coach, slot)):
                yield coach

    def is_open(self, seat: Seat) -> bool:
        """Whether a group could be opened there."""
        coach = self.coaches[seat[0]]
        return seat[1] in coach.slots and self._load[seat[0]] < coach.cohorts and seat not in self.groups

    def load(self, coach: int) -> int:
        """How many groups a coach has."""
        return self._load[coach]

    def groups_for(self, candidate: int) -> Iterator[Group]:
        """Groups of a candidate's level, at a slot of theirs, with a coach of their department."""
        who = self.candidates[candidate]
        for slot in sorted(who.availability):
            for group in self._at[who.level, slot].values():
                if who.department in self.coaches[group.coach].departments:
                    yield group

    def fits(self, candidate: int, group: Group) -> bool:
        """Whether a candidate may be in a group, as far as level, slot and coach go."""
        who = self.candidates[candidate]
        return (
            who.level == group.level
            and group.slot in who.availability
            and who.department in self.coaches[group.coach].departments
        )

    # What it costs

    def pairs(self, candidate: int, members: Iterable[int]) -> int:
        """What a candidate's pairs with these others cost; CONFLICT or more when they may not be in one group."""
        cost = self.closeness.cost
        total = 0
        for member in members:
            total += cost(candidate, member)
            if total >= CONFLICT:
                break
        return total

    def cost(self, group: Group) -> int:
        """What a group costs, with those of its members who come from another."""
        moved = sum(self.moving(member, group.seat) for member in group.members)
        return group_cost(group.pairs, len(group.members), self.options) + moved

    def without(self, candidate: int) -> int:
        """What it costs that a candidate has no place."""
        return self.left_over + self.moving(candidate, None)

    def total(self) -> int:
        """What everything costs."""
        return sum(map(self.cost, self.groups.values())) + sum(map(self.without, self.free))

    def moving(self, candidate: int, seat: Seat | None) -> int:
        """What it costs that a candidate is there, and not in the cohort they come from."""
        return self._moved if self.home[candidate] not in {None, seat} else 0

    def joining(self, candidate: int, group: Group) -> int | None:
        """What it costs more that somebody without a place joins a group; None when it has none for them."""
        if len(group.members) >= self.options.maximum:
            return None
        pairs = self.pairs(candidate, group.members)
        return None if pairs >= CONFLICT else self.more(candidate, group, pairs)

    def more(self, candidate: int, group: Group, pairs: int) -> int:
        """What a group costs more with one more, whose pairs with its members cost ``pairs``."""
        size = len(group.members)
        before = group_cost(group.pairs, size, self.options)
        after = group_cost(group.pairs + pairs, size + 1, self.options)
        return after - before + self.moving(candidate, group.seat)

    # Steps

    def open(self, seat: Seat, level: Level | None) -> Group:
        """An empty group."""
        assert level is not None
        group = Group(seat, level)
        self.groups[seat] = self._at[level, group.slot][seat] = group
        self._load[group.coach] += 1
        return group

    def close(self, group: Group) -> None:
        """No such group; its members have no place."""
        for member in list(group.members):
            self.leave(member)
        del self.groups[group.seat], self._at[group.level, group.slot][group.seat]
        self._load[group.coach] -= 1

    def join(self, candidate: int, group: Group) -> None:
        """One member more."""
        members, cost = group.members, self.closeness.cost
        own = 0
        for member in members:
            each = cost(candidate, member)
            if each < CONFLICT:  # else a person locked somebody in
                members[member] += each
                own += each
        members[candidate] = own
        group.pairs += own
        self.group_of[candidate] = group
        self.free.discard(candidate)

    def leave(self, candidate: int) -> None:
        """One member less."""
        group = self.group_of[candidate]
        assert group is not None
        members, cost = group.members, self.closeness.cost
        group.pairs -= members.pop(candidate)
        for member in members:
            each = cost(candidate, member)
            if each < CONFLICT:
                members[member] -= each
        group.kept.discard(candidate)
        self.group_of[candidate] = None
        self.free.add(candidate)


def seated(
    candidates: Sequence[Candidate], coaches: Sequence[Coach], standing: Sequence[Standing], options: Options
) -> Seating:
    """The standing cohorts as they are: with their locked members, and with the others who may still be there."""
    seating = Seating(candidates, coaches, options)
    candidate_at = {candidate.id: place for place, candidate in enumerate(candidates)}
    coach_at = {coach.id: place for place, coach in enumerate(coaches)}
    for each in sorted(standing, key=lambda one: (not one.locked, one.coach, one.slot)):
        if each.coach not in coach_at:
            continue
        seat = coach_at[each.coach], each.slot
        members = sorted(candidate_at[member] for member in each.members if member in candidate_at)
        for member in members:
            seating.home[member] = seat
        if each.locked or seating.is_open(seat):
            _seat(
                seating, seating.open(seat, each.level), members, {candidate_at[one] for one in each.locked}
            )
    return seating


def _seat(seating: Seating, group: Group, members: list[int], locked: set[int]) -> None:
    for member in sorted(locked):
        seating.join(member, group)
    group.locked |= locked
    group.kept |= locked
    for member in members:
        if (
            member not in locked
            and seating.fits(member, group)
            and seating.joining(member, group) is not None
        ):
            seating.join(member, group)
            if seating.options.stay:
                group.kept.add(member)


def _is_known(who: Candidate) -> bool:
    return who.level is not None and who.department is not None and bool(who.availability)


def _coaches_at(coaches: Sequence[Coach]) -> dict[tuple[str | None, str], list[int]]:
    """Coaches by department and slot, those who can do least elsewhere first."""
    found: defaultdict[tuple[str | None, str], list[int]] = defaultdict(list)
    for place in sorted(range(len(coaches)), key=lambda one: (len(coaches[one].departments), one)):
        for department in coaches[place].departments:
            for slot in coaches[place].slots:
                found[department, slot].append(place)
    return dict(found)
