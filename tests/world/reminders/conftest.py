from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.conftest import TestServer
from tests.world.reminders.stage import Place, set_up_place

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def place(
    postgres_server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A place of the module's own, on a database of its own."""
    name = f"reminders_{os.getpid()}_{next(_numbers)}"
    postgres_server.create_database(name, template)
    with set_up_place(postgres_server.url(name), tmp_path_factory.mktemp("world")) as ready:
        yield ready
    postgres_server.drop_database(name)
