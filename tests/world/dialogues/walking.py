"""Walking through worlds of dialogues: which are played.

Belongs here: the stories of clean worlds, what can strike where. Does not: a world (world.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from tests.world.dialogues.world import Story, Tale
from tests.world.points import Planned


class Clean:
    """The stories of worlds without faults, each played once."""

    def __init__(self, play: Callable[[Tale], Story]) -> None:
        self._play = play
        self._stories: dict[Tale, Story] = {}

    def __call__(self, tale: Tale) -> Story:
        """How one goes."""
        if tale not in self._stories:
            self._stories[tale] = self._play(tale)
        return self._stories[tale]


class Strike(msgspec.Struct, frozen=True):
    """A fault at one point of a tale."""

    tale: Tale
    number: int
    fault: str

    @property
    def planned(self) -> dict[int, Planned]:
        """As a world takes it."""
        return {self.number: self.fault}


def strikes(clean: Clean, tale: Tale) -> Iterator[Strike]:
    """Every fault at every point where something is left behind.

    A death before a commit is the death after the point before it.
    """
    for point in clean(tale).points:
        if not point.idle:
            for fault in point.faults:
                if point.kind != "commit" or fault != "die_before":
                    yield Strike(tale, point.number, fault)


def first(clean: Clean, tale: Tale, label: str, fault: str) -> Strike:
    """A fault at the first point whose label begins like that."""
    every = {point.number: point.label for point in clean(tale).points}
    return next(
        each for each in strikes(clean, tale) if each.fault == fault and every[each.number].startswith(label)
    )
