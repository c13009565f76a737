from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import TestServer, fresh_name
from tests.world.scenario import World
from tests.world.stage import Stage, set_up
from tests.world.walking import Clean


@pytest.fixture(scope="module")
def database(postgres_server: TestServer, template: str) -> Iterator[str]:
    """A migrated, empty database of the module's own."""
    name = fresh_name("world")
    postgres_server.create_database(name, template)
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="module")
def stage(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage for the module: its seams are in nobody else's way."""
    with set_up(database, tmp_path_factory.mktemp("world")) as ready:
        yield ready


@pytest.fixture(scope="module")
def clean(stage: Stage) -> Clean:
    """The points of clean worlds."""
    return Clean(lambda tale: World(stage, tale=tale, curious=True).play())
