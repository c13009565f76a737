"""Dialogues as time goes by.

Belongs here: the order. Does not: a step that staff press (dialogues.py), or any step of these (tasks).

Everything follows from rows and from what outside systems say, so a run that was missed, doubled or killed changes nothing but when.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.database import safe_region
from connectors.region.dialogues import dialogue_holding, dialogue_prompts
from connectors.registry import broadcast, dialogue_hub, portal_answers
from connectors.settings import settings
from tasks.announce import announce
from tasks.broadcasts import follow_broadcasts
from tasks.preflight import preflight
from tasks.tell import tell


@flow(name="watch-dialogues", flow_run_name="dialogues to prompt, check, close", description=__doc__)
def watch_dialogues() -> dict[str, Any]:
    """Prompt who holds a dialogue, check what is about to go on air, follow what is, close what is over, show what is due."""
    chosen, region = settings(), safe_region()
    hub = dialogue_hub(chosen)
    with region.at_work(), closing(broadcast(chosen, region)) as studio:
        now = clock.now()
        prompted = dialogue_prompts.prompt(region, hub, now)
        checked = preflight(region, hub, studio, portal_answers(chosen), now)
        followed = follow_broadcasts(region, hub, studio, now)
        settled = [each.ref for each in dialogue_holding.settle(region, hub, now)]
        shown = announce(region, chosen, hub.rules.channels)
        tell(region, chosen)
    return dict(
        msgspec.to_builtins(
            {
                "prompted": prompted,
                "checked": checked,
                "followed": followed,
                "settled": settled,
                "shown": shown,
            }
        )
    )
