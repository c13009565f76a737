"""Settling what is unknown.

Belongs here: the order of the look-ups. Does not: a look-up (tasks/settle.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors.region.database import safe_region
from connectors.registry import policies
from connectors.settings import settings
from tasks.settle import settle


@flow(name="settle-effects", description=__doc__)
def settle_effects() -> dict[str, Any]:
    """Look up every unknown effect that is due, channel by channel."""
    chosen, database = settings(), safe_region()
    with database.at_work():
        return {
            name: msgspec.to_builtins(settle(database, chosen, name))
            for name in policies(chosen.channels_file)
        }
