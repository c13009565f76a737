"""What many tests need: a PostgreSQL server, a database of their own, a Prefect server, a browser."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import create_engine, make_url, text

from connectors.region import migrations
from connectors.region.database import Region
from deployments import postgres
from tests import memory, selection
from tests.databases import Databases

if TYPE_CHECKING:  # Prefect takes two seconds to import: only tests that use it pay for it
    from prefect.client.orchestration import SyncPrefectClient

    from tests.operations import Operations

# A shared machine is slow at times: an example that fails by the clock proves nothing.
hypothesis_settings.register_profile("patient", deadline=None)
hypothesis_settings.register_profile("quick", deadline=None, max_examples=10)  # `make test-fast`
hypothesis_settings.load_profile(os.environ.get("BOOSTEZ_TEST_EXAMPLES", "patient"))



def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A module of which ``-m`` chooses nothing is not even imported."""
    return selection.holds_nothing(collection_path, config.option.markexpr) or None


SHARED = Path(__file__).parents[2] / "shared"
_numbers = itertools.count(1)


def fresh_name(kind: str) -> str:
    """A database's name that no other test has."""
    return f"{kind}_{os.getpid()}_{next(_numbers)}"


class ForeignServer:
    """A server that somebody else runs: ``BOOSTEZ_TEST_SERVER`` names one of its databases, as a superuser."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")

    def url(self, database: str) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)

    def create_database(self, name: str, template: str = "template1") -> None:
        self.drop_database(name)
        with self._engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))

    def drop_database(self, name: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


TestServer = postgres.Server | ForeignServer


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[TestServer]:
    """A PostgreSQL for the session: the embedded one, or that of BOOSTEZ_TEST_SERVER (the oldest version, say)."""
    if foreign := os.environ.get("BOOSTEZ_TEST_SERVER"):
        yield ForeignServer(foreign)
        return
    with memory.folder() as folder:
        server = postgres.start(folder / "data")
        _keep_its_log_short(server)
        yield server
        server.stop()
        postgres.remove(server.data)


def _keep_its_log_short(server: postgres.Server) -> None:
    """Memory is scarcer than a disk."""
    with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def template(postgres_server: TestServer) -> str:
    """The name of a migrated, empty database."""
    name = f"template_{os.getpid()}"
    postgres_server.create_database(name)
    region = Region(postgres_server.url(name))
    migrations.upgrade(region)
    region.dispose()
    return name


@pytest.fixture(scope="session")
def databases(postgres_server: TestServer, template: str) -> Databases:
    """Those that tests have one after the other."""
    return Databases(postgres_server, template)


@pytest.fixture
def database_url(postgres_server: TestServer, databases: Databases) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    name, uses = databases.take(fresh_name("test"))
    yield postgres_server.url(name)
    databases.give_back(name, uses)


@pytest.fixture
def empty_database_url(postgres_server: TestServer) -> Iterator[str]:
    """A database without a table."""
    name = fresh_name("empty")
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one the test is skipped, but in CI.

    It lives for a module: as long as it does, an event loop runs in this thread, and other tests start their own.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        assert not os.environ.get("CI"), "CI needs a Chromium"
        pytest.skip("no Chromium is here: install it, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


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


@pytest.fixture(scope="session")
def ops() -> Iterator[Operations]:
    """A Prefect server on PostgreSQL, for the tests of the group "operations"."""
    from tests.operations import operations

    with operations() as started:
        yield started


@pytest.fixture
def client(ops: Operations) -> Iterator[SyncPrefectClient]:
    """A client of it."""
    with ops.client() as client:
        yield client
