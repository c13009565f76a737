from __future__ import annotations

import socket

import pytest

from portal.server import _bound
from schemas.errors import Misconfigured


def test_a_taken_port_names_its_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Misconfigured, match="BOOSTEZ_PORTAL_PORT"):
            _bound("127.0.0.1", taken.getsockname()[1])
