"""Plan: what each channel should carry, written into the ledger; what is not so yet is the plan.

Belongs here: the order, and asking a person when a guard stopped some of it. Does not: the comparison
(connectors/region/publishing/planning.py), the guard's rule (core/guards.py) or carrying it out (deliver.py).
"""

from __future__ import annotations

from collections.abc import Iterator

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors import clock
from connectors.region.database import Region
from connectors.region.publishing import planning
from connectors.registry import channel as channel_of
from connectors.registry import policies
from connectors.settings import Settings
from core.days import paris_day
from core.plan import Plan
from core.policy import Policy
from tasks.run import Run
from tasks.tell import ask


def channels(run: Run) -> Iterator[Policy]:
    """The policy of each channel, in the order of the reviewed file."""
    yield from policies(run.settings.channels_file).values()


@task(name="plan", task_run_name="plan-{policy.channel}", cache_policy=NO_CACHE)
def plan(run: Run, policy: Policy) -> Plan:
    """Write into the ledger what the channel should carry; the plan is what is not so yet."""
    with run.meter.stage(f"plan {policy.channel}") as stage:
        planned = plan_now(run.region, run.settings, policy, run.number)
        stage.documents = planned.changes
    for line in planned.lines():
        get_run_logger().info(line)
    return planned


def plan_now(region: Region, settings: Settings, policy: Policy, run_id: int | None = None) -> Plan:
    """Plan a channel, and have a person decide on what a guard stopped of it.

    Raises:
        Misconfigured: the channel's settings do not fit.

    """
    channel = channel_of(policy.channel, settings, region)
    form = channel.capabilities.form
    channel.close()
    today = paris_day(clock.now())
    planned = planning.plan(region, policy, form, today, run_id, limits=settings.limits)
    if planned.stopped:
        ask(planned.stopped)
    return planned.plan
