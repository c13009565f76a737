"""Seeded randomness: the same words give the same draws, on every machine.

Belongs here: from words to a number, and to a generator. Does not: what is drawn.
"""

from __future__ import annotations

from hashlib import blake2b
from random import Random


def number(*words: int | str) -> int:
    """64 bits that depend on every word."""
    return int.from_bytes(blake2b("\0".join(map(str, words)).encode(), digest_size=8).digest())


def seeded(*words: int | str) -> Random:
    """A generator that depends on every word."""
    return Random(number(*words))
