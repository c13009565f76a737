from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tests.world import faults, smtp
from tests.world.points import Point
from tests.world.reminders.scenes import EVENTFUL, NOON, at
from tests.world.reminders.stage import Place
from tests.world.reminders.weather import Strike
from tests.world.walking import SEED, WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world]


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
    """Every fault at every point."""
    reached: Counter[str] = Counter()
    found = []
    for point in passed:
        reached[point.label] += 1
        if WHOLE or not point.idle:
            found += [Strike(point.label, fault, at(NOON), reached[point.label]) for fault in point.faults]
    return found


def some(every: list[Strike]) -> list[Strike]:
    """One of every other kind of point that leaves something behind; which fault, differs from one to the next."""
    by_kind: dict[str, list[Strike]] = defaultdict(list)
    for strike in every:
        by_kind[strike.label.partition("+")[0]].append(strike)
    return [alike[turn % len(alike)] for turn, alike in enumerate(by_kind.values())][SEED % 2 :: 2]


def test_whatever_strikes_wherever_nothing_is_lost_doubled_late_or_untold(place: Place) -> None:
    wrong = []
    every = strikes(points(place))
    for strike in every if WHOLE else some(every):
        world = EVENTFUL.world(place, strike)
        story = world.play()
        assert any(each.fault == strike.fault for each in world.weather.struck), f"{strike} never struck"
        if story.differences:
            wrong.append(f"{strike.nth}. {strike.label}, {strike.fault}: {story}")
    assert not wrong, "\n".join(wrong)


def test_every_fault_applies_somewhere(place: Place) -> None:
    there = {strike.fault for strike in strikes(points(place))}
    assert {*smtp.EVERY, *faults.COMMIT, *faults.MESSAGE} <= there
