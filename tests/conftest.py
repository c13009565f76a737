"""What many tests need: a PostgreSQL server, a database of their own, a Prefect server."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.region import migrations
from connectors.region.database import Region
from deployments import postgres

SHARED = Path(__file__).parents[2] / "shared"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """An embedded PostgreSQL for the session."""
    server = postgres.start(tmp_path_factory.mktemp("postgres") / "data")
    yield server
    server.stop()
    postgres.remove(server.data)  # root's lies elsewhere, behind a link


@pytest.fixture(scope="session")
def template(postgres_server: postgres.Server) -> str:
    """The name of a migrated, empty database."""
    postgres_server.create_database("template_region")
    region = Region(postgres_server.url("template_region"))
    migrations.upgrade(region)
    region.dispose()
    return "template_region"


@pytest.fixture
def database_url(postgres_server: postgres.Server, template: str) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    name = f"test_{next(_numbers)}"
    postgres_server.create_database(name, template)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def empty_database_url(postgres_server: postgres.Server) -> Iterator[str]:
    """A database without a table."""
    name = f"empty_{next(_numbers)}"
    postgres_server.create_database(name)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture
def shared() -> Path:
    """The folder of real files beside the checkout; the test is skipped without it, but in CI."""
    if not SHARED.is_dir():
        assert not os.environ.get("CI"), f"CI needs {SHARED}"
        pytest.skip(f"{SHARED} is not here: this test reads real files from it")
    return SHARED


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect's own test server, without the heartbeat that makes every sync flow a second longer."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    with (
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield
