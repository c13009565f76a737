"""The objectives of service levels, from their reviewed file.

Belongs here: the file (deployments/service_levels.toml) as values. Does not: how they are kept (core/service_levels.py).
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from connectors.reviewed import refuse, reviewed
from core.service_levels import Objective, Rules, faults


@cache
def service_level_rules(file: Path, sources: tuple[str, ...], channels: tuple[str, ...]) -> Rules:
    """Every objective of the file, in its order; ``sources`` and ``channels`` are those that there are.

    Raises:
        Misconfigured: the file does not fit its schema, or its objectives make no sense; the message has every reason.

    """
    written = reviewed(file, "service_levels.v1")
    rules = Rules(
        dt.timedelta(days=int(written["days"])),  # the schema takes 28.0 for an integer, as JSON does
        tuple(
            Objective(each["kind"], each.get("of", ""), dt.timedelta(minutes=each["minutes"]), each["share"])
            for each in written["objectives"]
        ),
    )
    refuse(file, (f": {fault}" for fault in faults(rules, sources, channels)))
    return rules
