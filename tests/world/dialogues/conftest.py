from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conftest import TestServer
from tests.world.dialogues.stage import Place, set_up_place
from tests.world.dialogues.walking import Clean
from tests.world.dialogues.world import World


@pytest.fixture(scope="package")
def place(
    postgres_server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A place of this folder's, on a database of its own."""
    name = f"dialogues_{os.getpid()}"
    postgres_server.create_database(name, template)
    with set_up_place(postgres_server.url(name), tmp_path_factory.mktemp("world")) as ready:
        yield ready
    postgres_server.drop_database(name)


@pytest.fixture(scope="package")
def clean(place: Place) -> Clean:
    """The stories of clean worlds."""
    return Clean(lambda tale: World(place, tale, curious=True).play())
