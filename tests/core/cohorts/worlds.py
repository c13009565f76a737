"""Small groups of firms and coaches, where everything that can keep two apart happens often; and the rules, read anew.

The rules here are written apart from core/cohorts, so that a mistake there is not believed here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from hypothesis import strategies as st

from core.cohorts import Candidate, Coach, Cohort, Options, Proposal, Standing, Weights
from core.positions import position
from schemas.firm import Level

CLERMONT, ISSOIRE, AURILLAC, LYON, LE_PUY = "63113", "63178", "15014", "69381", "43157"
DEPARTMENTS: Final = {CLERMONT: "63", ISSOIRE: "63", AURILLAC: "15", LYON: "69", LE_PUY: "43"}
SLOTS: Final = ("mon-morning", "tue-evening", "sat-morning")
TRADES: Final = ("56.10A", "56.10C", "47.11B", "43.21A", "62.01Z", "62.02A", "96.02A", "81.21Z", None)


@st.composite
def candidates(draw: st.DrawFn, most: int = 24) -> list[Candidate]:
    """As many as there may be as often as none, in a few communes: most of them can be together."""
    count = draw(st.integers(0, most))
    communes = draw(st.lists(st.sampled_from([*DEPARTMENTS, None]), min_size=1, max_size=3))
    numbers = draw(st.permutations(range(1, most + 1)))[:count]
    return [draw(candidate(number, communes)) for number in numbers]


@st.composite
def candidate(
    draw: st.DrawFn, number: int, communes: Sequence[str | None] = (CLERMONT, ISSOIRE, AURILLAC, LYON, None)
) -> Candidate:
    commune = draw(st.sampled_from(communes))
    level: Level | None = "beginner"
    availability = draw(st.frozensets(st.sampled_from(SLOTS), min_size=1))
    department = DEPARTMENTS[commune] if commune else draw(st.sampled_from(("63", "15")))
    unusual = draw(st.integers(0, 19))
    if unusual == 0:
        level = None
    elif unusual <= 4:
        level = "advanced"
    return Candidate(
        id=number,
        name=f"Firm {number}",
        department=None if unusual == 5 else department,
        level=level,
        availability=frozenset() if unusual == 6 else availability,
        commune=commune,
        naf=draw(st.sampled_from(TRADES)),
    )


@st.composite
def coaches(draw: st.DrawFn, most: int = 4) -> list[Coach]:
    numbers = draw(st.permutations(range(1, most + 1)))[: draw(st.integers(0, most))]
    return [
        Coach(
            id=number,
            name=f"Coach {number}",
            departments=draw(st.frozensets(st.sampled_from(("63", "15", "69", "43")), min_size=2)),
            slots=draw(st.frozensets(st.sampled_from(SLOTS), min_size=1)),
            cohorts=draw(st.integers(0, 3)),
        )
        for number in numbers
    ]


@st.composite
def options(draw: st.DrawFn) -> Options:
    minimum = draw(st.integers(2, 4))
    ideal = draw(st.integers(minimum, 5))
    weights = Weights(left_over=draw(st.sampled_from((1000, 10))), moved=draw(st.sampled_from((0, 50))))
    return Options(
        minimum=minimum,
        ideal=ideal,
        maximum=draw(st.integers(ideal, 6)),
        reach=draw(st.sampled_from((20, 40, 200))),
        stay=draw(st.booleans()),
        rounds=draw(st.sampled_from((0, 4, 15))),
        seed=draw(st.integers(0, 3)),
        weights=weights,
    )


@st.composite
def standing(draw: st.DrawFn, waiting: Sequence[Candidate], available: Sequence[Coach]) -> list[Standing]:
    """Any cohorts, also such as no rule allows; members and coaches may be gone, but where somebody is locked in."""
    seats = [(coach.id, slot) for coach in available for slot in SLOTS] + [(999, SLOTS[0])]
    members = [each.id for each in waiting] + [20_000, 20_001]
    found = []
    for coach, slot in draw(st.lists(st.sampled_from(seats), unique=True, max_size=3)):
        some = draw(st.lists(st.sampled_from(members), unique=True, max_size=9))
        members = [each for each in members if each not in some]
        may_lock = [each for each in some if each < 20_000] if coach != 999 else []
        locked = draw(st.frozensets(st.sampled_from(may_lock))) if may_lock else frozenset()
        level: Level = draw(st.sampled_from(("beginner", "beginner", "advanced")))
        found.append(Standing(coach=coach, slot=slot, level=level, members=tuple(some), locked=locked))
        if not members:
            break
    return found


def standing_of(proposal: Proposal) -> list[Standing]:
    """The cohorts of a proposal that was approved."""
    return [
        Standing(
            coach=each.coach,
            slot=each.slot,
            level=each.level,
            members=tuple(member.id for member in each.members),
        )
        for each in proposal.cohorts
    ]


def broken(
    proposal: Proposal,
    waiting: Sequence[Candidate],
    available: Sequence[Coach],
    chosen: Options,
    locked: frozenset[int] = frozenset(),
) -> list[str]:
    """Every hard rule that a proposal breaks, but for members who are locked in."""
    people = {each.id: each for each in waiting}
    found = [
        problem
        for each in proposal.cohorts
        for problem in _in_cohort(each, people, available, chosen, locked)
    ]
    for coach in available:
        own = [each for each in proposal.cohorts if each.coach == coach.id]
        free = [each for each in own if not _ids(each) & locked]
        if free and len(own) > coach.cohorts:
            found.append(f"{coach.name} has {len(own)} cohorts")
    seats = Counter((each.coach, each.slot) for each in proposal.cohorts)
    return found + [f"{seat} is taken twice" for seat, times in seats.items() if times > 1]


def _in_cohort(
    cohort: Cohort,
    people: dict[int, Candidate],
    available: Sequence[Coach],
    chosen: Options,
    locked: frozenset[int],
) -> list[str]:
    [coach] = [each for each in available if each.id == cohort.coach]
    members = [people[each] for each in _ids(cohort)]
    lockedin = _ids(cohort) & locked
    found = []
    if not lockedin and not chosen.minimum <= len(members) <= chosen.maximum:
        found.append(f"{len(members)} members")
    if len(members) > max(chosen.maximum, len(lockedin)):
        found.append(f"{len(members)} members beside those locked in")
    if not lockedin and cohort.slot not in coach.slots:
        found.append("the coach is not free")
    for member in (each for each in members if each.id not in locked):
        if member.level != cohort.level:
            found.append(f"{member.name} is {member.level}")
        if cohort.slot not in member.availability:
            found.append(f"{member.name} is not free")
        if member.department not in coach.departments:
            found.append(f"{coach.name} does not work in {member.department}")
    for one, other in combinations(members, 2):
        if not {one.id, other.id} <= locked and (problem := _between(one, other, chosen)):
            found.append(f"{one.name} and {other.name} {problem}")
    return found


def _between(one: Candidate, other: Candidate, chosen: Options) -> str | None:
    here = one.commune and position(one.commune)
    there = other.commune and position(other.commune)
    if not here or not there:
        if one.department != other.department:
            return "are of two departments, and where is not known"
    elif _haversine(here, there) > chosen.reach + 0.01:
        return f"are {_haversine(here, there):.0f} km apart"
    same = one.naf and other.naf and one.naf[:5] == other.naf[:5]
    return "compete" if same and one.commune and one.commune == other.commune else None


def _haversine(here: tuple[float, float], there: tuple[float, float]) -> float:
    one, other = math.radians(here[0]), math.radians(there[0])
    across = math.radians(there[1] - here[1])
    half = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(across / 2) ** 2
    return 2 * 6371.009 * math.asin(math.sqrt(half))


def _ids(cohort: Cohort) -> frozenset[int]:
    return frozenset(member.id for member in cohort.members)
