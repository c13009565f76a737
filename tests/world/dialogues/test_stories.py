from __future__ import annotations

import time
import pytest

from tests.world.dialogues.stage import Place
from tests.world.dialogues.stories import TALES
from tests.world.dialogues.world import World

pytestmark = [pytest.mark.database, pytest.mark.world]


@pytest.mark.parametrize("name", TALES)
def test_clean(place: Place, name: str) -> None:
    t=time.monotonic()
    story = World(place, TALES[name], curious=True).play()
    print(name, time.monotonic()-t, len(story.points), len([p for p in story.points if not p.idle]))
    print([d.gist for d in story.end and [story.end] or []])
    assert not story.differences, story
