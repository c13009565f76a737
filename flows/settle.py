"""Settling what is unknown.

Belongs here: the order of the look-ups. Does not: a look-up (tasks/settle.py) or who is told (tasks/tell.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors.region.database import safe_region
from connectors.registry import EVERY
from connectors.settings import settings
from tasks.settle import settle
from tasks.tell import tell


@flow(name="settle-effects", flow_run_name="look up unknown effects", description=__doc__)
def settle_effects() -> dict[str, Any]:
    """Look up every unknown effect that is due, channel by channel, and tell of those that a person must look up."""
    chosen, database = settings(), safe_region()
    with database.at_work():
        settled = {name: settle(database, chosen, name) for name in EVERY}
        tell(database, chosen)
    return dict(msgspec.to_builtins(settled))
