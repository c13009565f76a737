"""The rules of reminders, from their reviewed file.

Belongs here: the file (deployments/reminders.toml) as values. Does not: what the rules do (core/reminders.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from connectors.mail.rendering import TEMPLATES
from connectors.reviewed import refuse, reviewed
from core.reminders import Days, Minutes, Offset, Rule, faults


@cache
def reminder_rules(file: Path, templates: frozenset[str] = TEMPLATES) -> tuple[Rule, ...]:
    """Every rule of the file, in its order; ``templates`` are the names of the words that there are.

    Raises:
        Misconfigured: the file does not fit its schema, or its rules make no sense; the message has every reason.

    """
    rules = tuple(_rule(name, written) for name, written in reviewed(file, "reminders.v1").items())
    refuse(file, (f": {fault}" for fault in faults(rules, templates)))
    return rules


def _rule(name: str, written: Mapping[str, Any]) -> Rule:
    return Rule(
        name=name,
        kinds=tuple(written["kinds"]),
        anchor=written["anchor"],
        when=_offset(written["when"]),
        until=_offset(written["until"]),
        audience=written["audience"],
        transports=tuple(written["transports"]),
        template=written["template"],
        purpose=written["purpose"],
        move=written["move"],
    )


def _offset(written: Mapping[str, Any]) -> Offset:
    # The schema takes -7.0 for an integer, as JSON does.
    if "minutes" in written:
        return Minutes(int(written["minutes"]))
    return Days(int(written["days"]), dt.time.fromisoformat(written["at"]) if "at" in written else None)
