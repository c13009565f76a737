"""Walking through worlds: which are played, and what is said when some went wrong.

Belongs here: the points of clean worlds, drawing pairs, gathering failures. Does not: a world (scenario.py).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Final

from tests.world.faults import EVERY
from tests.world.points import Drawn, Planned, Point
from tests.world.scenario import Story, Tale

SHOWN: Final = 10  # failures told in full
NEAR: Final = 30  # points: half of the second faults strike so soon after the first
PAIRS: Final = int(os.environ.get("BOOSTEZ_WORLD_PAIRS", "8"))
SEED: Final = int(os.environ.get("BOOSTEZ_WORLD_SEED", "1"))
WHOLE: Final = os.environ.get("BOOSTEZ_WORLD_WHOLE", "") not in {"", "0"}
DELIVERING: Final = ("ledger.", "board.")  # who commits what a delivery does


class Clean:
    """The points of worlds without faults, each played once."""

    def __init__(self, play: Callable[[Tale], Story]) -> None:
        self._play = play
        self._stories: dict[Tale, Story] = {}

    def __call__(self, tale: Tale) -> list[Point]:
        """The points of one."""
        if tale not in self._stories:
            self._stories[tale] = self._play(tale)
            assert not self._stories[tale].differences, self._stories[tale]
        return self._stories[tale].points


def struck_by(fault: str, points: Iterable[Point]) -> list[int]:
    """Where a fault is to strike: everywhere it can, or, unless the WHOLE is asked for, where it makes a difference.

    Then one point of every third label; which, differs from fault to fault. A death before a point is the death after the one before it,
    and after an idle commit that after the one before. What a commit of the intake undoes when its connection is lost is what a death
    there undoes.
    """
    hit = [point for point in points if fault in point.faults and (WHOLE or not point.idle)]
    if fault == "die_before" and not WHOLE:
        hit = [point for point in hit if point.kind != "commit"]
    if fault == "lost_before" and not WHOLE:
        hit = [point for point in hit if point.label.startswith(DELIVERING)]
    return [point.number for point in (hit if WHOLE else _some(hit, EVERY.index(fault)))]


def _some(points: Iterable[Point], turn: int) -> Iterator[Point]:
    by_label = defaultdict(list)
    for point in points:
        by_label[point.label].append(point)
    labels = list(by_label.values())
    for alike in labels[turn % 3 :: 3] or labels:
        yield alike[turn % len(alike)]


class Pair:
    """Two faults, the ``index``-th that ``seed`` draws; the second strikes somewhere after the first."""

    def __init__(self, seed: int, index: int, clean: Clean) -> None:
        random = Random(f"{seed} {index}")
        self.tale = Tale(random.randrange(1_000), random.random() < 0.5, random.random() < 0.5)
        points = clean(Tale(1, self.tale.slow, self.tale.eager))
        first = random.choice([point for point in points if not point.idle]).number
        reach = NEAR if random.random() < 0.5 else max(NEAR, len(points) - first)
        self.second = first + random.randint(1, reach)
        self.planned: dict[int, Planned] = {
            first: Drawn(random.getrandbits(32)),
            self.second: Drawn(random.getrandbits(32)),
        }


def pairs(clean: Clean, play: Callable[[Pair], Story], chunk: int, chunks: int) -> Iterator[Story]:
    """This chunk's share of the pairs; one whose second fault never struck does not count, and another is drawn."""
    wanted = PAIRS // chunks + (chunk < PAIRS % chunks)
    index = chunk
    while wanted:
        story = play(Pair(SEED, index, clean))
        index += chunks
        if len(story.struck) > 1:
            wanted -= 1
            yield story


def told(stories: Iterable[Story]) -> str:
    """What went wrong in these worlds, nothing when nothing did."""
    wrong = [story for story in stories if story.differences]
    shown = "\n\n".join(map(str, wrong[:SHOWN]))
    more = f"\n\nand {len(wrong) - SHOWN} worlds more" if len(wrong) > SHOWN else ""
    return f"{len(wrong)} worlds went wrong\n\n{shown}{more}" if wrong else ""
