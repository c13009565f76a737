"""A proposal of cohorts, as a value that a person reads and approves.

Belongs here: the value and how it reads. Does not: how it is found (forming.py), or the words that explain it (reasons.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from core.markdown import cell
from schemas.firm import Level


class Member(msgspec.Struct, frozen=True):
    """Somebody in a cohort, and why there. ``moved``: they were in another one."""

    id: int
    name: str
    why: str
    moved: bool = False


class Cohort(msgspec.Struct, frozen=True, kw_only=True):
    """A group for a coach at a slot, and why together. ``department`` is that of most of its members.

    ``farthest``: kilometres between the two members who are farthest from each other, of those whose places are known.
    """

    coach: int
    coach_name: str
    slot: str
    level: Level
    department: str
    members: tuple[Member, ...]
    farthest: int | None
    why: str


class LeftOver(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody without a cohort, and why."""

    id: int
    name: str
    department: str | None
    level: Level | None
    why: str


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal costs, in kilometres, by what for. Less is better."""

    left_over: int
    size: int
    distance: int
    sector: int
    moved: int

    @property
    def total(self) -> int:
        """All of it."""
        return sum(cost for _, cost in self.parts())

    def parts(self) -> Iterator[tuple[str, int]]:
        """Each part with what a person calls it."""
        yield "firms left over", self.left_over
        yield "cohorts off the ideal size", self.size
        yield "distance between members", self.distance
        yield "members of one sector", self.sector
        yield "members moved", self.moved


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Every candidate once: in a cohort, or left over."""

    cohorts: tuple[Cohort, ...]
    left_over: tuple[LeftOver, ...]
    score: Score

    @property
    def placed(self) -> int:
        """How many candidates have a place."""
        return sum(len(cohort.members) for cohort in self.cohorts)

    @property
    def moved(self) -> int:
        """How many come from another cohort."""
        return sum(member.moved for cohort in self.cohorts for member in cohort.members)

    def lines(self) -> Iterator[str]:
        """The proposal as a person reads it in a terminal."""
        yield self._summary()
        for number, cohort in enumerate(self.cohorts, 1):
            yield f"{number}. {_title(cohort)}: {cohort.why}"
            yield from (f"   {member.name} ({member.id}): {member.why}" for member in cohort.members)
        if self.left_over:
            yield "left over:"
            yield from (f"   {each.name} ({each.id}): {each.why}" for each in self.left_over)
        yield "cost in km: " + ", ".join(f"{what} {cost}" for what, cost in self.score.parts())

    def markdown(self, most: int = 40) -> str:
        """The proposal as Markdown, with at most so many cohorts and so many left over in full."""
        parts = [f"{cell(self._summary())}\n", self._cohorts(), self._costs()]
        for number, cohort in enumerate(self.cohorts[:most], 1):
            rows = "".join(
                f"| {cell(each.name)} | {each.id} | {cell(each.why)} |\n" for each in cohort.members
            )
            parts.append(
                f"### {number}. {cell(_title(cohort))}\n\n{cell(cohort.why)}\n\n| firm | number | why here |\n|---|---:|---|\n{rows}"
            )
        if self.left_over:
            rows = "".join(
                f"| {cell(each.name)} | {each.id} | {cell(each.department or '')} | {each.level or ''} | {cell(each.why)} |\n"
                for each in self.left_over[:most]
            )
            more = len(self.left_over) - most
            rest = f"\n… and {more} more\n" if more > 0 else ""
            parts.append(
                f"### Left over\n\n| firm | number | department | level | why |\n|---|---:|---|---|---|\n{rows}{rest}"
            )
        return "\n".join(parts)

    def _summary(self) -> str:
        total = self.placed + len(self.left_over)
        moved = f", {self.moved} of them from another cohort" if self.moved else ""
        cohorts = f"{len(self.cohorts)} cohort{'' if len(self.cohorts) == 1 else 's'}"
        return f"{self.placed} of {total} in {cohorts}{moved}; {len(self.left_over)} left over"

    def _cohorts(self) -> str:
        rows = "".join(
            f"| {number} | {cell(each.coach_name)} | {cell(each.slot)} | {each.level} | {cell(each.department)} "
            f"| {len(each.members)} | {'' if each.farthest is None else each.farthest} |\n"
            for number, each in enumerate(self.cohorts, 1)
        )
        head = "| cohort | coach | slot | level | department | firms | km apart at most |\n|---:|---|---|---|---|---:|---:|\n"
        return f"{head}{rows}"

    def _costs(self) -> str:
        rows = "".join(f"| {what} | {cost} |\n" for what, cost in self.score.parts())
        return f"| what it costs | km |\n|---|---:|\n{rows}| all | {self.score.total} |\n"


def _title(cohort: Cohort) -> str:
    return f"{cohort.coach_name}, {cohort.slot}, {cohort.level}, {cohort.department}"
