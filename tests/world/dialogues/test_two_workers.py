"""Two hubs at once: one is still announcing and stands still somewhere, another does what staff press next; then the first goes on."""

from __future__ import annotations

import msgspec
import pytest

from tests.world.dialogues.stage import Place
from tests.world.dialogues.stories import TALES
from tests.world.dialogues.walking import Clean, first
from tests.world.dialogues.world import World
from tests.world.walking import WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world]
PACES = ("at once", "late")  # when the lease of the first is gone
STANDS = ("dialogue_life.announce", "ledger.claim", "POST /graph", "PUT ", "smtp data", "ledger.receive")


@pytest.mark.parametrize(
    ("label", "pace"),
    [
        (label, pace)
        for turn, label in enumerate(STANDS)
        for pace in (PACES if WHOLE else PACES[turn % 2 :][:1])
    ],
)
@pytest.mark.parametrize("name", ["moved", "cancelled", "another official"] if WHOLE else ["moved"])
def test_one_that_is_announcing_and_another_that_is_further(
    place: Place, clean: Clean, name: str, label: str, pace: str
) -> None:
    tale = msgspec.structs.replace(TALES[name], slow=pace == "late")
    story = World(place, tale, first(clean, TALES[name], label, "overtaken").planned).play()
    assert story.struck
    assert not story.differences, story
    assert story.end
    assert story.end.told.version == 2
