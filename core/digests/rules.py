"""Who has which digest when, as values.

Belongs here: the rules, what is wrong with a set of them, how a reader is named. Does not: the rules themselves
(deployments/digests.toml), or officials and coaches, who are in tables.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from core.digests.weeks import Slot
from schemas.letters import Role

TABLES: Final[frozenset[Role]] = frozenset({"officials", "coaches"})
"""The roles whose readers are in tables; those of the others are in the reviewed file."""
_CHANGES: Final = (dt.time(2), dt.time(3))  # the hour that does not exist, or exists twice


class Reader(msgspec.Struct, frozen=True):
    """Who has a digest. ``key`` names them in the ledger and in links, and is no address."""

    key: str
    name: str
    email: str


class Rule(msgspec.Struct, frozen=True):
    """When a role's digest is due, and its readers where no table has them."""

    slot: Slot
    readers: tuple[Reader, ...] = ()


Rules = Mapping[Role, Rule]


def reader(name: str, email: str) -> Reader:
    """Somebody of the reviewed file: known by a hash of the address, however it is written."""
    return Reader(hashlib.sha256(email.strip().lower().encode()).hexdigest()[:16], name, email)


def faults(rules: Rules) -> Iterator[str]:
    """What is wrong with a set of rules, a sentence each."""
    for role, rule in rules.items():
        if _CHANGES[0] <= rule.slot.at < _CHANGES[1]:
            yield f"{role}: no digest between 02:00 and 03:00, an hour that does not exist, or exists twice, when clocks change."
        for key, number in Counter(each.key for each in rule.readers).items():
            if number > 1:
                (name, *_) = (each.name for each in rule.readers if each.key == key)
                yield f"{role}: {name!r} has an address that is there {number} times."
