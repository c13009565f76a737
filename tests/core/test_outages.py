"""When people hear of an outage: once, again after four hours, and when it is over; never of what was short."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core import outages
from core.outages import AGAIN, Notice, Outages, Seen
from tests.makers import NOON

PATIENCE = dt.timedelta(minutes=10)
MINUTE = dt.timedelta(minutes=1)


class Story:
    """Looks at one thing, minute by minute; ``sends`` tells whether what is due can be sent then."""

    def __init__(self) -> None:
        self.standing: Outages = {}
        self.told: list[tuple[dt.datetime, Notice]] = []
        self.now = NOON

    def look(self, *, alive: bool, sends: bool = True) -> list[str]:
        seen = [Seen("portal", None if alive else "away")]
        self.standing = outages.looked(self.standing, seen, self.now)
        due = outages.due(self.standing, seen, self.now, PATIENCE)
        for notice in due if sends else ():
            self.standing = outages.told(self.standing, notice, self.now)
            self.told.append((self.now, notice))
        self.now += MINUTE
        return [notice.kind for notice in due]


def test_what_is_dead_for_ten_minutes_is_told_once_again_after_four_hours_and_when_it_is_back() -> None:
    story = Story()
    kinds = [story.look(alive=False) for _ in range(300)] + [story.look(alive=True) for _ in range(3)]
    assert {minute: kind for minute, kind in enumerate(kinds) if kind} == {
        10: ["dead"],
        250: ["still dead"],
        300: ["back"],
    }


def test_what_shows_when_it_died_is_told_by_that() -> None:
    since = NOON - dt.timedelta(minutes=11)
    seen = [Seen("schedules", "no heartbeat", since)]
    standing = outages.looked({}, seen, NOON)
    assert [notice.outage.since for notice in outages.due(standing, seen, NOON, PATIENCE)] == [since]


def test_what_was_not_looked_at_stays_as_it_was() -> None:
    dead = outages.looked({}, [Seen("schedules", "no heartbeat")], NOON)
    assert outages.looked(dead, [Seen("portal", "away")], NOON + MINUTE)["schedules"] == dead["schedules"]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=600))
def test_however_it_comes_and_goes_and_whatever_cannot_be_sent(looks: list[tuple[bool, bool]]) -> None:
    story = Story()
    for alive, sends in looks:
        story.look(alive=alive, sends=sends)
    story.look(alive=True)
    assert story.standing == {}
    kinds = [notice.kind for _, notice in story.told]
    told_once = [kind for kind in kinds if kind != "still dead"]
    assert told_once == ["dead", "back"] * (len(told_once) // 2)
    at = [moment for moment, notice in story.told if notice.kind != "back"]
    backs = [moment for moment, notice in story.told if notice.kind == "back"]
    for earlier, later in pairwise(at):
        assert later - earlier >= AGAIN or any(earlier <= back <= later for back in backs)
    for moment, notice in story.told:
        assert notice.kind == "back" or moment - notice.outage.since >= PATIENCE
