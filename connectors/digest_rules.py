"""Who has which digest when, from the reviewed file.

Belongs here: the file (deployments/digests.toml) as values. Does not: what the rules do (core/digests).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from connectors.reviewed import refuse, reviewed
from core.digests.rules import Rule, Rules, faults, reader
from core.digests.weeks import Slot
from schemas.letters import ROLES

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@cache
def digest_rules(file: Path) -> Rules:
    """Every role's rule.

    Raises:
        Misconfigured: the file does not fit its schema, or makes no sense; the message has every reason.

    """
    written = reviewed(file, "digests.v1")
    rules = {role: _rule(written[role]) for role in ROLES}
    refuse(file, (f": {fault}" for fault in faults(rules)))
    return rules


def _rule(written: Mapping[str, Any]) -> Rule:
    slot = Slot(_DAYS.index(written["weekday"]), dt.time.fromisoformat(written["at"]))
    return Rule(slot, tuple(reader(each["name"], each["email"]) for each in written.get("recipients", ())))
