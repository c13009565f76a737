"""The tests' own test: each mistake that somebody could make in the hub is noticed by some world."""

from __future__ import annotations

import pytest

from tests.world.mutants import MUTANTS
from tests.world.scenario import Tale
from tests.world.stage import Stage
from tests.world.walking import Clean

pytestmark = [pytest.mark.database, pytest.mark.world]


def test_there_are_twelve() -> None:
    assert len(MUTANTS) == 12


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed(stage: Stage, clean: Clean, name: str) -> None:
    mutant = MUTANTS[name]
    clean(Tale())  # of the hub as it is
    with pytest.MonkeyPatch.context() as patch:
        mutant.make(patch)
        assert any(mutant.worlds(stage, clean)), f"no world notices the mutant: {name}"
