"""Letting quarantined payloads in after a rule or a reference table changed.

Belongs here: the order. Does not: judging (tasks/).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow

from connectors.region import quarantine, walks
from connectors.region.database import safe_region
from tasks.recheck import Rechecked, recheck


@flow(name="recheck-quarantine", description=__doc__)
def recheck_quarantine(source: str | None = None) -> dict[str, Any]:
    """Judge what is in quarantine again; the next plan publishes what was let in.

    Args:
        source: Only this source; all when empty.

    """
    database, total = safe_region(), Rechecked()
    run_id = walks.start_run(database, "recheck-quarantine")
    for name in [source] if source else quarantine.sources(database):
        with database.sole_sync(name):
            told = recheck(database, run_id, name)
        total.released += told.released
        total.kept += told.kept
    walks.finish_run(database, run_id, msgspec.to_builtins(total))
    return dict(msgspec.to_builtins(total))
