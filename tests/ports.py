"""Ports of this machine that nobody uses.

Below those that the system itself gives to whoever calls somebody: such a one was taken between being found and being listened on.
"""

from __future__ import annotations

import socket
from random import SystemRandom
from typing import Final

_OURS: Final = range(20_000, 32_000)
_random: Final = SystemRandom()  # the common one is seeded alike in every process that tests


def free_port() -> int:
    """Any."""
    return _first_of(1)


def free_pair() -> int:
    """One whose next is free too, as the sandbox wants them."""
    return _first_of(2)


def _first_of(number: int) -> int:
    while True:
        first = _random.choice(_OURS)
        if all(map(_is_free, range(first, first + number))):
            return first


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
