"""The hub's heartbeat, every two minutes, day and night.

Belongs here: the order. Does not: a beat (tasks/heartbeat.py).
"""

from __future__ import annotations

from contextlib import nullcontext

from prefect import flow

from connectors.region.database import safe_region
from connectors.settings import settings
from tasks.heartbeat import beat, failures_told, is_scheduled


@flow(name="heartbeat", flow_run_name="sign of life", description=__doc__)
def heartbeat() -> bool:
    """Beat, if a schedule started this. Returns whether it did."""
    chosen, scheduled = settings(), is_scheduled()
    with failures_told(chosen) if scheduled else nullcontext():
        database = safe_region()
        if scheduled:
            beat(database, chosen)
    return scheduled
