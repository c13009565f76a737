"""Calendars of officials, and deciding on what they moved there.

Belongs here: the order, and the form. Does not: reading a calendar (tasks/calendars.py), or what a verdict does
(connectors/region/dialogues/move_proposals.py).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.database import safe_region
from connectors.region.dialogues import move_proposals
from connectors.region.ledger.letters import MAIL
from connectors.registry import dialogue_hub
from connectors.settings import settings
from flows.dialogues import By
from tasks.announce import announce
from tasks.calendars import read_calendars
from tasks.letters import send_letters
from tasks.tell import over, tell


class MoveVerdict(str, Enum):  # noqa: UP042 - Prefect's form shows the values of a str Enum
    """What to do with a move that somebody made in their own calendar."""

    ACCEPT = "accept"
    REFUSE = "refuse"


@flow(name="read-calendars", flow_run_name="calendars of officials", description=__doc__)
def watch_calendars() -> dict[str, Any]:
    """Read when officials are busy, and tell staff of what they moved."""
    chosen, region = settings(), safe_region()
    with region.at_work():
        read = read_calendars(region, chosen, clock.now())
        tell(region, chosen)
    return dict(msgspec.to_builtins(read))


@flow(name="decide-move", flow_run_name="{verdict} move {proposal}", description=__doc__)
def decide_move(proposal: int, verdict: MoveVerdict, by: By) -> dict[str, Any]:
    """Move a dialogue as its official did in their calendar, or put it back there as it was.

    Args:
        proposal: Its number, as the alert names it.
        verdict: accept: everybody who was told is told anew. refuse: nobody is, and their calendar is put right.
        by: Your name.

    Raises:
        Misconfigured: there is no such proposal.
        Refused: it waits no more, or the dialogue cannot be held then.

    """
    chosen, region = settings(), safe_region()
    hub, now = dialogue_hub(chosen), clock.now()
    with region.at_work():
        after = (
            move_proposals.accept(region, hub, proposal, by, now)
            if verdict is MoveVerdict.ACCEPT
            else move_proposals.refuse(region, proposal, by, now)
        )
        over(region, f"{move_proposals.CAUSE}{proposal}")
        shown = announce(region, chosen, hub.rules.channels)
        sent = send_letters(region, chosen, MAIL)
        tell(region, chosen)
    return dict(msgspec.to_builtins({"dialogue": after, "shown": shown, "sent": sent}))
