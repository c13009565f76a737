from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conftest import TestServer
from tests.world.digests.world import Place, set_up_place


@pytest.fixture(scope="package")
def place(
    postgres_server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A place of this folder's, on a database of its own."""
    name = f"digests_{os.getpid()}"
    postgres_server.create_database(name, template)
    with set_up_place(postgres_server.url(name), tmp_path_factory.mktemp("world")) as ready:
        yield ready
    postgres_server.drop_database(name)
