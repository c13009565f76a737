"""Which late runs do nothing that a later one does not.

Belongs here: the one rule. Does not: finding or forgetting runs (deployments/late.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from uuid import UUID

import msgspec


class Waiting(msgspec.Struct, frozen=True):
    """A run that a schedule made, and that nobody has begun."""

    id: UUID
    deployment: UUID
    due: dt.datetime


def superseded(waiting: Iterable[Waiting], now: dt.datetime) -> list[UUID]:
    """All runs that are due, but the newest of each deployment: what a flow has to do it finds in rows, not in its tick."""
    newest: dict[UUID, Waiting] = {}
    late = sorted((run for run in waiting if run.due <= now), key=lambda run: (run.due, run.id))
    for run in late:
        newest[run.deployment] = run
    return [run.id for run in late if newest[run.deployment] is not run]
