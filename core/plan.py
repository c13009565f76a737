"""A plan: the ordered changes that a channel needs, as a value that can be printed, refused or approved.

Belongs here: the value and how it reads. Does not: how it is computed (connectors/region/ledger/ledger.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Operation = Literal["create", "update", "withdraw"]
SIGNS = {"create": "+", "update": "~", "withdraw": "-"}


class Example(msgspec.Struct, frozen=True):
    """One change of a plan, to be shown to a person."""

    operation: Operation
    subject: str
    title: str


class Plan(msgspec.Struct, frozen=True):
    """What ``channel`` needs, computed from the offers as of ``revision``.

    ``held`` withdrawals are not in it: a guard keeps them, as plan number ``held_by``, or because somebody refused them.
    """

    channel: str
    revision: int
    create: int = 0
    update: int = 0
    withdraw: int = 0
    examples: tuple[Example, ...] = ()
    held: int = 0
    held_by: int | None = None

    @property
    def changes(self) -> int:
        """How many effects the plan holds."""
        return self.create + self.update + self.withdraw

    def lines(self) -> Iterator[str]:
        """The plan as a person reads it."""
        if self.held:
            way_out = (
                "`boostez plan list --all` shows why"
                if self.held_by is None
                else f"decide with `boostez plan approve|refuse {self.held_by}`"
            )
            yield f"{self.channel}: a guard keeps {self.held} from being withdrawn; {way_out}"
        if not self.changes:
            yield f"{self.channel}: nothing to do"
            return
        yield f"{self.channel}: {self.create} to create, {self.update} to update, {self.withdraw} to withdraw"
        for example in self.examples:
            yield f"  {SIGNS[example.operation]} {example.subject}  {example.title}"
        if self.changes > len(self.examples):
            yield f"  … and {self.changes - len(self.examples)} more"
