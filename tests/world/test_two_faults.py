from __future__ import annotations

import pytest

from tests.world.scenario import Story, World
from tests.world.stage import Stage
from tests.world.walking import PAIRS, SEED, Clean, Pair, pairs, told

pytestmark = [pytest.mark.database, pytest.mark.world]
CHUNKS = 8


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_whatever_two_faults_strike_nothing_is_lost_and_nothing_twice(
    stage: Stage, clean: Clean, chunk: int
) -> None:
    def play(pair: Pair) -> Story:
        return World(stage, pair.planned, pair.tale).play()

    stories = list(pairs(clean, play, chunk, CHUNKS))
    assert len(stories) >= PAIRS // CHUNKS
    assert not (wrong := told(stories)), f"BOOSTEZ_WORLD_SEED={SEED}: {wrong}"
