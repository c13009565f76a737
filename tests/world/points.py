"""Points: the numbered steps by which a hub touches what outlives it, and the faults that strike there.

Belongs here: counting, which fault strikes when, death. Does not: where points are (seams.py) or what a fault does to an
answer (faults.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Literal

import msgspec

Kind = Literal["http", "commit", "replace", "smtp"]


class Death(BaseException):
    """The process is gone: nobody can catch this and go on."""


class Point(msgspec.Struct, frozen=True):
    """The ``number``-th step of a run, and the ``faults`` that can strike there.

    ``idle``: a commit of a transaction that wrote nothing, where a death is the death before the next point.
    """

    number: int
    kind: Kind
    label: str
    faults: tuple[str, ...]
    idle: bool = False

    def __str__(self) -> str:
        """As the story tells it."""
        return f"{self.number:4d}  {self.kind:7s} {self.label}"


class Struck(msgspec.Struct, frozen=True):
    """A fault that struck."""

    point: Point
    fault: str

    def __str__(self) -> str:
        """As the command line takes it, and where that was."""
        return f"{self.point.number}:{self.fault} ({self.point.label})"


class Drawn(msgspec.Struct, frozen=True):
    """A fault to be drawn with ``seed`` among those that apply when its point is reached."""

    seed: int


Planned = str | Drawn
Listener = Callable[[Point, str | None], None]


class Points:
    """One world's points, in the order they are reached; ``planned`` maps a number to what strikes there.

    ``curious``: ask of each commit whether it is idle.
    """

    def __init__(
        self,
        planned: Mapping[int, Planned] | None = None,
        tell: Listener | None = None,
        *,
        curious: bool = False,
    ) -> None:
        self.curious = curious
        self.planned = dict(planned or {})
        self.passed: list[Point] = []
        self.struck: list[Struck] = []
        self._tell = tell

    def reach(self, kind: Kind, label: str, faults: Sequence[str], *, idle: bool = False) -> str | None:
        """The next point; the fault that strikes there, if one does.

        Raises:
            ValueError: the planned fault does not apply to such a point.

        """
        point = Point(len(self.passed) + 1, kind, label, tuple(faults), idle)
        self.passed.append(point)
        fault = self._fault(point)
        if fault:
            self.struck.append(Struck(point, fault))
        if self._tell:
            self._tell(point, fault)
        return fault

    def _fault(self, point: Point) -> str | None:
        planned = self.planned.get(point.number)
        if isinstance(planned, Drawn):
            return Random(planned.seed).choice(point.faults)
        if planned and planned not in point.faults:
            raise ValueError(f"{planned} cannot strike at {point}: one of {', '.join(point.faults)}")
        return planned
