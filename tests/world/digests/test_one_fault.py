from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random

import pytest

from tests.world import faults, smtp
from tests.world.digests.world import AGAIN, CONTRACTOR, DIRECTION, WANTS, Place, World
from tests.world.points import Point
from tests.world.walking import SEED, WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world]
DUE = "due"
Strike = tuple[str, int, str]


@pytest.fixture(scope="package")
def clean(place: Place) -> dict[str, list[Point]]:
    """The points of each tale, in calm."""
    told = {}
    for tale in (DUE, AGAIN):
        story = World(place, tale, curious=True).play()
        assert not story.differences, str(story)
        told[tale] = story.points
    return told


def every(clean: dict[str, list[Point]]) -> Iterator[Strike]:
    """Each fault at each point where something is left behind; a death before a commit is that after the point before it."""
    for tale, points in clean.items():
        for point in points:
            for fault in point.faults:
                if not point.idle and (point.kind != "commit" or fault != "die_before"):
                    yield tale, point.number, fault


def some(clean: dict[str, list[Point]]) -> list[Strike]:
    """One of each fault that a letter's way knows, by a commit or by a relay."""
    of: dict[str, list[Strike]] = defaultdict(list)
    for strike in every(clean):
        of[strike[2]].append(strike)
    return [Random(f"{SEED} {fault}").choice(found) for fault, found in sorted(of.items())]


def test_in_calm_everybody_has_one_and_a_second_one_by_hand(
    place: Place, clean: dict[str, list[Point]]
) -> None:
    assert set(clean) == {DUE, AGAIN}
    World(place, AGAIN).play()
    arrived = [to for (to,), _ in place.letters.taken]
    assert sorted(arrived) == sorted([WANTS, CONTRACTOR, DIRECTION, DIRECTION])


def test_whatever_strikes_wherever_nobody_has_two_and_nobody_is_forgotten(
    place: Place, clean: dict[str, list[Point]]
) -> None:
    chosen = list(every(clean)) if WHOLE else some(clean)
    played = [World(place, tale, {number: fault}).play() for tale, number, fault in chosen]
    failed = [story for story in played if story.differences]
    assert not failed, "\n".join(map(str, failed))
    assert all(story.struck for story in played)
    assert {*smtp.EVERY, *faults.COMMIT} <= {fault for _, _, fault in chosen}
