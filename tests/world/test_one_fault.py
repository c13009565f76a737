from __future__ import annotations

import pytest

from tests.world.faults import EVERY
from tests.world.scenario import Tale, World
from tests.world.stage import Stage
from tests.world.walking import WHOLE, Clean, struck_by, told

pytestmark = [pytest.mark.database, pytest.mark.world]
PACES = [Tale(), Tale(slow=True, eager=True)] if WHOLE else [Tale()]


@pytest.mark.parametrize("tale", PACES, ids=["quick", "slow"][: len(PACES)])
@pytest.mark.parametrize("fault", EVERY)
def test_wherever_a_fault_strikes_nothing_is_lost_and_nothing_twice(
    stage: Stage, clean: Clean, fault: str, tale: Tale
) -> None:
    numbers = struck_by(fault, clean(tale))
    assert numbers, f"{fault} applies nowhere"
    stories = [World(stage, {number: fault}, tale).play() for number in numbers]
    assert [story.struck[0].fault for story in stories] == [fault] * len(numbers)
    assert not (wrong := told(stories)), wrong
