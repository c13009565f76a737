"""Several workers at once, and workers that wake up when everybody has gone on without them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import fsspec
import pytest
from sqlalchemy import text

from connectors import clock
from connectors.channel import Readable
from connectors.region.alerting import alerts
from connectors.region.ledger import channel_state
from connectors.region.publishing import audits
from connectors.registry import CHANNELS, channel
from tests.world.stage import Stage, set_up
from tests.world.workers import PATIENCE, Gate, Worker, stock

pytestmark = [pytest.mark.database, pytest.mark.world]
OFFERS = 12  # three calls of five
PAGE, FEED = "facebook_page", "aggregator_feed"
CALL = "POST /graph"


@pytest.fixture(scope="module")
def threads(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with set_up(database, tmp_path_factory.mktemp("zombies"), threads=True) as ready:
        yield ready


@pytest.fixture
def stage(threads: Stage) -> Stage:
    threads.reset()
    stock(threads, OFFERS)
    return threads


def until_quiet(stage: Stage) -> None:
    for _ in range(4):
        stage.an_hour_passes()
        worker = Worker(stage, 9)
        for name in CHANNELS:
            worker.settle(name)
        worker.put_out_everything()
        worker.ends()
    standings = channel_state.standings(stage.direct)
    assert [n for n, s in standings.items() if s.planned or s.intent or s.unknown or s.paused] == [], (
        standings
    )


def others_go_on(stage: Stage, name: str = PAGE, feeds: str | None = None) -> None:
    """Hours pass, another worker looks up what became of it all, twice, and delivers what is left."""
    other = Worker(stage, 1, feeds=feeds)
    for _ in range(2):
        stage.an_hour_passes()
        other.settle(name)
    other.put_out(name)
    other.ends()


def right(stage: Stage, created: int = OFFERS) -> None:
    """Nothing was lost, nothing happened twice, and the ledger knows the very posts that are there."""
    graph = stage.sandbox.truth()["graph"]
    assert (graph["created"], graph["duplicates"], graph["posts"]) == (created, 0, OFFERS)
    for name in CHANNELS:
        built = channel(name, stage.settings, stage.direct)
        assert isinstance(built, Readable)
        audit = audits.audit(stage.direct, built)
        built.close()
        assert audit.agrees, audit
    with stage.direct.begin() as connection:
        rows = connection.execute(
            text("SELECT marker, remote_id FROM effect WHERE channel = 'facebook_page'")
        )
        known = {row.remote_id: row.marker for row in rows}
    assert {
        post["id"]: post["message"].rpartition("?e=")[2].strip() for post in stage.sandbox.posts()
    } == known


def soon(stage: Stage, posts: int) -> None:
    """Wait until so many posts were created."""
    end = time.monotonic() + PATIENCE
    while stage.sandbox.truth()["graph"]["created"] < posts:
        assert time.monotonic() < end


# At once


@pytest.mark.parametrize("number", [2, 3, 4])
def test_workers_at_once_share_a_plan(stage: Stage, number: int) -> None:
    workers = [Worker(stage, n).begin() for n in range(number)]
    for worker in workers:
        worker.ends()
    for name in CHANNELS:
        figures = [worker.done[name] for worker in workers]
        assert [f.error for f in figures if f.error] == []
        assert sum(f.created for f in figures) == OFFERS
        assert sum(f.updated + f.withdrawn + f.unknown + f.refused for f in figures) == 0
    until_quiet(stage)
    right(stage)


def test_workers_at_once_settle_and_deliver(stage: Stage) -> None:
    first = Worker(stage, 0, Gate(CALL, "timeout_after"))
    first.put_out(PAGE)
    first.ends()
    assert first.done[PAGE].unknown > 0
    for _ in range(3):
        stage.an_hour_passes()
        workers = [Worker(stage, n).begin(Worker.settle_and_put_out) for n in range(1, 4)]
        for worker in workers:
            worker.ends()
    until_quiet(stage)
    right(stage)


# Too late


def test_a_worker_held_at_its_claim_keeps_it(stage: Stage) -> None:
    zombie = Worker(stage, 0, Gate("ledger.claim")).begin(Worker.put_out, PAGE)
    zombie.stands_still()
    other = Worker(stage, 1)
    other.settle()
    other.put_out(PAGE)
    assert other.calls() == []
    other.ends()
    zombie.wakes_up()
    until_quiet(stage)
    right(stage)


@pytest.mark.parametrize(
    ("label", "nth"),
    [("ledger.claim", 1), (CALL, 1), (CALL, 2)],
    ids=["before its first call", "between its calls", "before its last call"],
)
def test_a_worker_that_wakes_up_with_a_lost_lease_calls_nobody(stage: Stage, label: str, nth: int) -> None:
    """It sent its remaining batches all the same, though others had looked them up twice and sent them again."""
    zombie = Worker(stage, 0, Gate(label, "overtaken", nth)).begin(Worker.put_out, PAGE)
    zombie.stands_still()
    others_go_on(stage)
    asleep = zombie.wakes_up()
    assert zombie.calls(since=asleep) == []
    until_quiet(stage)
    right(stage)


def test_receipts_that_come_late_are_refused(stage: Stage) -> None:
    zombie = Worker(stage, 0, Gate(CALL, "overtaken", 3)).begin(Worker.put_out, PAGE)
    zombie.stands_still()
    others_go_on(stage)
    with stage.direct.begin() as connection:
        before = connection.execute(text("SELECT * FROM effect ORDER BY id")).all()
    zombie.wakes_up()
    with stage.direct.begin() as connection:
        assert connection.execute(text("SELECT * FROM effect ORDER BY id")).all() == before
    until_quiet(stage)
    right(stage)


def test_a_worker_held_between_its_receipts_while_its_calls_went_on(stage: Stage) -> None:
    zombie = Worker(stage, 0, Gate("ledger.receive", "overtaken")).begin(Worker.put_out, PAGE)
    zombie.stands_still()
    soon(stage, OFFERS)
    others_go_on(stage)
    zombie.wakes_up()
    until_quiet(stage)
    right(stage)


def test_a_worker_that_wakes_up_does_not_put_old_content_over_new(stage: Stage) -> None:
    """Its update went out after a newer one: the Page said the old, the ledger the new, and nobody ever noticed."""
    Worker(stage, 8).begin().ends()
    stock(stage, OFFERS, "Chef boulanger", 2)
    zombie = Worker(stage, 0, Gate("ledger.claim", "overtaken")).begin(Worker.put_out, PAGE)
    zombie.stands_still()
    stock(stage, OFFERS, "Maître boulanger", 3)
    others_go_on(stage)
    asleep = zombie.wakes_up()
    assert zombie.calls(since=asleep) == []
    until_quiet(stage)
    assert {post["message"].split(" ", 1)[0] for post in stage.sandbox.posts()} == {"Maître"}
    right(stage)


# Look-ups that come late


@pytest.mark.parametrize("label", ["ledger.claim_unsettled", CALL], ids=["before it", "at its call"])
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
def test_a_look_up_that_ends_late_proves_nothing(stage: Stage, label: str, fault: str) -> None:
    first = Worker(stage, 0, Gate(CALL, fault))
    first.put_out(PAGE)
    first.ends()
    assert first.done[PAGE].unknown == 5
    stage.an_hour_passes()
    zombie = Worker(stage, 2, Gate(label, "overtaken")).begin(Worker.settle)
    zombie.stands_still()
    others_go_on(stage)
    zombie.wakes_up()
    until_quiet(stage)
    right(stage)


# The other shapes


def test_a_worker_held_at_the_board_is_not_waited_for(stage: Stage) -> None:
    zombie = Worker(stage, 0, Gate("board.place")).begin(Worker.put_out, "open_portal")
    zombie.stands_still()
    other = Worker(stage, 1)
    assert other.put_out("open_portal").created == OFFERS - 5
    other.ends()
    zombie.wakes_up()
    until_quiet(stage)
    right(stage)


@pytest.mark.parametrize(
    ("label", "moment"),
    [
        ("ledger.claim_all", "overtaken"),
        ("replace aggregator.xml.gz", "overtaken"),
        ("ledger.receive_all", "held"),
    ],
)
def test_others_wait_for_a_writer_that_holds_the_feed(stage: Stage, label: str, moment: str) -> None:
    zombie = Worker(stage, 0, Gate(label, moment)).begin(Worker.put_out, FEED)
    zombie.stands_still()
    stock(stage, OFFERS, "Chef boulanger", 2)
    other = Worker(stage, 1).begin(Worker.put_out, FEED)
    _somebody_waits(stage)
    zombie.wakes_up()
    other.ends()
    until_quiet(stage)
    assert _titles(str(stage.settings.feeds_url)) == {"Chef"}
    right(stage)


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("ledger.claim_all", "file"),
        ("ledger.entries", "file"),
        ("replace aggregator.xml.gz", "file"),
        ("ledger.claim_all", "memory"),
        ("ledger.entries", "memory"),
    ],
)
def test_a_writer_that_lost_its_lock_does_not_put_an_old_feed_over_a_new_one(
    stage: Stage, label: str, place: str
) -> None:
    """The lock is held by a connection: it breaks, another writer goes on, and the first one wakes up with its old file.

    On an object store, where no hidden folder is taken away from it, it replaced the new feed: the ledger said that every
    offer was as it should be, and nobody looked again.
    """
    feeds = f"{place}://{stage.home}/feeds"
    Worker(stage, 8, feeds=feeds).begin().ends()
    stock(stage, OFFERS, "Chef boulanger", 2)
    zombie = Worker(stage, 0, Gate(label, "overtaken"), feeds=feeds).begin(Worker.put_out, FEED)
    zombie.stands_still()
    _break_the_lock(stage)
    stock(stage, OFFERS, "Maître boulanger", 3)
    others_go_on(stage, FEED, feeds=feeds)
    assert _titles(feeds) == {"Maître"}
    zombie.wakes_up()
    assert _titles(feeds) == {"Maître"}


def _titles(feeds: str) -> set[str]:
    with fsspec.open(f"{feeds}/aggregator.xml", "rt", encoding="utf-8") as file:
        feed = str(file.read())
    return {part.split(" ", 1)[0] for part in feed.split("<title><![CDATA[")[1:]}


def _somebody_waits(stage: Stage) -> None:
    end = time.monotonic() + PATIENCE
    while stage.connection.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
        assert time.monotonic() < end


def _break_the_lock(stage: Stage) -> None:
    gone = stage.connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND classid = 72003 AND granted"
    ).fetchall()
    assert gone == [(True,)]


# Once only


def _sound(stage: Stage) -> None:
    alerts.sound(stage.direct, "world", "Something", "It happened.", clock.now())


def _alerts(stage: Stage) -> tuple[list[str], int]:
    """The states of the effects, and how many messages arrived."""
    rows = stage.connection.execute(
        "SELECT state FROM effect WHERE channel = 'alerts' ORDER BY id"
    ).fetchall()
    return [state for (state,) in rows], stage.sandbox.truth()["inbox"]["messages"]


def test_workers_at_once_tell_a_person_once(stage: Stage) -> None:
    _sound(stage)
    workers = [Worker(stage, n).begin(Worker.tell) for n in range(4)]
    for worker in workers:
        worker.ends()
    assert _alerts(stage) == (["done"], 1)


def test_an_alert_that_somebody_else_gave_up_is_not_sent_by_who_wakes_up(stage: Stage) -> None:
    _sound(stage)
    zombie = Worker(stage, 0, Gate("ledger.claim", "overtaken")).begin(Worker.tell)
    zombie.stands_still()
    stage.an_hour_passes()
    other = Worker(stage, 1)
    other.settle("alerts")
    other.tell()
    other.ends()
    zombie.wakes_up()
    assert _alerts(stage) == (["parked"], 0)
