"""Reminders, minute by minute.

Belongs here: the order. Does not: a step (tasks/reminders.py), the rules (deployments/reminders.toml).

What is due is found in rows, never by the minute that this flow was started in: a run that was missed, late, doubled or killed
changes nothing but when.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.database import safe_region
from connectors.region.ledger.letters import MAIL, SMS
from connectors.region.sessions import reminders
from connectors.reminder_rules import reminder_rules
from connectors.settings import settings
from tasks.letters import send_letters
from tasks.reminders import close_reminders, queue_reminders, tell_coaches
from tasks.tell import tell

TRANSPORTS: Final = (MAIL, SMS)


@flow(name="send-reminders", flow_run_name="reminders that are due", description=__doc__)
def send_reminders() -> dict[str, Any]:
    """Note what came of letters, put what is due in new ones, have coaches know what was too late, send, and note again."""
    chosen, database = settings(), safe_region()
    rules = reminders.named(reminder_rules(chosen.reminders_file))
    with database.at_work():
        now = clock.now()
        before = close_reminders(database, now)
        queued = queue_reminders(database, rules, now)
        told = tell_coaches(database, now)
        sent = {transport: send_letters(database, chosen, transport) for transport in TRANSPORTS}
        after = close_reminders(database, clock.now())
        tell(database, chosen)
    return dict(
        msgspec.to_builtins({"before": before, "queued": queued, "told": told, "sent": sent, "after": after})
    )
