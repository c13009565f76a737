"""Alerts, every minute: what is silent, which runs stay failed, what is due of what stands.

Belongs here: the order. Does not: a step (tasks/), or the rules (deployments/alerts.toml).

Most flows tell what they found when they end; this one tells what nobody found, and repeats, escalates and ends what stands.
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors import clock
from connectors.region.database import safe_region
from connectors.settings import settings
from tasks.alert_table import show_alerts
from tasks.silence import watch_silence
from tasks.tell import tell
from tasks.watch_runs import watch_runs


@flow(name="watch-alerts", flow_run_name="alerts that are due", description=__doc__)
def watch_alerts() -> dict[str, Any]:
    """Raise what follows from silence and from failed runs, and have everybody hear what they are to hear."""
    chosen, region = settings(), safe_region()
    with region.at_work():
        now = clock.now()
        silent = watch_silence(region, chosen, now)
        broken = watch_runs(region, now)
        told = tell(region, chosen)
        standing = show_alerts(region)
    return dict(msgspec.to_builtins({"silent": silent, "broken": broken, "told": told, "standing": standing}))
