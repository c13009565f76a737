"""A seating told: cohorts and those left over, each with the reason in words, and what it costs.

Belongs here: why members are together, and what each part of the cost is. Does not: why somebody is left over (leaving_out.py).
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from core.cohorts.closeness import CONFLICT, sector
from core.cohorts.leaving_out import LeavingOut
from core.cohorts.proposal import Cohort, LeftOver, Member, Proposal, Score
from core.cohorts.seating import Group, Seating
from core.naf import SECTORS
from schemas.reference_tables import departments


def tell(seating: Seating) -> Proposal:
    """The proposal that a seating is, by department, level and coach."""
    cohorts = sorted(
        (_cohort(seating, group) for group in seating.groups.values() if group.members),
        key=lambda each: (each.department, each.level, each.coach, each.slot),
    )
    leaving_out = LeavingOut(seating)
    left_over = (
        LeftOver(
            id=who.id,
            name=who.name,
            department=who.department,
            level=who.level,
            why=leaving_out.why(candidate),
        )
        for candidate, who in enumerate(seating.candidates)
        if seating.group_of[candidate] is None
    )
    return Proposal(cohorts=tuple(cohorts), left_over=tuple(left_over), score=_score(seating))


def _cohort(seating: Seating, group: Group) -> Cohort:
    members = sorted(group.members)
    coach = seating.coaches[group.coach]
    farthest = max(filter(None, _distances(seating, members)), default=None)
    where = Counter(seating.candidates[member].department or "" for member in members)
    return Cohort(
        coach=coach.id,
        coach_name=coach.name,
        slot=group.slot,
        level=group.level,
        department=min(where, key=lambda each: (-where[each], each)),
        members=tuple(_member(seating, group, member) for member in members),
        farthest=None if farthest is None else round(farthest / 1000),
        why=_why_together(seating, group, sorted(where), farthest),
    )


def _why_together(seating: Seating, group: Group, where: list[str], farthest: int | None) -> str:
    """« 9 beginner firms of Puy-de-Dôme (63), at most 34 km apart, all free tue-evening when Anna is; 4 sectors… »."""
    members = group.members
    territory = ", ".join(f"{departments().get(code, 'department not known')} ({code})" for code in where)
    apart = "" if farthest is None else f", at most {round(farthest / 1000)} km apart"
    free = sum(group.slot in seating.candidates[member].availability for member in members)
    told = [
        f"{len(members)} {group.level} firms of {territory}{apart}",
        f"{'all' if free == len(members) else free} free {group.slot}, when {seating.coaches[group.coach].name} coaches",
        _sectors(Counter(sector(seating.candidates[member]) for member in members)),
        *_exceptions(seating, group),
    ]
    return "; ".join(told)


def _sectors(sectors: Counter[str | None]) -> str:
    known = [(each, times) for each, times in sectors.items() if each is not None]
    if not known:
        return "sectors not known"
    most, times = min(known, key=lambda each: (-each[1], each[0]))
    if times == 1:
        return f"{len(known)} sectors, one firm each"
    return f"{len(known)} sectors, at most {times} firms of one ({SECTORS.get(most, most)}), no direct competitors"


def _exceptions(seating: Seating, group: Group) -> list[str]:
    """What is not as the rules want it, because a person locked members in."""
    coach, size = seating.coaches[group.coach], len(group.members)
    found = {
        f"only {size}, kept for its locked members": size < seating.options.minimum,
        f"{size}, more than {seating.options.maximum}": size > seating.options.maximum,
        "the coach does not have this slot": group.slot not in coach.slots,
        f"the coach takes {coach.cohorts}": seating.load(group.coach) > coach.cohorts,
    }
    return [what for what, holds in found.items() if holds]


def _member(seating: Seating, group: Group, member: int) -> Member:
    who, home = seating.candidates[member], seating.home[member]
    moved = home not in {None, group.seat}
    told = [_distance_to(seating, group, member), _sector_among(seating, group, member)]
    if member in group.locked:
        told += ["locked here by a person", *_broken(seating, group, member)]
    elif home == group.seat:
        told.append("stays")
    elif home is not None:
        told.append(f"was with {seating.coaches[home[0]].name}, {home[1]}: {_why_moved(seating, member)}")
    return Member(who.id, who.name, "; ".join(filter(None, told)), moved)


def _why_moved(seating: Seating, member: int) -> str:
    home = seating.home[member]
    group = None if home is None else seating.groups.get(home)
    if group is None:
        return "that cohort is no more"
    if not seating.fits(member, group):
        return "level, free time or department no longer fit there"
    return "this costs less for all" if not seating.options.stay else "another has the place"


def _distance_to(seating: Seating, group: Group, member: int) -> str:
    """How far a member is from the others in the mean."""
    metres = [seating.closeness.metres(member, other) for other in group.members if other != member]
    known = [each for each in metres if each is not None]
    if not known:
        return "place not known" if metres else "alone"
    return f"{round(sum(known) / len(known) / 1000)} km from the others on average"


def _sector_among(seating: Seating, group: Group, member: int) -> str:
    own = sector(seating.candidates[member])
    if own is None:
        return "sector not known"
    same = sum(sector(seating.candidates[other]) == own for other in group.members)
    return f"{'the only one' if same == 1 else f'one of {same}'} in {SECTORS.get(own, own)}"


def _broken(seating: Seating, group: Group, member: int) -> list[str]:
    """What a locked member does not fulfil."""
    who = seating.candidates[member]
    found = {
        "although of another level": who.level != group.level,
        "although not free then": group.slot not in who.availability,
        "although the coach does not work there": who.department
        not in seating.coaches[group.coach].departments,
        "although too far from, or competing with, another": seating.pairs(
            member, (other for other in group.members if other != member)
        )
        >= CONFLICT,
    }
    return [what for what, holds in found.items() if holds]


def _distances(seating: Seating, members: list[int]) -> list[int | None]:
    return [seating.closeness.metres(one, other) for one, other in combinations(members, 2)]


def _score(seating: Seating) -> Score:
    """The parts of what the seating costs, each rounded to the kilometre."""
    options, weights = seating.options, seating.options.weights
    size = distance = same = 0.0
    for group in seating.groups.values():
        alike = (
            sum(_alike(seating, *pair) for pair in combinations(sorted(group.members), 2)) * weights.sector
        )
        share = 2 / max(1, len(group.members) - 1)
        size += weights.size * (len(group.members) - options.ideal) ** 2
        distance += share * (group.pairs / 1000 - alike)
        same += share * alike
    without = sum(group is None for group in seating.group_of)
    moved = sum(
        seating.moving(candidate, None if group is None else group.seat)
        for candidate, group in enumerate(seating.group_of)
    )
    return Score(
        left_over=without * weights.left_over,
        size=round(size),
        distance=round(distance),
        sector=round(same),
        moved=moved // 1000,
    )


def _alike(seating: Seating, one: int, other: int) -> bool:
    """Whether a pair's cost counts that both are of one sector."""
    own = sector(seating.candidates[one])
    counted = seating.closeness.cost(one, other) < CONFLICT
    return own is not None and own == sector(seating.candidates[other]) and counted
