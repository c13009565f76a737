from __future__ import annotations

from collections import defaultdict
from itertools import chain
from random import Random

import msgspec
import pytest

from tests.world import faults, smtp
from tests.world.dialogues.stage import Place
from tests.world.dialogues.stories import TALES
from tests.world.dialogues.walking import Clean, Strike, strikes
from tests.world.dialogues.world import Story, World
from tests.world.walking import SEED, WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world]


def every(clean: Clean, name: str) -> list[Strike]:
    """Each fault at each point of a tale; when all are played, half of them in a slow one."""
    found = list(strikes(clean, TALES[name]))
    if not WHOLE:
        return found
    return found[::2] + list(strikes(clean, msgspec.structs.replace(TALES[name], slow=True)))[1::2]


def some(clean: Clean) -> list[Strike]:
    """One of every other fault."""
    of: dict[str, list[Strike]] = defaultdict(list)
    for strike in chain.from_iterable(every(clean, name) for name in TALES):
        of[strike.fault].append(strike)
    one = [Random(f"{SEED} {fault}").choice(found) for fault, found in of.items()]
    return one[SEED % 2 :: 2]


def wrong(clean: Clean, strike: Strike, story: Story) -> bool:
    """Whether it went wrong, or came to another end: only who is overtaken may find that something is decided already."""
    if story.differences or not story.end:
        return True
    calm = clean(strike.tale).end
    return strike.fault != "overtaken" and (calm is None or story.end.gist != calm.gist)


@pytest.mark.parametrize("name", TALES if WHOLE else ["some"])
def test_whatever_strikes_wherever_nobody_is_told_twice_and_nobody_forgotten(
    place: Place, clean: Clean, name: str
) -> None:
    chosen = every(clean, name) if WHOLE else some(clean)
    played = [(strike, World(place, strike.tale, strike.planned).play()) for strike in chosen]
    failed = [story for strike, story in played if wrong(clean, strike, story)]
    assert not failed, "\n".join(map(str, failed))
    assert all(story.struck for _, story in played)


def test_every_fault_applies_somewhere(clean: Clean) -> None:
    there = {strike.fault for name in TALES for strike in every(clean, name)}
    assert {*smtp.EVERY, *faults.COMMIT, *faults.EXCHANGE, *faults.NULLS} <= there
