"""Recover: read what became of a run, and have it run again.

Belongs here: these two words with Prefect's server. Does not: the rule (core/recovery.py).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from prefect.client.orchestration import get_client
from prefect.client.schemas import OrchestrationResult
from prefect.client.schemas.responses import SetStateStatus
from prefect.states import AwaitingRetry

from schemas.errors import Refused

MESSAGE: Final = "It died, and finds its work in rows: it is run again, once."


class Past(msgspec.Struct, frozen=True):
    """What a run was: the names of its states, oldest first."""

    id: UUID
    name: str
    tags: frozenset[str]
    states: tuple[str, ...]


def past(run: str) -> Past:
    """What became of a run."""
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(UUID(run))
        states = sorted(client.read_flow_run_states(found.id), key=lambda state: state.timestamp)
    return Past(found.id, found.name, frozenset(found.tags), tuple(state.name or "" for state in states))


def try_again(died: Past) -> None:
    """Have a worker take it, now.

    Raises:
        Refused: the server would not; its words.

    """
    with get_client(sync_client=True) as client:
        answer: OrchestrationResult[Any] = client.set_flow_run_state(died.id, AwaitingRetry(message=MESSAGE))
    if answer.status is not SetStateStatus.ACCEPT:
        raise Refused(f"Prefect does not let {died.name} run again: {answer.details}")
