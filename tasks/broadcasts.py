"""Broadcasts: what is on air by now, and what can be seen again.

Belongs here: reading how each live video stands, and taking the step that follows. Does not: the steps
(connectors/region/dialogues/dialogue_holding.py), or starting a broadcast, which whoever films does.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from connectors.facebook_live import channel as facebook_live
from connectors.region.database import Region
from connectors.region.dialogues import dialogue_holding, dialogues
from connectors.region.dialogues.dialogue_holding import CLOCK
from connectors.region.dialogues.dialogue_steps import Hub
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.ledger import ledger
from schemas.errors import BoostezError
from tasks.preflight import Studio

EARLY: Final = dt.timedelta(minutes=15)  # a broadcast begins before its hour: people find their seats
SEEN_AGAIN: Final = dt.timedelta(days=2)  # after which nobody looks for a replay that is not there


@task(name="follow-broadcasts", retries=0, cache_policy=NO_CACHE)
def follow_broadcasts(region: Region, hub: Hub, studio: Studio, now: dt.datetime) -> list[str]:
    """Have dialogues be on air, closed and seen again as they are. Returns the references of those that changed."""
    changed = []
    for each in dialogues.listed(
        region, states={"announced", "on_air", "closed"}, after=now - SEEN_AGAIN, before=now + EARLY
    ):
        try:
            if _follow(region, hub, studio, each, now):
                changed.append(each.ref)
        except BoostezError as error:
            get_run_logger().warning("%s: %s", each.ref, error)
    return changed


def _follow(region: Region, hub: Hub, studio: Studio, dialogue: Dialogue, now: dt.datetime) -> bool:
    if dialogue.form == "written":
        assert dialogue.starts_at is not None
        if dialogue.state != "announced" or dialogue.starts_at > now:
            return False
        dialogue_holding.go_on_air(region, hub, dialogue.ref, CLOCK, now)
        return True
    video = ledger.effect(region, facebook_live.NAME, dialogue.ref)
    status = None if video is None or video.remote_id is None else studio.status(video.remote_id)
    if status is None:
        return False
    if status.broadcast == "LIVE" and dialogue.state == "announced":
        dialogue_holding.go_on_air(region, hub, dialogue.ref, CLOCK, now)
        return True
    if status.broadcast == "VOD" and (dialogue.state != "closed" or dialogue.replay is None):
        dialogue_holding.close(region, hub, dialogue.ref, CLOCK, now, replay=status.url)
        return True
    return False
