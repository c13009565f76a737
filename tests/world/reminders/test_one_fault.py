from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.world import faults, smtp
from tests.world.points import Point
from tests.world.reminders.scenes import EVENTFUL, NOON, at
from tests.world.reminders.stage import Place
from tests.world.reminders.weather import Strike
from tests.world.walking import WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world]
CHUNKS = 2


def points(place: Place) -> list[Point]:
    """What the hub passes from noon on, when nothing strikes it."""
    world = EVENTFUL.world(place)
    world.weather.curious = True
    world.until(at(NOON))
    before = len(world.weather.passed)
    story = world.play()
    assert not story.differences, story
    return world.weather.passed[before:]


def strikes(passed: list[Point]) -> list[Strike]:
    """Every fault at every point; unless the WHOLE is asked for, so many that each label that leaves something and each fault is
    among them."""
    reached: Counter[str] = Counter()
    every = []
    for point in passed:
        reached[point.label] += 1
        if WHOLE or not (point.idle or point.label == "POST /inbox"):
            every += [Strike(point.label, fault, at(NOON), reached[point.label]) for fault in point.faults]
    return every if WHOLE else list(_covering(every))


def _covering(every: list[Strike]) -> Iterator[Strike]:
    labels, struck = set[str](), set[str]()
    for strike in sorted(
        every, key=lambda each: (each.fault != "die_after", each.label.startswith("ledger"))
    ):
        if strike.label not in labels or strike.fault not in struck:
            labels.add(strike.label)
            struck.add(strike.fault)
            yield strike


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whatever_strikes_wherever_nothing_is_lost_doubled_late_or_untold(place: Place, chunk: int) -> None:
    wrong = []
    wanted = strikes(points(place))[chunk::CHUNKS]
    for strike in wanted:
        world = EVENTFUL.world(place, strike)
        story = world.play()
        assert any(each.fault == strike.fault for each in world.weather.struck), f"{strike} never struck"
        if story.differences:
            wrong.append(f"{strike.nth}. {strike.label}, {strike.fault}: {story}")
    assert not wrong, "\n".join(wrong)


def test_every_fault_applies_somewhere(place: Place) -> None:
    there = {strike.fault for strike in strikes(points(place))}
    assert {*smtp.EVERY, *faults.COMMIT, *faults.MESSAGE} <= there
