"""Letters that came back, every ten minutes.

Belongs here: the order. Does not: a step (tasks/bounces.py), or a relay's web hook, which notes at once what is told here
(portal/bounces.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.database import safe_region
from connectors.settings import settings
from tasks.bounces import take_bounces, tell_of_bounces
from tasks.tell import tell


@flow(name="take-bounces", flow_run_name="letters that came back", description=__doc__)
def take_bounces_in() -> dict[str, Any]:
    """Note what came back to the mailbox, if there is one, and have whoever can telephone know whose address is suspended."""
    chosen, database = settings(), safe_region()
    with database.at_work():
        now = clock.now()
        came = take_bounces(database, chosen.bounces, now) if chosen.bounces else None
        told = tell_of_bounces(database, now)
        tell(database, chosen)
    return dict(msgspec.to_builtins({"came": came, "told": told}))
