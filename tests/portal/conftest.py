from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from connectors.region.database import Region
from connectors.settings import Settings
from portal.app import create_app
from schemas.offer import Offer, content_hash, encode, key_of

Place = Callable[..., str]


@pytest.fixture
def region(database_url: str) -> Iterator[Region]:
    database = Region(database_url)
    yield database
    database.dispose()


@pytest.fixture
def place(region: Region) -> Place:
    """Put an offer on the board as the channel does, withdrawn when told, and answer its key."""

    def placed(offer: Offer, *, withdrawn_at: dt.datetime | None = None) -> str:
        content = encode(offer)
        key = key_of(offer.source, offer.ref)
        with region.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO board (key, kind, marker, content, content_hash, published_at, withdrawn_at) VALUES "
                    "(:key, :kind, :key || '-1', cast(:content AS jsonb), :hash, :published_at, :withdrawn_at)"
                ),
                {
                    "key": key,
                    "kind": offer.kind,
                    "content": None if withdrawn_at else content.decode(),
                    "hash": None if withdrawn_at else content_hash(content),
                    "published_at": offer.published_at,
                    "withdrawn_at": withdrawn_at,
                },
            )
        return key

    return placed


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
