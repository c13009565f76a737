"""What a digest tells, as it is read: facts by role.

Belongs here: frozen values, and what follows from one alone. Does not: reading them (connectors/region/digests), or words.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from core.progress import Progress
from core.service_levels import Level
from schemas.documents import Reason

ABSENT_TWICE: Final = 2
Target = Literal["firms", "jobs", "trainings"]


class _Awaited(msgspec.Struct, frozen=True):
    """What its reader waits for: that nothing is refused, or nothing was reached, is news, too."""

    @property
    def empty(self) -> bool:
        """Never."""
        return False


class Moved(msgspec.Struct, frozen=True):
    """Offers of one department (empty: not known) and kind: open now, and what came and went in the week."""

    department: str
    kind: Literal["job", "training"]
    open: int
    opened: int
    closed: int


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A session or a dialogue, by the clocks of its ``zone``. ``registered`` counts whoever has, or had, a place.

    ``unknown``: of how many it is not known whether they came. ``questions``: put to it and not answered yet. ``announced``: it has
    a page that everybody can open.
    """

    ref: str
    title: str
    starts_wall: dt.datetime
    zone: str
    place: str | None
    registered: int
    capacity: int
    present: int = 0
    absent: int = 0
    unknown: int = 0
    questions: int = 0
    announced: bool = True

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return max(0, self.capacity - self.registered)


class Asked(msgspec.Struct, frozen=True):
    """A public question that waits for its answer until ``due_at``."""

    ref: str
    body: str
    dialogue: str | None
    due_at: dt.datetime


class OfficialFacts(msgspec.Struct, frozen=True):
    """An official's week. ``departments`` is empty for who speaks for the whole Region."""

    departments: tuple[str, ...]
    offers: tuple[Moved, ...]
    past: tuple[Meeting, ...]
    coming: tuple[Meeting, ...]
    questions: tuple[Asked, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing happened, comes or waits."""
        moved = any(each.opened or each.closed for each in self.offers)
        return not (moved or self.past or self.coming or self.questions)


class Cohort(msgspec.Struct, frozen=True):
    """A coach's cohort: how many are in it, of how many that could be."""

    name: str
    members: int
    capacity: int

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return max(0, self.capacity - self.members)


class Attended(msgspec.Struct, frozen=True):
    """A member of a cohort: the ``states`` of its sessions so far, the newest first, and when they last came."""

    firm: str
    cohort: str
    states: tuple[str, ...]
    came_at: dt.datetime | None

    @property
    def missed(self) -> int:
        """How many sessions in a row they were absent from, up to the newest."""
        return next((n for n, state in enumerate(self.states) if state != "absent"), len(self.states))


class CoachFacts(msgspec.Struct, frozen=True):
    """A coach's week."""

    cohorts: tuple[Cohort, ...]
    past: tuple[Meeting, ...]
    coming: tuple[Meeting, ...]
    members: tuple[Attended, ...]

    @property
    def at_risk(self) -> list[Attended]:
        """Whoever was absent twice in a row or more, the longest first."""
        found = [each for each in self.members if each.missed >= ABSENT_TWICE]
        return sorted(found, key=lambda each: (-each.missed, each.firm))

    @property
    def empty(self) -> bool:
        """Whether they have nobody to accompany, and nothing was held."""
        return not (self.cohorts or self.past or self.coming)


class Refusal(msgspec.Struct, frozen=True):
    """An offer that was refused: every reason, the first one first, and since when. ``ref`` is its key where no reference could be read."""

    ref: str
    reasons: tuple[Reason, ...]
    since: dt.datetime

    @property
    def cause(self) -> str:
        """What it is counted under: its first reason's rule."""
        return self.reasons[0].rule


class ContractorFacts(_Awaited, frozen=True):
    """What the contractor's offers came to. ``before`` has the refused offers of earlier weeks by cause, the oldest first."""

    open: int
    read_at: dt.datetime | None
    refusals: tuple[Refusal, ...]
    before: tuple[dict[str, int], ...]
    since: dt.datetime

    @property
    def causes(self) -> dict[str, int]:
        """Refused offers by cause."""
        return dict(Counter(each.cause for each in self.refusals))

    @property
    def new(self) -> int:
        """How many are refused since ``since``."""
        return sum(each.since >= self.since for each in self.refusals)


def fitting(refusals: Sequence[Refusal], most: int) -> int:
    """How many of the first refusals have ``most`` reasons together, at most."""
    told = 0
    for number, each in enumerate(refusals):
        told += len(each.reasons)
        if told > most:
            return number
    return len(refusals)


class Held(msgspec.Struct, frozen=True):
    """Dialogues and questions in figures: in the week, and since the beginning."""

    dialogues: int
    dialogues_ever: int
    participants: int
    asked: int
    answered: int
    answered_ever: int
    late: int


class Counted(msgspec.Struct, frozen=True):
    """Open offers of one department, both kinds."""

    department: str
    jobs: int
    trainings: int


class PressFacts(_Awaited, frozen=True):
    """Figures to quote, all of the moment ``at``."""

    at: dt.datetime
    jobs: int
    trainings: int
    opened: int
    departments: tuple[Counted, ...]
    synced_at: dt.datetime | None
    progress: Progress
    held: Held


class Reached(msgspec.Struct, frozen=True):
    """A target, what is reached of it, and what was in earlier weeks, the oldest first."""

    name: Target
    target: int
    now: int
    before: tuple[int, ...]


class DirectionFacts(_Awaited, frozen=True):
    """Targets, service levels, and what waits for the direction."""

    at: dt.datetime
    targets: tuple[Reached, ...]
    levels: tuple[Level, ...]
    held: Held


Facts = OfficialFacts | CoachFacts | ContractorFacts | PressFacts | DirectionFacts
