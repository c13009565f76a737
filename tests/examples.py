"""How many examples a property is played with that wants more or fewer than a hundred."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100


def scaled(number: int) -> int:
    """So many, or as much fewer as `make test-fast` plays of a property that wants a hundred."""
    return max(1, number * settings().max_examples // _USUAL)
