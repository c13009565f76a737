"""What comes out of planning a season: a calendar, or why there is none.

Belongs here: the values. Does not: how they are found (planning.py, conflicts.py), or how they are read (table.py).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from core.seasons.problem import Placement, Weights

Kind = Literal[
    "dialogue", "locked", "busy", "limit", "territory", "notice", "public_holidays", "school_holidays", "day", "gap",
    "slots", "moderators", "officials", "venues",
]  # fmt: skip
"""What a requirement is about. The last four are always told alone: each is enough to make a season impossible."""


class Placed(msgspec.Struct, frozen=True):
    """One dialogue of a calendar. ``moved``: an earlier proposal had it otherwise, in whatever."""

    key: str
    placement: Placement
    moved: bool = False


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What a calendar costs, by what for. Less is better, and ``moved`` counts before all the others together.

    ``departments``, ``officials``, ``weeks``: dialogues between who or what has most and least. ``off_hours``, ``moved``, ``rescheduled``:
    dialogues.
    """

    moved: int
    rescheduled: int
    departments: int
    officials: int
    weeks: int
    off_hours: int

    def cost(self, weights: Weights) -> int:
        """All but the moves."""
        return (
            weights.rescheduled * self.rescheduled
            + weights.departments * self.departments
            + weights.officials * self.officials
            + weights.weeks * self.weeks
            + weights.off_hours * self.off_hours
        )


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Every dialogue, by start. ``fewest``: it is proven that no fewer can move; ``best``: that nothing at all is better."""

    placed: tuple[Placed, ...]
    score: Score
    fewest: bool
    best: bool


class Requirement(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things that cannot all be: what it is about, whose it is (a dialogue's key, a name, or nobody's), and in words."""

    kind: Kind
    who: str
    what: str


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Requirements that cannot all hold with what is ``given``. ``smallest``: it is proven that without any one the others can."""

    requirements: tuple[Requirement, ...]
    given: str = ""
    smallest: bool = True

    def told(self) -> str:
        """The conflict in words, for ops staff."""
        if len(self.requirements) == 1:
            return self.requirements[0].what
        lines = "".join(f"\n- {each.what}" for each in self.requirements)
        way_out = (
            "Without any one of these" if self.smallest else "Without some of these, it is not proven which,"
        )
        return f"With {self.given} these cannot all be:{lines}\n{way_out} the others can be."


class Impossible(msgspec.Struct, frozen=True, kw_only=True):
    """No calendar keeps the rules, and why: each conflict alone is enough."""

    conflicts: tuple[Conflict, ...]
