"""Tell: have a person know what needs one, once, and hear when it is over.

Belongs here: what is worth an alert and in which words, sending what waits, asking for a decision. Does not: an alert's row
(connectors/region/alerts.py), a message's way (deliver.py) or the decision's form (flows/decide.py).

Most alerts follow from where things stand, not from what happened: a crash between a fault and its alert loses nothing,
because the next run sees the same fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from connectors.alerts import wire
from connectors.alerts.channel import NAME
from connectors.region import alerts, channel_state, plans
from connectors.region.channel_state import Standing
from connectors.region.database import Region
from connectors.region.plans import Held, Stopped
from connectors.settings import Settings
from schemas.errors import Unreachable
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered, Run

DECIDE: Final = "decide-plan/decide"  # the deployment whose run shows the form
RUNBOOK: Final = "docs/runbook"


@contextmanager
def telling(run: Run) -> Iterator[None]:
    """Whatever comes of the run, whoever must know of it is told."""
    source = f"source {run.source.name}"
    try:
        yield
    except Unreachable as error:
        message = (
            f"{error}\n\nNothing was closed or withdrawn. What to do: {RUNBOOK}/contractor-unreachable.md"
        )
        sound(run.region, run.settings, source, f"{run.source.name} could not be read", message)
        raise
    else:
        over(run.region, source)
    finally:
        tell(run.region, run.settings)


def sound(region: Region, settings: Settings, cause: str, title: str, message: str) -> bool:
    """Raise an alert of a cause, unless one is open. Returns whether it is new."""
    destinations = [wire.destination(url.get_secret_value()) for url in settings.alert_urls]
    return alerts.sound(region, cause, title, message, destinations if cause not in _OWN else [])


_OWN: Final = frozenset({f"parked {NAME}", f"paused {NAME}"})  # no alert can say that alerts do not arrive


def over(region: Region, *causes: str) -> None:
    """What these alerts said is over."""
    alerts.resolve(region, *causes)


@task(name="tell", retries=0, cache_policy=NO_CACHE)
def tell(region: Region, settings: Settings) -> Delivered:
    """Raise what stopped plans and the channels' standings call for, and send every alert that waits."""
    _stopped(region, settings)
    for name, standing in channel_state.standings(region).items():
        _paused(region, settings, name, standing)
        _parked(region, settings, name, standing)
    delivered = Delivered()
    carry_out(region, settings, NAME, delivered, Progress("tell", 0))
    for alert in alerts.unresolved(region):
        get_run_logger().warning("since %s: %s", alert.raised_at, alert.title)
    return delivered


def _stopped(region: Region, settings: Settings) -> None:
    """A plan that waits has an alert, and no other plan has one: whatever became of the run that should have said so."""
    waiting = {held.cause: held for held in plans.waiting(region)}
    for cause, held in waiting.items():
        sound(region, settings, cause, f"A guard stopped a plan for {held.place}", in_words(held))
    open_ones = (alert.cause for alert in alerts.unresolved(region))
    over(region, *(cause for cause in open_ones if cause.startswith(plans.CAUSE) and cause not in waiting))


def _paused(region: Region, settings: Settings, name: str, standing: Standing) -> None:
    if not standing.paused:
        over(region, f"paused {name}")
        return
    message = (
        f"{standing.paused_reason}\n\nWhat changes meanwhile accumulates; the other channels go on. When the cause is mended: "
        f"`boostez channel resume {name}`. More: {RUNBOOK}/channel-paused.md"
    )
    sound(region, settings, f"paused {name}", f"{name} is paused", message)


def _parked(region: Region, settings: Settings, name: str, standing: Standing) -> None:
    if not standing.parked:
        over(region, f"parked {name}")
        return
    message = (
        f"Nobody can look up whether they happened, so they are not sent again by themselves. Look at the channel, then "
        f"`boostez replay effects --channel {name} --parked`. More: {RUNBOOK}/unknown-effects.md"
    )
    sound(
        region, settings, f"parked {name}", f"{standing.parked} effects on {name} wait for a person", message
    )


def ask(stopped: Stopped) -> None:
    """Have a person decide on a stopped plan: one form a place, however often the plan changes."""
    held = stopped.plan
    if not stopped.fresh or FlowRunContext.get() is None:
        return
    try:
        run_deployment(
            DECIDE, parameters={"plan": held.id}, timeout=0, as_subflow=False, tags=["boostez", held.place]
        )
    except ObjectNotFound:
        get_run_logger().warning(
            "No deployment %s shows a form here: decide with `boostez plan approve|refuse %d`",
            DECIDE,
            held.id,
        )


def in_words(held: Held) -> str:
    """A stopped plan as a person reads it: the numbers, ten examples, the way out."""
    numbers = "\n".join(f"- {name}: {number}" for name, number in held.numbers.items())
    examples = "\n".join(f"- {example}" for example in held.examples)
    return (
        f"{held.message}\n\nNothing of it was done.\n\n{numbers}\n\nExamples:\n{examples}\n\n"
        f"Plan {held.id} ({held.hash}). Decide in the Prefect UI, or with `boostez plan approve {held.id}` or "
        f"`boostez plan refuse {held.id}`. More: {RUNBOOK}/plan-stopped.md"
    )


def decided(region: Region, plan: int, verdict: str, by: str, reason: str) -> Held:
    """Carry a person's verdict (approve, refuse) out. Raises Refused when the plan is past or has moved."""
    decide = {"approve": plans.approve, "refuse": plans.refuse}[verdict]
    held = decide(region, plan, by, reason)
    if plans.newest(region, held) is None:
        over(region, held.cause)
    return held
