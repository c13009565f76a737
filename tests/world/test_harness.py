from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from sqlalchemy import text

from connectors.graph import words as facebook
from connectors.region.database import Region
from connectors.registry import CHANNELS, policies
from tests.world import faults, seams
from tests.world.points import Death, Drawn, Points
from tests.world.scenario import Tale, World
from tests.world.seams import Life, alive
from tests.world.stage import TABLES, Stage
from tests.world.walking import Clean, struck_by

pytestmark = [pytest.mark.database, pytest.mark.world]
PAGE = "100000000000001"


def test_every_registered_channel_is_in_the_world(stage: Stage) -> None:
    assert set(policies(stage.settings.channels_file)) == set(CHANNELS)


def test_every_table_is_new_in_a_new_world(stage: Stage) -> None:
    with stage.direct.begin() as connection:
        there = connection.execute(
            text(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        ).scalars()
        assert set(there) == set(TABLES)


@pytest.mark.parametrize("tale", [Tale(), Tale(slow=True, eager=True)], ids=["quick", "slow"])
def test_the_same_world_has_the_same_points(stage: Stage, tale: Tale) -> None:
    first, second = (World(stage, tale=tale).play() for _ in range(2))
    assert [str(point) for point in first.points] == [str(point) for point in second.points]
    assert [point.number for point in first.points] == list(range(1, len(first.points) + 1))


def test_a_faulted_world_is_played_again_by_its_command(stage: Stage) -> None:
    tale = Tale(7, slow=True)
    first = World(stage, {45: Drawn(3), 70: Drawn(4)}, tale).play()
    command = first.command()
    assert command.startswith(".venv/bin/python -m tests.world --seed 7 --slow 45:")
    planned = {int(n): fault for n, fault in (w.split(":") for w in command.split()[6:])}
    second = World(stage, planned, tale).play()
    assert list(map(str, second.struck)) == list(map(str, first.struck))
    assert list(map(str, second.points)) == list(map(str, first.points))


def test_a_clean_world_is_quiet_at_once_and_right(stage: Stage) -> None:
    story = World(stage).play()
    assert (story.rounds, story.struck, story.differences) == (1, [], [])
    graph = stage.sandbox.truth()["graph"]
    assert (graph["created"], graph["deleted"], graph["duplicates"]) == (14, 3, 0)
    assert graph["updated"] > 0


def test_a_clean_world_passes_every_kind_of_point(clean: Clean) -> None:
    points = clean(Tale())
    labels = [point.label for point in points]
    assert {point.kind for point in points} == {"http", "commit", "replace"}
    assert "ledger.claim" in labels
    assert "ledger.receive" in labels
    assert "replace aggregator.xml" in labels
    assert sum("/graph/" in label for label in labels) >= 5
    idle = {label: [point.idle for point in points if point.label == label] for label in labels}
    assert not any(idle["offers.merge"])
    assert all(idle["walks.count_changed"])
    assert idle["ledger.claim_all"] == [False, False, False, True]


@pytest.mark.parametrize("fault", faults.EVERY)
def test_every_fault_applies_somewhere(clean: Clean, fault: str) -> None:
    assert struck_by(fault, clean(Tale()))


def test_a_fault_that_does_not_apply_is_refused() -> None:
    with pytest.raises(ValueError, match="html cannot strike at"):
        Points({1: "html"}).reach("commit", "ledger.claim", faults.COMMIT)


# The dead


def _counted(stage: Stage) -> tuple[list[int], Any]:
    with stage.direct.begin() as connection:
        rows = [int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in TABLES]
    return rows, stage.sandbox.truth()["graph"]


def test_a_dead_hub_does_nothing_more(stage: Stage) -> None:
    stage.reset()
    before = _counted(stage)
    life = Life(Points(), Region(stage.database_url), stage.idle)
    post = {"message": "Bonjour", "access_token": "sandbox-page-token"}
    tries: list[Callable[[], Any]] = [
        life.region.ping,
        lambda: _insert(life.region),
        lambda: httpx.post(f"{stage.settings.graph}/v26.0/{PAGE}/feed", data=post),
        lambda: requests.post(f"{stage.settings.graph}/v26.0/{PAGE}/feed", data=post, timeout=5),
        (stage.home / "channels.toml").unlink,
        lambda: tempfile.TemporaryDirectory(dir=stage.home).cleanup(),
    ]
    with alive(life):
        life.region.ping()
        life.die()
        for attempt in tries:
            with pytest.raises(Death):
                attempt()
    life.end()
    assert life.points.passed[1:] == []
    assert _counted(stage) == before
    assert (stage.home / "channels.toml").exists()


def _insert(region: Region) -> None:
    with region.begin() as connection:
        connection.execute(text("INSERT INTO channel (name) VALUES ('zombie')"))


def test_a_death_undoes_its_transactions_and_frees_its_locks(stage: Stage) -> None:
    stage.reset()
    life = Life(Points({1: "die_before"}), Region(stage.database_url), stage.idle)
    with alive(life), pytest.raises(Death), life.region.sole_sync("contractor"):
        _insert(life.region)
    life.end()
    with stage.direct.sole_sync("contractor"), stage.direct.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM channel")) == 0


def test_a_commit_that_was_lost_after_it_happened_happened(stage: Stage) -> None:
    from schemas.errors import Unreachable

    for fault, rows in (("lost_before", 0), ("lost_after", 1)):
        stage.reset()
        life = Life(Points({1: fault}), Region(stage.database_url), stage.idle)
        with alive(life), pytest.raises(Unreachable):
            _insert(life.region)
        life.end()
        with stage.direct.begin() as connection:
            assert connection.scalar(text("SELECT count(*) FROM channel")) == rows


def test_a_file_is_put_in_place_or_not(stage: Stage, tmp_path: Path) -> None:
    from connectors.aggregator_feed.channel import AggregatorFeed
    from schemas.errors import Unreachable

    feed = AggregatorFeed(f"file://{tmp_path}", "https://portail.example")
    expected = {"die_before": 0, "die_after": 1, "disk_full": 0}
    for fault, there in expected.items():
        for path in tmp_path.glob("*.*"):
            path.unlink() if path.is_file() else None
        life = Life(Points({1: fault}), Region(stage.database_url), stage.idle)
        with alive(life), pytest.raises((Death, Unreachable)):
            feed.replace([], "2026-11-24T12:00:00Z")
        life.end()
        assert sum(path.name.endswith(".gz") for path in tmp_path.iterdir()) == there


# The lies


def _batch() -> dict[str, str]:
    items = [
        {"method": "POST", "relative_url": f"{PAGE}/feed", "body": f"message=Bonjour {n}"} for n in range(3)
    ]
    return {
        "batch": json.dumps(items),
        "access_token": "sandbox-page-token",
        "appsecret_proof": facebook.proof("sandbox-page-token", "sandbox-app-secret"),
    }


def _by_httpx(url: str) -> tuple[int, bytes]:
    answer = httpx.post(url, data=_batch(), trust_env=False)
    return answer.status_code, answer.content


def _by_requests(url: str) -> tuple[int, bytes]:
    answer = requests.post(url, data=_batch(), timeout=5)
    return answer.status_code, answer.content


ANSWERED: dict[
    str, tuple[tuple[Any, Any], int]
] = {  # what the client sees, and how many posts there are then
    "unreachable": ((httpx.ConnectError, requests.ConnectionError), 0),
    "timeout_before": ((httpx.ReadTimeout, requests.ReadTimeout), 0),
    "timeout_after": ((httpx.ReadTimeout, requests.ReadTimeout), 3),
    "error_500_after": ((500, b'"code": 2'), 3),
    "rate_limited": ((403, b'"code": 4'), 0),
    "cut_body": ((httpx.RemoteProtocolError, requests.exceptions.ChunkedEncodingError), 3),
    "wrong_json": ((200, b'{"ok": true}'), 3),
    "html": ((200, b"Maintenance"), 0),
    "null_item": ((200, b"null"), 2),
    "null_item_after": ((200, b"null"), 3),
    "die_before": ((Death, Death), 0),
    "die_after": ((Death, Death), 3),
}


@pytest.mark.parametrize("client", [_by_httpx, _by_requests], ids=["httpx", "requests"])
@pytest.mark.parametrize("fault", ANSWERED)
def test_a_fault_does_what_its_name_says(
    stage: Stage, fault: str, client: Callable[[str], tuple[int, bytes]]
) -> None:
    stage.reset()
    expected, there = ANSWERED[fault]
    life = Life(Points({1: fault}), Region(stage.database_url), stage.idle)
    with alive(life):
        if isinstance(expected[0], int):
            status, body = client(f"{stage.settings.graph}/v26.0/")
            assert (status, expected[1] in body) == (expected[0], True), body
        else:
            with pytest.raises(expected):
                client(f"{stage.settings.graph}/v26.0/")
    life.end()
    assert stage.sandbox.truth()["graph"]["created"] == there
    assert [point.label for point in life.points.passed] == ["POST /graph/v26.0/ (3 POST)"]


def test_a_limit_of_the_contractor_is_a_429(stage: Stage) -> None:
    life = Life(Points({1: "rate_limited", 2: "error_500_after"}), Region(stage.database_url), stage.idle)
    with alive(life):
        answer = httpx.get(f"{stage.sandbox.base}/v1/offers", trust_env=False)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
        answer = httpx.get(f"{stage.sandbox.base}/v1/offers", trust_env=False)
        assert (answer.status_code, answer.json()["title"]) == (500, "Internal error")
    life.end()


def test_every_seam_is_gone_afterwards() -> None:
    """Worlds are played in one process with all other tests."""
    here = httpx.HTTPTransport.handle_request
    with seams.installed():
        assert httpx.HTTPTransport.handle_request is not here
    assert httpx.HTTPTransport.handle_request is here
