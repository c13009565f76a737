"""The heartbeat: a sign of life to a dead man's switch, and to whoever reads the portal's /readyz.

Belongs here: one beat. Does not: its calls (connectors/heartbeat.py), or what watches for silence (deployments/watchdog.py).
"""

from __future__ import annotations

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

from connectors import heartbeat
from connectors.region import condition
from connectors.region.database import region
from connectors.settings import Settings
from schemas.errors import BoostezError


def is_scheduled() -> bool:
    """Whether a schedule started this run: one that somebody pressed does not prove that schedules run."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.auto_scheduled)


@task(name="beat", retries=0, cache_policy=NO_CACHE)
def beat(settings: Settings) -> None:
    """Note the beat in the database, and tell the switch that it was good, or why not.

    Raises:
        BoostezError: the database takes no beat, or the switch does not answer.

    """
    address, private = settings.heartbeat_url, settings.private_hosts
    try:
        condition.beat(region())
    except BoostezError as error:
        if address:
            heartbeat.call(address, "/fail", str(error), private=private)
        raise
    if address:
        heartbeat.call(address, private=private)
