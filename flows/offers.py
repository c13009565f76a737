"""The offers' way, from a source to every channel.

Belongs here: the order of the steps. Does not: any step (tasks/).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
from prefect import flow
from prefect.runtime import flow_run
from pydantic import Field

from connectors.registry import SOURCES
from tasks.collect import collect
from tasks.deliver import deliver
from tasks.plan import channels, plan
from tasks.reconcile import close, reconcile
from tasks.report import report
from tasks.run import opened
from tasks.settle import settle
from tasks.tell import telling
from tasks.validate import changed, validate

SourceName = Annotated[str, Field(json_schema_extra={"enum": list(SOURCES)})]


def _run_name() -> str:
    asked = flow_run.parameters
    return f"{asked['source']} {'full' if asked['full'] else 'changes'}"


@flow(name="sync-offers", flow_run_name=_run_name, description=__doc__, validate_parameters=True)
def sync_offers(
    source: SourceName = "contractor", full: bool = False, file: Path | None = None
) -> dict[str, Any]:
    """Collect a source's offers, validate and reconcile what changed, then plan and deliver every channel.

    Args:
        source: Where the offers come from.
        full: Read the whole catalogue instead of what changed since the last sync.
        file: A file of the source's records, for sources that are read from files.

    """
    with opened(source, "full" if full else "incremental") as run, telling(run):
        walk = collect(run, file)
        for chunk in changed(run):
            reconcile(run, validate(run, chunk))
        close(run, walk)
        for policy in channels(run):
            deliver(run, plan(run, policy))
            settle(run.region, run.settings, policy.channel)
        return dict(msgspec.to_builtins(report(run)))
