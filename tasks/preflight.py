"""Preflight: whether a live dialogue that is about to begin can be held as planned.

Belongs here: the check, and who hears of trouble. Does not: falling back to writing, which a person decides (flows/dialogues.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.facebook_live import channel as facebook_live
from connectors.facebook_live.broadcast import Readiness, Status
from connectors.region.alerting import alerts
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_prompts
from connectors.region.dialogues.dialogue_steps import Hub
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.ledger import ledger
from schemas.errors import BoostezError
from tasks.tell import RUNBOOK, over, sound

SCHEDULED: Final = frozenset({"SCHEDULED_UNPUBLISHED", "SCHEDULED_LIVE", "UNPUBLISHED", "LIVE"})
CAUSE: Final = "preflight "
PAGE: Final = f"{RUNBOOK}/live-dialogue-in-trouble.md"


class Studio(Protocol):
    """Where live videos are."""

    def may_broadcast(self) -> Readiness:
        """Whether the Page's token is good for it."""

    def status(self, remote_id: str) -> Status | None:
        """How a live video stands, None when there is none."""


@task(name="preflight", retries=0, cache_policy=NO_CACHE)
def preflight(
    region: Region,
    hub: Hub,
    studio: Studio,
    page_answers: Callable[[str], bool],
    now: dt.datetime,
) -> dict[str, list[str]]:
    """Check every live dialogue that is about to begin; trouble is told once, and its end too. Returns the troubles, by dialogue."""
    found: dict[str, list[str]] = {}
    checked = dialogue_prompts.to_check(region, hub, now)
    standing = {alert.cause for alert in alerts.unresolved(region) if alert.cause.startswith(CAUSE)}
    over(
        region, *(standing - {cause_of(dialogue) for dialogue in checked})
    )  # it has begun, or is held in writing
    for dialogue in checked:
        troubles = list(_troubles(region, hub, studio, page_answers, dialogue))
        found[dialogue.ref] = troubles
        dialogue_prompts.keep_check(region, dialogue, troubles, now)
        cause = cause_of(dialogue)
        if troubles:
            get_run_logger().warning("%s: %s", dialogue.ref, "; ".join(troubles))
            sound(
                region,
                cause,
                f"« {dialogue.title} » may not go on air",
                _message(dialogue, troubles),
            )
        else:
            over(region, cause)
    return found


def cause_of(dialogue: Dialogue) -> str:
    """The alert about a dialogue that cannot be held as planned."""
    return f"{CAUSE}{dialogue.ref}"


def _troubles(
    region: Region, hub: Hub, studio: Studio, page_answers: Callable[[str], bool], dialogue: Dialogue
) -> Iterator[str]:
    if not dialogue_prompts.is_present(region, dialogue):
        yield f"{dialogue.moderator} has not said that they are there: phone them"
    if not page_answers(hub.page(dialogue)):
        yield f"its page does not answer, so there is no fallback to writing: {hub.page(dialogue)}"
    if facebook_live.NAME in hub.rules.channels:
        yield from _at_facebook(region, studio, dialogue)


def _at_facebook(region: Region, studio: Studio, dialogue: Dialogue) -> Iterator[str]:
    try:
        if not (may := studio.may_broadcast()).ready:
            yield f"the Page's token: {may.why}"
            return
        video = ledger.effect(region, facebook_live.NAME, dialogue.ref)
        if video is None or video.remote_id is None:
            yield "no live video is scheduled: `boostez status` shows how facebook_live stands"
            return
        status = studio.status(video.remote_id)
    except BoostezError as error:
        yield f"Facebook cannot be asked: {error}"
        return
    if status is None or status.broadcast not in SCHEDULED:
        yield f"its live video is {status.broadcast if status else 'gone'}"
    elif not status.has_stream_key:
        yield "its live video has no stream key"


def _message(dialogue: Dialogue, troubles: list[str]) -> str:
    listed = "\n".join(f"- {trouble}" for trouble in troubles)
    return (
        f"It begins at {dialogue.starts_wall:%H:%M} (Paris).\n{listed}\n\nMend it, or hold it in writing: the deployment "
        f"`fall-back-dialogue`, or `boostez dialogue fall-back {dialogue.ref} --reason '…'`. More: {PAGE}"
    )
