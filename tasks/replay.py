"""Replay: having done again what failed, or what a channel should be sent anew.

Belongs here: mark, then deliver at once. Does not: what is chosen (connectors/region/publishing/replays.py) or payloads (recheck.py).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.publishing import replays
from connectors.region.publishing.replays import Choice, Replayed
from connectors.settings import Settings
from core.effects import Only
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered


class Outcome(msgspec.Struct):
    """What was replayed, and what came of it on each channel."""

    replayed: Replayed
    channels: dict[str, Delivered] = msgspec.field(default_factory=dict)


@task(name="replay-failed", retries=0, cache_policy=NO_CACHE)
def replay_failed(region: Region, settings: Settings, choice: Choice, *, dry: bool) -> Outcome:
    """Try again what failed."""
    return _replay(replays.failed, region, settings, choice, dry=dry)


@task(name="replay-carried", retries=0, cache_policy=NO_CACHE)
def replay_carried(region: Region, settings: Settings, choice: Choice, *, dry: bool) -> Outcome:
    """Write again what a channel carries."""
    return _replay(replays.carried, region, settings, choice, dry=dry)


def _replay(
    mark: Callable[..., Replayed], region: Region, settings: Settings, choice: Choice, *, dry: bool
) -> Outcome:
    outcome = Outcome(mark(region, choice, dry=dry))
    if not dry:
        for name, number in outcome.replayed.by_channel.items():
            delivered = outcome.channels.setdefault(name, Delivered())
            carry_out(
                region, settings, name, delivered, Progress(f"replay {name}", number), Only(cause="asked")
            )
    return outcome
