"""A dialogue's steps as staff press them: announced, moved, cancelled, held in writing, its minutes published.

Belongs here: the forms, and the order of what a step sets going. Does not: what a step does (connectors/region/dialogues/dialogue_life.py,
dialogue_holding.py), what time brings (watch_dialogues.py), or a season (plan_season.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from prefect import flow
from pydantic import Field

from connectors import clock
from connectors.region.database import Region, safe_region
from connectors.region.dialogues import dialogue_holding, dialogue_life, dialogues
from connectors.region.dialogues.dialogue_steps import Hub
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.ledger.letters import MAIL
from connectors.registry import dialogue_hub
from connectors.settings import settings
from schemas.errors import Misconfigured
from tasks.announce import announce
from tasks.letters import send_letters
from tasks.tell import tell

By = Annotated[str, Field(min_length=2, description="Your name; it is kept with the decision.")]
Why = Annotated[str, Field(min_length=3)]
Minutes = Annotated[int, Field(ge=15, le=480)]


def _carried_out(step: Callable[[Region, Hub, dt.datetime], Dialogue]) -> dict[str, Any]:
    """Take the step, tell every channel and who holds it; residents' letters leave with the next minute's reminders."""
    chosen, region = settings(), safe_region()
    hub = dialogue_hub(chosen)
    with region.at_work():
        after = step(region, hub, clock.now())
        shown = announce(region, chosen, hub.rules.channels)
        sent = send_letters(region, chosen, MAIL)
        tell(region, chosen)
    return dict(msgspec.to_builtins({"dialogue": after, "shown": shown, "sent": sent}))


@flow(name="announce-dialogue", flow_run_name="announce {dialogue}", description=__doc__)
def announce_dialogue(dialogue: str, by: By) -> dict[str, Any]:
    """Tell everybody of an approved dialogue: portal, Page, live video, calendars; who holds it is invited.

    Args:
        dialogue: Its reference, d….
        by: Your name.

    Raises:
        Misconfigured: there is no such dialogue.
        Refused: it is not approved, has begun, or who holds it takes part no more.

    """
    return _carried_out(lambda region, hub, now: dialogue_life.announce(region, hub, dialogue, by, now))


@flow(name="move-dialogue", flow_run_name="move {dialogue}", description=__doc__)
def move_dialogue(
    dialogue: str,
    by: By,
    starts: dt.datetime | None = None,
    minutes: Minutes | None = None,
    official: str | None = None,
    moderator: str | None = None,
    venue: str | None = None,
    why: str | None = None,
) -> dict[str, Any]:
    """Hold an announced dialogue at another time or place, or with somebody else. Whoever was told is told anew, once.

    Args:
        dialogue: Its reference, d….
        by: Your name.
        starts: What clocks in Paris show then; empty: as it was.
        minutes: How long it lasts; empty: as it was.
        official: The e-mail address of the official; empty: as it was.
        moderator: The e-mail address of the moderator; empty: as it was.
        venue: The name of the room or studio; empty: as it was.
        why: For the file; residents do not read it.

    Raises:
        Misconfigured: there is no such dialogue, official, moderator or venue.
        Refused: it is not announced, has begun or would have, or somebody or something is taken then.

    """

    def step(region: Region, hub: Hub, now: dt.datetime) -> Dialogue:
        before = _named(region, dialogue)
        where = dialogue_life.placement(region, before, starts, official, moderator, venue)
        return dialogue_life.move(region, hub, dialogue, by, why, now, where=where, minutes=minutes)

    return _carried_out(step)


def _named(region: Region, ref: str) -> Dialogue:
    found = dialogues.named(region, ref)
    if found is None:
        raise Misconfigured(f"No dialogue {ref}: `boostez dialogue list` shows which there are.")
    return found


@flow(name="cancel-dialogue", flow_run_name="cancel {dialogue}", description=__doc__)
def cancel_dialogue(dialogue: str, by: By, reason: Why) -> dict[str, Any]:
    """Hold a dialogue not at all: all who were told are told at once, the portal says why. There is no undo.

    Args:
        dialogue: Its reference, d….
        by: Your name.
        reason: In French: residents read it.

    Raises:
        Misconfigured: there is no such dialogue.
        Refused: it has begun.

    """
    return _carried_out(lambda region, hub, now: dialogue_life.cancel(region, hub, dialogue, by, reason, now))


@flow(name="fall-back-dialogue", flow_run_name="fall back {dialogue}", description=__doc__)
def fall_back_dialogue(dialogue: str, by: By, reason: Why) -> dict[str, Any]:
    """Hold a live dialogue in writing, at the same time, on its page. Who follows it is told, unless it has begun.

    Args:
        dialogue: Its reference, d….
        by: Your name.
        reason: In French: residents read it.

    Raises:
        Misconfigured: there is no such dialogue.
        Refused: it is over, or not announced.

    """
    return _carried_out(
        lambda region, hub, now: dialogue_life.fall_back(region, hub, dialogue, by, reason, now)
    )


@flow(name="publish-record", flow_run_name="minutes of {dialogue}", description=__doc__)
def publish_record(dialogue: str, by: By, record: Why, replay: str | None = None) -> dict[str, Any]:
    """Publish a dialogue's minutes, or others in their place.

    Args:
        dialogue: Its reference, d….
        by: Your name.
        record: In French, as residents read it.
        replay: The https address of the video; empty: as it was.

    Raises:
        Misconfigured: there is no such dialogue.
        Refused: it is not over.

    """
    return _carried_out(
        lambda region, hub, now: dialogue_holding.publish_record(
            region, hub, dialogue, record, by, now, replay=replay
        )
    )
