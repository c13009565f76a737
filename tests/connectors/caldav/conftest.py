from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest

from tests.calendars import calendars, line, radicale, server
from tests.connectors.outside import Server

__all__ = ["calendars", "line", "radicale", "server"]


@pytest.fixture
def outside() -> Iterator[Server]:
    """A server that does as it is told."""
    with Server() as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()
