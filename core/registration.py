"""What a server should know against what it knows: the changes that make it so.

Belongs here: comparing declared things with found ones, field by field. Does not: what is declared (deployments/declared.py),
or any server (deployments/server.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec


class Thing(msgspec.Struct, frozen=True):
    """One thing on a server. ``fields`` holds only what the code decides: what people set by hand is not in it.

    ``ours`` tells whether we put it there: only then may it be removed.
    """

    kind: str
    name: str
    fields: dict[str, Any]
    ours: bool = True


class Change(msgspec.Struct, frozen=True):
    """What is done to one thing; ``fields`` tells (found, declared) of each that differs."""

    does: Literal["create", "change", "remove"]
    kind: str
    name: str
    fields: dict[str, tuple[Any, Any]]


def changes(declared: Sequence[Thing], found: Sequence[Thing]) -> tuple[Change, ...]:
    """What makes the server know what is declared, in the order of doing it; nothing when it does.

    Things are made in the order in which they are declared, and removed in the reverse order of ``found``.
    """
    there = {(thing.kind, thing.name): thing for thing in found}
    wanted = {(thing.kind, thing.name) for thing in declared}
    made = [change for thing in declared if (change := _made(thing, there.get((thing.kind, thing.name))))]
    removed = [
        Change("remove", thing.kind, thing.name, {})
        for thing in reversed(found)
        if thing.ours and (thing.kind, thing.name) not in wanted
    ]
    return (*made, *removed)


def _made(wanted: Thing, found: Thing | None) -> Change | None:
    before = found.fields if found else {}
    differing = {
        name: (before.get(name), wanted.fields.get(name))
        for name in sorted({*before, *wanted.fields})
        if before.get(name) != wanted.fields.get(name)
    }
    if found is None:
        return Change("create", wanted.kind, wanted.name, differing)
    return Change("change", wanted.kind, wanted.name, differing) if differing else None
