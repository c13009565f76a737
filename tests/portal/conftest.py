from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.settings import Settings
from portal.app import create_app
from tests.hands import put_on_board

Place = Callable[..., str]


@pytest.fixture
def region(database_url: str) -> Iterator[Region]:
    database = Region(database_url)
    yield database
    database.dispose()


@pytest.fixture
def place(region: Region) -> Place:
    """Put an offer on the board as the channel does, withdrawn when told, and answer its key."""
    return lambda offer, withdrawn_at=None: put_on_board(region, offer, withdrawn_at)


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path, portal_url="https://offres.region.example/", feeds_url=f"file://{tmp_path}/feeds"
    )


@pytest.fixture
def relayed(chosen: Settings) -> Settings:
    """With a relay: letters can be sent, so forms that need one are open."""
    return chosen.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:1")})


@pytest.fixture
def visitor(region: Region, relayed: Settings) -> TestClient:
    """A browser at the portal's public address, where its cookies are kept."""
    return TestClient(
        create_app(region, relayed), relayed.public_url, raise_server_exceptions=False, follow_redirects=False
    )


@pytest.fixture
def client(region: Region, chosen: Settings) -> TestClient:
    return TestClient(create_app(region, chosen), raise_server_exceptions=False)
