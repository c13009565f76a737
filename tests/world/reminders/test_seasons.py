from __future__ import annotations

import time

import pytest

from tests.world.reminders.life import SMALL
from tests.world.reminders.stage import Place
from tests.world.reminders.weather import Weather
from tests.world.reminders.world import World

pytestmark = [pytest.mark.database, pytest.mark.world]


def test_calm(place: Place) -> None:
    t = time.time()
    story = World(place, 1, SMALL, Weather(place.clock)).play()
    print(story, time.time() - t)
    assert not story.differences, story
