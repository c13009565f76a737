"""Two hubs at once: one stands still somewhere in its run, another does the same run meanwhile, or a later one; then the first goes on."""

from __future__ import annotations

import time
from threading import current_thread

import pytest

from connectors.region.ledger import ledger
from flows import reminders as flow
from tests.world import faults
from tests.world.reminders.mutants import rewritten
from tests.world.reminders.scenes import EVENTFUL, NOON, at
from tests.world.reminders.stage import Place
from tests.world.reminders.weather import MINUTE
from tests.world.reminders.world import Story, World
from tests.world.workers import Gate, Worker

pytestmark = [pytest.mark.database, pytest.mark.world]
HELD = (
    "reminders._queue_some",
    "untold.tell_coaches",
    "untold.alert",
    "ledger.claim",
    "reminders.live",
    "ledger.receive",
    "reminders.close",
)
OVERTAKEN = (  # and for how many hours: not at all, or longer than any lease
    ("reminders._queue_some", 0),
    ("ledger.claim", 0),
    ("ledger.claim", 2),
    ("reminders.live", 2),
    ("smtp data", 2),
    ("ledger.receive", 0),
)
PATIENCE = 30.0  # seconds
LOOKS = 6
_WAITS = (
    "SELECT pid, query_start FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database() "
    "AND backend_type = 'client backend'"
)


@pytest.fixture(autouse=True)
def _each_with_its_own_database(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flow that a worker runs finds that worker's connections."""
    monkeypatch.setattr(
        flow, "safe_region", lambda: getattr(current_thread(), "region", None) or place.stage.region
    )


def at_noon(place: Place) -> World:
    world = EVENTFUL.world(place)
    world.until(at(NOON))
    place.witness.tick += 1
    return world


def ends_or_waits(place: Place, worker: Worker) -> None:
    """Until it is through, or can go no further before the other one does: it has waited for the same lock for a while."""
    end, waits = time.monotonic() + PATIENCE, [set[tuple[object, object]]()]
    while worker.is_alive() and not set.intersection(*waits[-LOOKS:]):
        assert time.monotonic() < end
        worker.join(0.02)
        waits.append({(row.pid, row.query_start) for row in place.rows(_WAITS)})


def both(place: Place, world: World, gate: Gate, hours: int = 0) -> Story:
    """The first stands at its gate; the second does all there is to do, after so many hours; then the first goes on."""
    first, second = Worker(place.stage, 1, gate), Worker(place.stage, 2)
    first.begin(Worker.remind)
    first.stands_still()
    if hours:
        world.until(place.clock.truly + 60 * hours * MINUTE)
    second.begin(Worker.remind)
    ends_or_waits(place, second)
    first.wakes_up()
    second.ends()
    return world.play()


@pytest.mark.parametrize("label", HELD)
def test_one_that_is_about_to_commit_and_another(place: Place, label: str) -> None:
    story = both(place, at_noon(place), Gate(label, faults.HELD))
    assert not story.differences, story


@pytest.mark.parametrize(("label", "hours"), OVERTAKEN)
def test_one_that_stands_still_and_another_now_or_when_its_lease_is_gone(
    place: Place, label: str, hours: int
) -> None:
    story = both(place, at_noon(place), Gate(label, "overtaken"), hours)
    assert not story.differences, story


def test_many_at_once_send_each_reminder_once(place: Place) -> None:
    world = at_noon(place)
    workers = [Worker(place.stage, number).begin(Worker.remind) for number in range(4)]
    for worker in workers:
        worker.ends()
    story = world.play()
    assert not story.differences, story
    assert story.states["sent"] == 5


def test_a_claim_that_locks_nothing_is_noticed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant of those tests: SKIP LOCKED dropped, and the fence behind it, for a lease that somebody else took is noticed."""
    rewritten(monkeypatch, ledger, "FOR UPDATE OF e SKIP LOCKED", "")
    monkeypatch.setattr(ledger, "holds", lambda *_: True)
    story = both(place, at_noon(place), Gate("ledger.claim", faults.HELD))
    assert any("arrived 2 times" in difference for difference in story.differences), story
