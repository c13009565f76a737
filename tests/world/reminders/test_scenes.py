from __future__ import annotations

import pytest

from tests.world.reminders.scenes import SCENES
from tests.world.reminders.stage import Place

pytestmark = [pytest.mark.database, pytest.mark.world]


@pytest.mark.parametrize("name", SCENES)
def test_whatever_happens_nothing_is_lost_doubled_late_or_untold(place: Place, name: str) -> None:
    story = SCENES[name].story(place)
    assert not story.differences, story
