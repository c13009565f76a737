"""What is kept of people, every night: no longer than its term.

Belongs here: the order, and the form. Does not: the step (tasks/retention.py), the terms (core/terms.py), or postings, which are tidied
each minute (postings.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow
from prefect.runtime import flow_run

from connectors import clock
from connectors.region.database import safe_region
from connectors.reminder_rules import reminder_rules
from connectors.settings import settings
from tasks.retention import keep_no_longer


def _run_name() -> str:
    return f"retention of personal data{', dry run' if flow_run.parameters.get('dry_run', True) else ''}"


@flow(name="retain", flow_run_name=_run_name, description=__doc__)
def retain(dry_run: bool = True) -> dict[str, Any]:
    """Delete, empty and erase what has been kept for its term. There is no undo.

    Args:
        dry_run: Only tell the numbers; switch it off to do it. The nightly run does it.

    """
    chosen, database = settings(), safe_region()
    rules = reminder_rules(chosen.reminders_file)
    with database.at_work():
        tidied = keep_no_longer(database, rules, clock.now(), dry_run=dry_run)
    return dict(msgspec.to_builtins(tidied))
