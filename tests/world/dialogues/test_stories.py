from __future__ import annotations

import pytest

from tests.world.dialogues.stories import TALES, followed
from tests.world.dialogues.walking import Clean

pytestmark = [pytest.mark.database, pytest.mark.world]


@pytest.mark.parametrize("name", TALES)
def test_nobody_is_told_twice_and_nobody_forgotten(clean: Clean, name: str) -> None:
    tale = TALES[name]
    story = clean(tale)
    assert not story.differences, story
    assert story.end
    steps = sum(step is not followed for step in tale.steps)
    assert story.end.told.version == steps, "each step was taken, and is another version"
