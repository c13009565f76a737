from __future__ import annotations

import sys
import time

import pytest

from tests.world.reminders.life import Size, season
from tests.world.reminders.stage import Place
from tests.world.reminders.weather import Weather, stormy
from tests.world.reminders.world import World
from tests.world.walking import SEED, WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world]
CALM = Size(sessions=4, people=5, changes=1)
SMALL = Size(sessions=2, people=6)
LARGE = Size(sessions=36, people=26)
LEAST = 10_000 if WHOLE else 50
SEEDS = range(SEED, SEED + (3 if WHOLE else 1))


def told(world: World, least: int = 50) -> None:
    """The world's story, and that it came to a good end."""
    begun = time.monotonic()
    story = world.play()
    sys.stderr.write(f"{time.monotonic() - begun:.0f} s: {story}\n")
    assert not story.differences, story
    assert story.reminders >= least


def test_when_nothing_strikes_everything_is_sent_once_and_in_time(place: Place) -> None:
    told(World(place, season(SEED, CALM), Weather(place.clock)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_in_any_weather_nothing_is_lost_doubled_late_or_untold(place: Place, seed: int) -> None:
    size = LARGE if WHOLE else SMALL
    told(World(place, season(seed, size), stormy(place.clock, seed, chance=0.002 if WHOLE else 0.01)), LEAST)
