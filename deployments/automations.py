"""What Prefect's server does by itself about runs that died.

Belongs here: what it watches for, and what it sets going. Does not: whether a run is run again (core/recovery.py).

Why it is so, and what was tried instead: docs/adr/0027-a-run-that-died-is-run-again-once.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture

from core.recovery import AGAIN, CANCELLING, DIED
from core.registration import Thing

HEARTBEAT: Final = dt.timedelta(seconds=30)  # how often a run says that it lives; Prefect's shortest
SILENCE: Final = 3 * HEARTBEAT  # after which it is dead
SETTLED: Final = dt.timedelta(seconds=15)  # the worker tells of one crash twice, up to seven seconds apart
RECOVER: Final = "recover-run/recover"
# A server that was itself killed holds a state's event back for minutes, until it is sure that none precedes it: silence starts this at
# once. The run that it starts looks whether another one was faster. Silence is also heard of runs that ended while a heartbeat was
# under way, so only those that may be run again start one: of the others there are hundreds an hour.
_RECOVERING: Final = {
    "type": "run-deployment",
    "source": "selected",
    "deployment_id": RECOVER,
    "parameters": {"run": "{{ event.resource.id }}"},
    "job_variables": None,
    "schedule_after": 0.0,
}
_ANY: Final = frozenset({"prefect.flow-run.*"})
_DEPLOYED: Final = {"prefect.resource.role": "deployment"}
_COMES_AGAIN: Final = {"prefect.resource.id": f"prefect.tag.{AGAIN}"}
_ALIVE: Final = (
    *("Pending", "Submitting", "pull-step.executed"),
    *("Running", "Retrying", "heartbeat"),
)


def declared(silence: dt.timedelta = SILENCE, settled: dt.timedelta = SETTLED) -> tuple[Thing, ...]:
    """The automations; the deployment that one starts is told by its name."""
    seconds = f"{silence.total_seconds():.0f} s"
    return (
        _automation(
            "boostez: a run is silent",
            f"A run of a deployment was not heard of for {seconds}, three heartbeats: it has crashed.",
            _unheard(_ALIVE, silence, _DEPLOYED),
            _put(StateType.CRASHED, f"Nothing was heard of this run for {seconds}: its process is gone."),
        ),
        _automation(
            "boostez: nobody ends a run",
            f"A run that somebody cancelled has not ended after {seconds}: nobody is there who could, so it is cancelled.",
            _unheard([CANCELLING], silence, _DEPLOYED, frozenset({"prefect.flow-run.Cancelled"})),
            _put(StateType.CANCELLED, f"Nobody had ended this run after {seconds}: its worker is gone."),
        ),
        _automation(
            "boostez: a silent run goes on",
            f"A run that finds its work in rows was not heard of for {seconds}: it is run again, once.",
            _unheard(_ALIVE, silence, _COMES_AGAIN),
            _RECOVERING,
        ),
        _automation(
            "boostez: a run died",
            "A run that finds its work in rows has crashed or failed: it is run again, once.",
            _unheard(DIED, settled, _COMES_AGAIN),
            _RECOVERING,
        ),
    )


def _unheard(
    after: Iterable[str], within: dt.timedelta, related: dict[str, str], expected: frozenset[str] = _ANY
) -> EventTrigger:
    """A run of these, of which nothing that is expected is heard after one of these signs.

    Whatever is heard of a run ends one wait; so every sign of a run that is not over begins the next one. Only runs of deployments:
    what the command line runs sends no heartbeat, and its end is seen by whoever typed it. A run that is being cancelled may only
    become Cancelled, and its process may go on to send heartbeats, without a worker that could end it.
    """
    return EventTrigger(
        after={f"prefect.flow-run.{sign}" for sign in after},
        expect=set(expected),
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related=related,
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=within,
    )


def _put(state: StateType, message: str) -> dict[str, Any]:
    change = ChangeFlowRunState(state=state, name=state.value.capitalize(), message=message)
    return change.model_dump(mode="json")


def _automation(name: str, description: str, trigger: EventTrigger, action: dict[str, Any]) -> Thing:
    fields = {"description": description, "trigger": comparable(trigger), "actions": [action]}
    return Thing("automation", name, fields)


def comparable(trigger: EventTrigger) -> dict[str, Any]:
    """A trigger as a value: its sets have no order of their own."""
    told = trigger.model_dump(mode="json")
    return told | {name: sorted(told[name]) for name in ("after", "expect", "for_each")}
