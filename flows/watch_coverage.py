"""Media of covered events as time goes by: consents that end, stories whose day is over, what is withdrawn and not yet gone.

Belongs here: the order. Does not: what staff press (coverage.py), or any step.

What somebody withdrew on the portal is gone from there at once; from Instagram it goes with the next run of this.
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.coverage import coverage_rights, media, media_consents
from connectors.region.database import safe_region
from connectors.registry import ALBUMS
from connectors.settings import settings
from tasks.announce import announce
from tasks.settle import settle
from tasks.tell import tell


@flow(name="watch-coverage", flow_run_name="media of events to show or take down", description=__doc__)
def watch_coverage() -> dict[str, Any]:
    """Take down what may not be shown any more, carry out what channels are to show, say what is gone."""
    chosen, region = settings(), safe_region()
    with region.at_work():
        now = clock.now()
        expired = media_consents.expire(region, now)
        with region.begin() as connection:
            stories = media.end_stories(connection, media_consents.CLOCK, now)
        for name in ALBUMS:
            settle(region, chosen, name)
        shown = announce(region, chosen, list(ALBUMS))
        gone = media_consents.settled(region, now)
        tell(region, chosen)
    return dict(
        msgspec.to_builtins({"expired": expired, "stories": len(stories), "shown": shown, "gone": gone})
    )


@flow(name="retain-coverage", flow_run_name="retention of media and students", description=__doc__)
def retain_coverage() -> dict[str, Any]:
    """Delete media and forget students a year after the event, unless they agreed to longer."""
    region = safe_region()
    with region.at_work():
        return dict(msgspec.to_builtins(coverage_rights.tidy(region, clock.now())))
