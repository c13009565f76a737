"""The morning page: what ran, what waits, what is stuck, what drifts, what is late, and what solves each.

Belongs here: the order. Does not: a line of it (tasks/morning.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.database import safe_region
from connectors.settings import settings
from tasks.morning import gather, show


@flow(name="morning", flow_run_name="morning page for staff", description=__doc__)
def morning() -> dict[str, Any]:
    """Leave the page as an artifact. Changes nothing."""
    chosen, region = settings(), safe_region()
    with region.at_work():
        page = gather(region, chosen, clock.now())
    show(page)
    return dict(msgspec.to_builtins(page))
