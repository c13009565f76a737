"""The hub's heartbeat, every two minutes, day and night.

Belongs here: the order. Does not: a beat (tasks/heartbeat.py).
"""

from __future__ import annotations

from prefect import flow

from connectors.settings import settings
from tasks.heartbeat import beat, is_scheduled


@flow(name="heartbeat", description=__doc__)
def heartbeat() -> bool:
    """Beat, if a schedule started this. Returns whether it did."""
    if not is_scheduled():
        return False
    beat(settings())
    return True
