from __future__ import annotations

import pytest

from tests.world.dialogues.stage import Place, set_up_place
from tests.world.dialogues.walking import Clean
from tests.world.dialogues.world import World
from tests.world.places import placed

place = placed(set_up_place)


@pytest.fixture(scope="package")
def clean(place: Place) -> Clean:
    """The stories of clean worlds."""
    return Clean(lambda tale: World(place, tale, curious=True).play())
