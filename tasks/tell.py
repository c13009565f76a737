"""Tell: have a person know what needs one, once, and hear when it is over.

Belongs here: what is worth an alert and in which words, sending what is due, asking for a decision. Does not: an alert's row
(connectors/region/alerting/alerts.py), who hears of it when (core/alerting.py), a message's way (deliver.py) or the decision's form
(flows/decide.py).

Most alerts follow from where things stand, not from what happened: a crash between a fault and its alert loses nothing,
because the next run sees the same fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

from connectors import clock
from connectors.alert_rules import addresses, alert_rules
from connectors.alerts.channel import NAME
from connectors.region.alerting import alerts, notices
from connectors.region.database import Region
from connectors.region.dialogues import host_letters
from connectors.region.digests import editions
from connectors.region.ledger import channel_state
from connectors.region.ledger.channel_state import Standing
from connectors.region.offers import postings
from connectors.region.publishing import failing, plans
from connectors.region.publishing.plans import Stopped
from connectors.settings import Settings
from core.days import at_paris
from schemas.errors import Unreachable
from tasks import forms
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered, Run

DECIDE: Final = "decide-plan/decide"  # the deployment whose run shows the form
PRESS: Final = (
    "press ⋮ at the top right of this page, then Resume"  # where a suspended run's form is, in Prefect's UI
)
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
        sound(run.region, source, f"{run.source.name} could not be read", message)
        raise
    else:
        over(run.region, source)
    finally:
        tell(run.region, run.settings)


def sound(region: Region, cause: str, title: str, message: str) -> bool:
    """Raise an alert of a cause, unless one is open. Returns whether it is new."""
    return alerts.sound(region, cause, title, message, clock.now())


def over(region: Region, *causes: str) -> None:
    """What these alerts said is over."""
    if causes:
        alerts.resolve(region, clock.now(), *causes)


class _Due(NamedTuple):
    """What stands so that somebody must know: it is told once, and over when it stands so no more."""

    cause: str
    title: str
    message: str


_STANDING: Final = (
    plans.CAUSE,
    postings.CAUSE,
    host_letters.CAUSE,
    editions.HELD,
    "paused ",
    "parked ",
    failing.CAUSE,
)  # what the causes of these begin with


@task(name="tell", retries=0, cache_policy=NO_CACHE)
def tell(region: Region, settings: Settings) -> Delivered:
    """Raise what stopped plans and the channels' standings call for, end what they no longer do, and send what is due.

    Raises:
        Misconfigured: the file of alerts does not fit its schema, or makes no sense; every alert is kept.

    """
    rules = alert_rules(settings.alerts_file)
    standing = (
        *_stopped(region),
        *_troubled(region),
        *_refused(region, rules.failures),
        *_posted(region),
        *_unreached(region),
        *_undecided(region),
    )
    due = {each.cause: each for each in standing}
    for each in due.values():
        sound(region, *each)
    unresolved = alerts.unresolved(region)
    over(region, *(a.cause for a in unresolved if a.cause.startswith(_STANDING) and a.cause not in due))
    for told in notices.give(region, rules, addresses(settings), clock.now()):
        get_run_logger().info("%s: %s", told.notice.why, told.alert.title)
    delivered = Delivered()
    carry_out(region, settings, NAME, delivered, Progress("tell", 0))
    for alert in unresolved:
        get_run_logger().warning("since %s: %s", alert.raised_at, alert.title)
    return delivered


def _stopped(region: Region) -> Iterator[_Due]:
    for held in plans.waiting(region):
        yield _Due(held.cause, f"A guard stopped a plan for {held.place}", held.words())


def _posted(region: Region) -> Iterator[_Due]:
    for posting in postings.listed(region):
        known = postings.employer_name(region, posting.siret)
        yield _Due(posting.cause, f"An offer waits for an officer: {posting.title}", posting.brief(known))


def _troubled(region: Region) -> Iterator[_Due]:
    for name, standing in channel_state.standings(region).items():
        if standing.paused:
            yield _Due(f"paused {name}", f"{name} is paused", _paused(name, standing))
        if standing.parked:
            title = f"{standing.parked} effects on {name} wait for a person"
            yield _Due(f"parked {name}", title, _parked(name))


def _refused(region: Region, least: int) -> Iterator[_Due]:
    for each in failing.failing(region, least, clock.now()):
        message = (
            f"{each.number} effects on {each.channel} were refused for one cause ({each.why}), the first at {at_paris(each.since)} "
            f"in Paris. One of them: {each.error}\n\nMend the cause, then `boostez replay effects --channel {each.channel} "
            f"--cause {each.why}`."
        )
        yield _Due(each.cause, f"{each.channel} refuses {each.number} effects: {each.why}", message)


def _unreached(region: Region) -> Iterator[_Due]:
    for each in host_letters.unreached(region, clock.now()):
        message = (
            f"The relay refused the letter about « {each.title} ». Telephone the {each.host}, or have somebody else hold it: "
            f"`boostez dialogue move {each.ref}`. When their address takes letters again: `boostez replay effects --channel mail "
            f"--cause content`. More: {RUNBOOK}/letters-come-back.md"
        )
        yield _Due(each.cause, f"{each.name} does not know of dialogue {each.ref}", message)


def _undecided(region: Region) -> Iterator[_Due]:
    if held := editions.held(region):
        roles = ", ".join(each.role for each in held)
        message = (
            f"Nobody approved of the digests of {roles} as they are: `boostez digest preview ROLE`, then `boostez digest approve ROLE`. "
            f"What still waits on {at_paris(held[0].until)} (Paris) is not sent that week. More: {RUNBOOK}/digests.md"
        )
        yield _Due(editions.HELD, f"Digests wait for somebody to read them: {roles}", message)


def _paused(name: str, standing: Standing) -> str:
    return (
        f"{standing.paused_reason}\n\nWhat changes meanwhile accumulates; the other channels go on. When the cause is mended: "
        f"`boostez channel resume {name}`. More: {RUNBOOK}/channel-paused.md"
    )


def _parked(name: str) -> str:
    return (
        f"Nobody can look up whether they happened, so they are not sent again by themselves. Look at the channel, then "
        f"`boostez replay effects --channel {name} --parked`. More: {RUNBOOK}/unknown-effects.md"
    )


def ask(stopped: Stopped) -> None:
    """Have a person decide on a stopped plan: one form a place, however often the plan changes."""
    held = stopped.plan
    if not stopped.fresh or FlowRunContext.get() is None:
        return
    otherwise = f"decide with `boostez plan approve|refuse {held.id}`"
    forms.show(DECIDE, {"plan": held.id}, held.place, otherwise=otherwise)
