"""Weekly digests: what is due is planned, approved of by a person the first time, and sent once.

Belongs here: the order. Does not: a step (tasks/digests.py), the rules (deployments/digests.toml), or the form (approve_digest.py).

What is due is found in rows, never by the tick that this flow was started in: a run that was missed, late, doubled or killed changes
nothing but when.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from prefect import flow, get_run_logger
from pydantic import Field

from connectors import clock
from connectors.digest_rules import digest_rules
from connectors.region.access import acts
from connectors.region.database import safe_region
from connectors.region.digests import editions
from connectors.region.ledger.letters import MAIL
from connectors.settings import settings
from core.digests.weeks import chosen as week_of
from schemas.letters import Role
from tasks.digests import ask_for_digests, named, plan_digests, proof_of
from tasks.letters import send_letters
from tasks.tell import tell

By = Annotated[str, Field(min_length=2, description="Your name; it is in the log of acts.")]


@flow(name="send-digests", flow_run_name="weekly digests that are due", description=__doc__)
def send_digests() -> dict[str, Any]:
    """Plan the letters of each digest that is due, have a person asked where one must be, and send."""
    chosen, region = settings(), safe_region()
    with region.at_work():
        planned = plan_digests(region, chosen, clock.now())
        asked = ask_for_digests(region)
        sent = send_letters(region, chosen, MAIL)
        tell(region, chosen)
    return dict(msgspec.to_builtins({"planned": planned, "asked": asked, "sent": sent}))


@flow(name="send-digest", flow_run_name="digest of {role} to {whom}", description=__doc__)
def send_digest(
    role: Role, whom: Annotated[str, Field(min_length=3)], by: By, week: str | None = None
) -> dict[str, Any]:
    """Send one person their digest now. Who has had that week's already gets it again as of now, marked « Renvoi ».

    Args:
        role: Which digest.
        whom: The name or the address of one of its readers.
        by: Your name.
        week: ISO's year and week, as in 2026-W49; the newest when it is empty.

    Raises:
        Misconfigured: there is no such reader, or no such week, or it is not due yet.
        Refused: nobody approved of this digest, or they want none.

    """
    chosen, region = settings(), safe_region()
    rule = digest_rules(chosen.digests_file)[role]
    wanted = week_of(rule.slot, week, clock.now())
    with region.at_work(), acts.signed(by):
        reader = named(region, chosen, role, whom)
        letter = editions.again(region, role, reader, wanted, proof_of(chosen, role))
        sent = send_letters(region, chosen, MAIL)
        tell(region, chosen)
    get_run_logger().info(
        "The digest of %s for %s, %s", role, wanted.name, "again" if letter.had else "for the first time"
    )
    return dict(msgspec.to_builtins({"letter": letter, "sent": sent}))
