"""The tests' own test: each mistake that somebody could make with dialogues is noticed by a world."""

from __future__ import annotations

import pytest

from tests.world.dialogues.mutants import MUTANTS
from tests.world.dialogues.stage import Place
from tests.world.dialogues.stories import TALES
from tests.world.dialogues.walking import Clean, first
from tests.world.dialogues.world import World

pytestmark = [pytest.mark.database, pytest.mark.world]


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(place: Place, clean: Clean, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant = MUTANTS[name]
    tale = TALES[mutant.tale]
    planned = first(clean, tale, mutant.label, mutant.fault).planned if mutant.fault else None
    mutant.make(monkeypatch)
    story = World(place, tale, planned).play()
    assert story.differences, f"no world notices the mutant: {name}"
