"""What many tests need: a PostgreSQL server, a database of their own, a Prefect server, a browser."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import selection

if TYPE_CHECKING:  # each takes a second to import, Prefect two: only tests that use it pay for it
    from playwright.sync_api import Browser
    from prefect.client.orchestration import SyncPrefectClient

    from tests.databases import Databases
    from tests.operations import Operations

# A shared machine is slow at times: what fails by the clock proves nothing, neither an example nor how long it took to draw.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile(
    "quick", hypothesis_settings.get_profile("patient"), max_examples=10
)  # `make test-fast`
hypothesis_settings.load_profile(os.environ.get("BOOSTEZ_TEST_EXAMPLES", "patient"))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A module of which ``-m`` chooses nothing is not even imported."""
    return selection.holds_nothing(collection_path, config.option.markexpr) or None


SHARED = Path(__file__).parents[2] / "shared"
_numbers = itertools.count(1)


def fresh_name(kind: str) -> str:
    """A database's name that no other test has."""
    return f"{kind}_{os.getpid()}_{next(_numbers)}"


class TestServer(Protocol):
    """Where databases are made."""

    def url(self, database: str) -> str: ...
    def create_database(self, name: str, template: str = ...) -> None: ...
    def drop_database(self, name: str) -> None: ...


setattr(TestServer, "__test__", False)  # noqa: B010 - for pytest; a member of the protocol it is not


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[TestServer]:
    """A PostgreSQL for the session: the embedded one, or that of BOOSTEZ_TEST_SERVER (the oldest version, say)."""
    from tests import servers

    with servers.serving(os.environ.get("BOOSTEZ_TEST_SERVER")) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres_server: TestServer) -> str:
    """The name of a migrated, empty database."""
    from tests import servers

    return servers.migrated(postgres_server, f"template_{os.getpid()}")


@pytest.fixture(scope="session")
def databases(postgres_server: TestServer, template: str) -> Databases:
    """Those that tests have one after the other."""
    from tests.databases import Databases

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
    from playwright.sync_api import sync_playwright

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
