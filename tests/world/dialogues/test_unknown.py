"""What comes next while nobody knows whether the announcement arrived anywhere: every write of it has no answer."""

from __future__ import annotations

import re

import pytest

from tests.calendars import server_at
from tests.world.dialogues.outside import Outside
from tests.world.dialogues.stage import Place
from tests.world.dialogues.stories import TALES
from tests.world.dialogues.world import World
from tests.world.points import Drawn, Point, Points
from tests.world.walking import SEED, WHOLE

pytestmark = [pytest.mark.database, pytest.mark.world]
NEXT = ("moved", "another official", "cancelled", "in writing")
FAULTS = ("timeout_before", "timeout_after")
EVERY = [(name, fault) for name in NEXT for fault in FAULTS]
WRITES = 4  # of an announcement: a post, a live video, two calendars
_WRITE = re.compile(r"PUT |POST /graph.*POST\)")


class Unanswered(Points):
    """The first writes have no answer; they happened or did not. A drawn fault strikes the point ``then``, when one is named."""

    def __init__(self, fault: str, then: int = 0) -> None:
        super().__init__({then: Drawn(SEED + then)})
        self._unanswered, self._left = fault, WRITES

    def _fault(self, point: Point) -> str | None:
        if self._left and _WRITE.match(point.label):
            self._left -= 1
            return self._unanswered
        return super()._fault(point)


def unanswered(place: Place, name: str, fault: str, then: int = 0) -> World:
    """A world whose calendars are there, so that the first write of each can happen."""
    points = Unanswered(fault, then)
    world = World(place, TALES[name], points)
    with server_at(place.radicale.base) as server:
        server.make("dialogues")
        server.make(f"o{world.first}")
    return world


@pytest.mark.parametrize(("name", "fault"), EVERY if WHOLE else EVERY[1::4] + EVERY[2::4])
def test_what_comes_next_does_not_wait_until_it_is_known_whether_the_announcement_arrived(
    place: Place, name: str, fault: str
) -> None:
    world = unanswered(place, name, fault)
    story = world.play()
    assert len(story.struck) == WRITES
    assert not story.differences, story
    assert story.end
    assert story.end.told.version == 2
    then = (unanswered(place, name, fault, point.number).play() for point in story.points if WHOLE)
    failed = [each for each in then if each.differences]
    assert not failed, "\n".join(map(str, failed))


def test_what_arrived_nowhere_is_nowhere_said_to_be_cancelled(place: Place) -> None:
    """An announcement without an answer had not arrived; yet the Page then said « Annulé » of what nobody had heard of."""
    story = unanswered(place, "cancelled", "timeout_before").play()
    assert not story.differences, story
    outside = Outside(place)
    assert outside.posts(ever=True) == []
    assert not any(outside.calendars().values())
