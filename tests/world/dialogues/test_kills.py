from __future__ import annotations

import pytest

from tests.world.dialogues.stage import Place
from tests.world.dialogues.stories import TALES
from tests.world.dialogues.victims import Doomed
from tests.world.dialogues.walking import Clean, Strike, strikes
from tests.world.walking import WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world, pytest.mark.slow]
TALE = TALES["moved and cancelled"]
SEAMS = (
    ("dialogue_life.move", "die_after"),
    ("ledger.claim", "die_after"),
    ("POST /graph", "die_after"),
    ("PUT ", "die_before"),
    ("smtp data", "die_after"),
    ("ledger.receive", "die_after"),
)


def deaths(clean: Clean) -> list[Strike]:
    """One in the middle of each seam; all, when all are to be played."""
    labels = {point.number: point.label for point in clean(TALE).points}
    of = {
        seam: [
            each
            for each in strikes(clean, TALE)
            if labels[each.number].startswith(seam[0]) and each.fault == seam[1]
        ]
        for seam in SEAMS
    }
    return [each for found in of.values() for each in (found if WHOLE else [found[len(found) // 2]])]


def test_wherever_a_hub_is_killed_nobody_is_told_twice_and_nobody_forgotten(
    place: Place, clean: Clean
) -> None:
    every = deaths(clean)
    assert len(every) >= len(SEAMS)
    for strike in every:
        world = Doomed(place, strike)
        story = world.play()
        assert world.killed, strike
        assert not story.differences, f"killed at {strike}: {story}"
        assert story.end
        assert story.end.gist == clean(TALE).end.gist  # type: ignore[union-attr]
