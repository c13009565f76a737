"""What a folder of worlds is played on: one place for all its tests, on a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.conftest import TestServer, fresh_name

P = TypeVar("P")


def placed(set_up: Callable[[str, Path], AbstractContextManager[P]]) -> Any:
    """The fixture ``place`` of a folder, set up on a migrated, empty database and a folder."""

    @pytest.fixture(scope="package")
    def place(
        postgres_server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[P]:
        name = fresh_name("place")
        postgres_server.create_database(name, template)
        with set_up(postgres_server.url(name), tmp_path_factory.mktemp("world")) as ready:
            yield ready
        postgres_server.drop_database(name)

    return place
