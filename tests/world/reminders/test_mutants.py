"""The tests' own test: each mistake that somebody could make with reminders is noticed by some scene."""

from __future__ import annotations

import pytest

from tests.world.reminders.mutants import MUTANTS
from tests.world.reminders.stage import Place

pytestmark = [pytest.mark.database, pytest.mark.world]


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(place: Place, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    mutant.make(monkeypatch)
    stories = [scene.story(place) for scene in mutant.scenes]
    assert any(story.differences for story in stories), f"no scene notices the mutant: {name}"
