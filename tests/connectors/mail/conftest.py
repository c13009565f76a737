from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.region.database import Region
from tests.mailrooms import Mailroom, mailroom


@pytest.fixture
def room(region: Region) -> Iterator[Mailroom]:
    with mailroom(region) as opened:
        yield opened
