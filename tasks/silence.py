"""Silence is a fault: a source or a channel that says nothing for longer than it may.

Belongs here: raising the alert, and ending it. Does not: the limits (deployments/alerts.toml), or counting (core/alerting.py).

What never spoke is not silent: it was not set up yet. Nor is a channel that is paused, or that its policy turned off.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from connectors.alert_rules import alert_rules
from connectors.region.alerting import alerts
from connectors.region.alerting.silences import last_heard
from connectors.region.database import Region
from connectors.registry import policies
from connectors.settings import Settings
from core.alerting import silent_for
from core.days import at_paris
from tasks.tell import RUNBOOK, over, sound

CAUSE: Final = "silent "
PAGE: Final = f"{RUNBOOK}/alerts.md"
_SAID: Final = {
    "sync": "No sync of {} began",
    "snapshot": "The whole catalogue of {} was not read",
    "source": "{} changed nothing",
    "channel": "Nothing was done on {}",
}


@task(name="watch-silence", retries=0, cache_policy=NO_CACHE)
def watch_silence(region: Region, settings: Settings, now: dt.datetime) -> list[str]:
    """Alert of whatever is silent, until it speaks. Returns what is."""
    rules = alert_rules(settings.alerts_file)
    off = {f"channel {n}" for n, policy in policies(settings.channels_file).items() if not policy.enabled}
    silent = []
    for of, last in last_heard(region).items():
        if of not in off and (lasted := silent_for(rules, of, last, now)):
            what, _, name = of.partition(" ")
            message = (
                f"{_SAID[what].format(name)} since {at_paris(last)} in Paris ({lasted.total_seconds() / 3600:.0f} h). Either nobody "
                f"asks it any more (is the worker up, is the schedule on?), or it answers that all is well and does nothing. More: {PAGE}"
            )
            sound(region, f"{CAUSE}{of}", f"{_SAID[what].format(name)} for too long", message)
            silent.append(of)
    standing = (alert.cause for alert in alerts.unresolved(region) if alert.cause.startswith(CAUSE))
    over(region, *(cause for cause in standing if cause.removeprefix(CAUSE) not in silent))
    return silent
