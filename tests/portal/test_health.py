"""What machines ask of the portal, when all is well and when the database is away, hangs or is of another release."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region import migrations
from connectors.region.database import Region
from connectors.region.upkeep import condition
from connectors.settings import Settings
from portal import health
from portal.app import create_app
from portal.health import Looks
from schemas.errors import Unreachable

pytestmark = pytest.mark.database
PASSWORD = "canary-of-the-database"


def test_ready_tells_the_tables_version_and_the_last_heartbeat(client: TestClient, region: Region) -> None:
    first = client.get("/readyz")
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert first.json() == {"status": "ready", "version": migrations.newest(), "heartbeat_at": None}
    condition.beat(region)
    condition.beat(region)
    with region.begin() as connection:
        (at,) = connection.scalars(text("SELECT finished_at FROM run WHERE flow = 'heartbeat'"))
    assert client.get("/readyz").json()["heartbeat_at"] == at.isoformat()


def test_tables_of_another_release_are_not_ready_and_it_lives(region: Region, chosen: Settings) -> None:
    migrations.downgrade(region, "0007")
    client = TestClient(create_app(region, chosen))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"].startswith("The database's tables are of version 0007, this portal needs ")
    assert client.get("/healthz").json() == {"status": "alive"}


def test_an_empty_database_is_not_ready(empty_database_url: str, chosen: Settings) -> None:
    region = Region(empty_database_url)
    answer = TestClient(create_app(region, chosen)).get("/readyz")
    assert (answer.status_code, answer.json()["version"]) == (503, None)
    region.dispose()


def test_a_database_that_is_away_is_told_without_its_address(chosen: Settings) -> None:
    client = TestClient(create_app(Region(f"postgresql://nobody:{PASSWORD}@127.0.0.1:1/none"), chosen))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"].startswith("The Region's database does not answer")
    assert PASSWORD not in answer.text
    assert "127.0.0.1" not in answer.text
    assert client.get("/healthz").status_code == 200


def test_a_database_that_hangs_holds_nobody_up_and_one_look_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that takes connections and says nothing: every thread of the portal would wait for it."""
    monkeypatch.setattr(health, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        looks = Looks(Region(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none"))

        async def many() -> list[BaseException | condition.Condition]:
            return await asyncio.gather(*(looks.look() for _ in range(50)), return_exceptions=True)

        begun = time.monotonic()
        found = asyncio.run(many())
        assert time.monotonic() - begun < condition.SECONDS
        assert {type(each) for each in found} == {Unreachable}
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
