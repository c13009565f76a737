"""Announcing: carrying out what dialogues want of their channels.

Belongs here: the one step that delivers them, channel by channel. Does not: what is wanted (connectors/region/dialogues/announcing.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.dialogues import announcing
from connectors.settings import Settings
from tasks.deliver import carry_out
from tasks.progress import Progress
from tasks.run import Delivered


@task(name="announce", retries=0, cache_policy=NO_CACHE)
def announce(region: Region, settings: Settings, channels: Sequence[str]) -> dict[str, Delivered]:
    """Have each channel show what is due there. Trouble on one leaves the others alone."""
    announcing.forget_unseen(region, channels)
    told: dict[str, Delivered] = {}
    for name in channels:
        delivered = told.setdefault(name, Delivered())
        carry_out(region, settings, name, delivered, Progress(f"dialogues on {name}", 0))
    return told
