"""Recover: read what became of a run, tell of it, and have it run again.

Belongs here: these words with Prefect's server, and the alert's. Does not: the rule (core/recovery.py), or runs that stay failed
(watch_runs.py).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import msgspec
from prefect.client.orchestration import get_client
from prefect.client.schemas import OrchestrationResult
from prefect.client.schemas.responses import SetStateStatus
from prefect.states import AwaitingRetry

from connectors.region.database import Region
from core.recovery import runs_again
from schemas.errors import Refused
from tasks.tell import RUNBOOK, over, sound

CAUSE: Final = "died "  # what the causes of alerts about it begin with
MESSAGE: Final = "It died, and finds its work in rows: it is run again, once."


class Past(msgspec.Struct, frozen=True):
    """What a run was, and of which deployment: the names of its states, oldest first."""

    id: UUID
    name: str
    deployment: str
    tags: frozenset[str]
    states: tuple[str, ...]


def recover(region: Region, run: str) -> tuple[Past, bool]:
    """What became of a run, and whether it is therefore run again, which people hear of.

    One at a time: its silence and its death may each have started this, and whoever is second sees what the first did. It is told
    first: a crash in between tells once more of one alert, the other way round nobody would hear of it.

    Raises:
        Refused: the database is being restored, or Prefect's server would not; its words.
        Unreachable: the database does not answer.

    """
    with region.sole_recovery(run):
        died = _past(run)
        again = runs_again(died.states, died.tags)
        if again:
            with region.at_work():
                _say_that_it_died(region, died)
            _try_again(died)
    return died, again


def _past(run: str) -> Past:
    with get_client(sync_client=True) as client:
        found = client.read_flow_run(UUID(run))
        states = sorted(client.read_flow_run_states(found.id), key=lambda state: state.timestamp)
        of = client.read_flow(found.flow_id).name
        if found.deployment_id:
            of += f"/{client.read_deployment(found.deployment_id).name}"
    return Past(found.id, found.name, of, frozenset(found.tags), tuple(state.name or "" for state in states))


def _say_that_it_died(region: Region, died: Past) -> None:
    """Have people hear of it in office hours: nothing is to be done, but what dies every day has a cause."""
    message = (
        f"« {died.name} » was killed, or failed, and is run again by itself: nothing is lost or done twice. If it dies again, an alert about "
        f"runs of {died.deployment} follows. What kills runs: {RUNBOOK}/runs-crashed.md"
    )
    cause = f"{CAUSE}{died.deployment}"
    sound(region, cause, f"A run of {died.deployment} died and is run again", message)
    over(region, cause)  # told is told: nothing stands open


def _try_again(died: Past) -> None:
    """Have a worker take it, now."""
    with get_client(sync_client=True) as client:
        answer: OrchestrationResult[Any] = client.set_flow_run_state(died.id, AwaitingRetry(message=MESSAGE))
    if answer.status is not SetStateStatus.ACCEPT:
        raise Refused(f"Prefect does not let {died.name} run again: {answer.details}")
