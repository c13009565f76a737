"""Media of covered events as staff press them: published, withdrawn, a consent withdrawn for somebody who called.

Belongs here: the forms, and the order of what each sets going. Does not: what each does (connectors/region/coverage/media.py,
media_consents.py), or what time brings (watch_coverage.py).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from prefect import flow
from pydantic import Field

from connectors import clock
from connectors.region.coverage import media, media_consents, students
from connectors.region.database import Region, safe_region
from connectors.region.ledger.letters import MAIL
from connectors.registry import ALBUMS
from connectors.settings import Settings, settings
from schemas.coverage import Giver, Place
from tasks.announce import announce
from tasks.letters import send_letters
from tasks.tell import tell

By = Annotated[str, Field(min_length=2, description="Your name; it is in the public roll.")]


@flow(name="publish-medium", flow_run_name="publish {medium}", description=__doc__)
def publish_medium(medium: str, by: By, where: Place = "everywhere") -> dict[str, Any]:
    """Show a medium, if everybody whom it shows agrees to it there, and a minor's guardian too.

    Args:
        medium: Its reference, m….
        by: Your name; residents read it in the roll.
        where: Where it is shown from now on, and nowhere else: the portal, Instagram, or both.

    Raises:
        Misconfigured: there is no such medium.
        Refused: a consent is missing; the message says whose and to what.

    """
    chosen, region = settings(), safe_region()
    with region.at_work():
        scopes = media.SCOPES if where == "everywhere" else (where,)
        held = media.publish(region, chosen.public_url, medium, scopes, by, clock.now())
        return _shown(region, chosen, {"medium": held})


@flow(name="withdraw-medium", flow_run_name="withdraw {medium}", description=__doc__)
def withdraw_medium(medium: str, by: By, why: Annotated[str, Field(min_length=3)]) -> dict[str, Any]:
    """Show a medium nowhere any more.

    Args:
        medium: Its reference, m….
        by: Your name.
        why: For the file.

    Raises:
        Misconfigured: there is no such medium.

    """
    chosen, region = settings(), safe_region()
    with region.at_work():
        held = media.withdraw(region, medium, by, why, clock.now())
        return _shown(region, chosen, {"medium": held})


@flow(name="withdraw-consent", flow_run_name="withdraw a consent", description=__doc__)
def withdraw_consent(student: str, by: By, giver: Giver | None = None) -> dict[str, Any]:
    """End what was agreed to for a student, of every event: whatever shows them is taken down at once, wherever it is.

    Args:
        student: The student's e-mail address.
        by: Your name.
        giver: Whose consent ends, the student's or the guardian's; empty: both.

    Raises:
        Misconfigured: there is no such student.

    """
    chosen, region = settings(), safe_region()
    with region.at_work():
        who = students.named(region, student)
        done = media_consents.withdraw(region, who.id, giver, by, clock.now())
        return _shown(region, chosen, {"withdrawn": done})


def _shown(region: Region, chosen: Settings, told: dict[str, Any]) -> dict[str, Any]:
    """Carry out what channels are to show by now, and tell whoever must know."""
    shown = announce(region, chosen, list(ALBUMS))
    sent = send_letters(region, chosen, MAIL)
    media_consents.settled(region, clock.now())
    tell(region, chosen)
    return dict(msgspec.to_builtins({**told, "shown": shown, "sent": sent}))
