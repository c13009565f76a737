"""Open alerts as a table in the Prefect UI.

Belongs here: the artifact. Does not: what is open (connectors/region/alerting/alerts.py), or telling anybody (tell.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from connectors.region.alerting import alerts
from connectors.region.alerting.alerts import Alert
from connectors.region.database import Region
from core.days import at_paris
from core.markdown import cell

KEY: Final = "alerts"


@task(name="show-alerts", retries=0, cache_policy=NO_CACHE)
def show_alerts(region: Region) -> int:
    """Leave what stands as an artifact, when anything does. Returns how many alerts do."""
    unresolved = alerts.unresolved(region)
    if unresolved:
        told = sum(alert.muted_by is None for alert in unresolved)
        create_markdown_artifact(
            markdown=table(unresolved),
            key=KEY,
            description=f"{len(unresolved)} alerts stand, {told} of them told",
        )
    return len(unresolved)


def table(unresolved: Sequence[Alert]) -> str:
    """In Markdown, the oldest first."""
    rows = "".join(
        f"| {alert.id} | {at_paris(alert.raised_at)} | {alert.severity or ''} | {cell(alert.title)} | {cell(alert.affected or '')} "
        f"| {_where(alert)} | {cell(alert.runbook or '')} |\n"
        for alert in unresolved
    )
    return (
        f"# {len(unresolved)} alerts stand\n\n| alert | since (Paris) | severity | what | affected | stands | how |\n"
        f"|---:|---|---|---|---|---|---|\n{rows}\n`boostez alert ack NUMBER` acknowledges one, `boostez alert mute CAUSE` mutes a cause."
    )


def _where(alert: Alert) -> str:
    if alert.acknowledged_by:
        return cell(f"acknowledged by {alert.acknowledged_by}")
    if alert.muted_by:
        return cell(f"not told: {alert.muted_by}")
    return f"told {len(alert.told)}, {alert.notices} notices" if alert.told else "nobody told yet"
