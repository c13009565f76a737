"""Who may do what, from its reviewed file.

Belongs here: the file (deployments/access.toml) as values. Does not: what a role opens (portal/access.py), or what grants mean
(core/access.py).
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

from connectors.reviewed import reviewed
from core.access import Rules


@cache
def access_rules(file: Path) -> Rules:
    """The rules of the file.

    Raises:
        Misconfigured: the file does not fit its schema; the message has every reason.

    """
    written = reviewed(file, "access.v1")
    return Rules(
        written["claim"],
        written["ask"],
        tuple(written["scopes"]),
        {role: frozenset(values) for role, values in written["roles"].items()},
        dt.timedelta(minutes=int(written["idle_minutes"])),
        dt.timedelta(hours=int(written["hours"])),
    )
