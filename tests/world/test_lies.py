from __future__ import annotations

import pytest

from tests.world.lies import LIES, Lie
from tests.world.stage import Stage

pytestmark = [pytest.mark.database, pytest.mark.world]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_whatever_the_outside_says_nothing_goes_that_nobody_meant(stage: Stage, lie: Lie) -> None:
    assert lie(stage) == []
