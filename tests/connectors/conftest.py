from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.region import migrations
from connectors.region.database import Region


@pytest.fixture
def region(database_url: str) -> Iterator[Region]:
    """A migrated Region database of the test's own."""
    database = Region(database_url)
    migrations.upgrade(database)
    yield database
    database.dispose()
