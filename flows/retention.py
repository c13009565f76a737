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
from tasks.heartbeat import is_scheduled
from tasks.retention import keep_no_longer


def _only_tells(asked: bool) -> bool:
    """A schedule's run never does: Prefect forgets the parameters of a schedule that somebody pauses and resumes."""
    return asked and not is_scheduled()


def _run_name() -> str:
    dry = _only_tells(flow_run.parameters.get("dry_run", True))
    return f"retention of personal data{', dry run' if dry else ''}"


@flow(name="retain", flow_run_name=_run_name, description=__doc__)
def retain(dry_run: bool = True) -> dict[str, Any]:
    """Delete, empty and erase what has been kept for its term. There is no undo.

    Args:
        dry_run: Only tell the numbers; switch it off to do it. The nightly run does it, whatever this says.

    """
    chosen, database = settings(), safe_region()
    rules = reminder_rules(chosen.reminders_file)
    with database.at_work():
        tidied = keep_no_longer(database, rules, clock.now(), dry_run=_only_tells(dry_run))
    return dict(msgspec.to_builtins(tidied))
