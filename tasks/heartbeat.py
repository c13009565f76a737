"""The heartbeat: a sign of life to a dead man's switch, and to whoever reads the portal's /readyz.

Belongs here: one beat, and a failed one. Does not: its calls (connectors/heartbeat.py), or what watches for silence
(deployments/watchdog.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

from connectors import heartbeat
from connectors.region.database import Region
from connectors.region.upkeep import condition
from connectors.settings import Settings
from schemas.errors import BoostezError


def is_scheduled() -> bool:
    """Whether a schedule started this run: one that somebody pressed does not prove that schedules run."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.auto_scheduled)


@contextmanager
def failures_told(settings: Settings) -> Iterator[None]:
    """The switch hears at once why there is no beat, rather than nothing for as long as it waits."""
    try:
        yield
    except BoostezError as error:
        if settings.heartbeat_url:
            heartbeat.call(settings.heartbeat_url, "/fail", str(error), private=settings.private_hosts)
        raise


@task(name="beat", retries=0, cache_policy=NO_CACHE)
def beat(region: Region, settings: Settings) -> None:
    """Note the beat in the database, and tell the switch that it was good.

    Raises:
        BoostezError: the database takes no beat, or the switch does not answer.

    """
    condition.beat(region)
    if settings.heartbeat_url:
        heartbeat.call(settings.heartbeat_url, private=settings.private_hosts)
