"""Following up: cohorts that are over, what became of their firms, and how far the programme has come.

Belongs here: the order. Does not: statements (connectors/region), or reminders of sessions (reminders.py).
"""

from __future__ import annotations

from typing import Any

import msgspec
from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from connectors import clock
from connectors.region.cohorts import cohorts, outcomes
from connectors.region.database import safe_region
from connectors.region.firms import progress
from core.progress import markdown
from core.quiet import is_quiet


@flow(name="follow-up", flow_run_name="follow up firms and cohorts", description=__doc__)
def follow_up() -> dict[str, Any]:
    """End cohorts whose last session is over, ask those who finished three and six months ago, and show the figures.

    In quiet hours nobody is asked: the next run does it.
    """
    region, now = safe_region(), clock.now()
    with region.at_work():
        finished = cohorts.finish(region, now)
        asked = None if is_quiet(now) else outcomes.ask(region, now)
    if asked and asked.late:
        get_run_logger().warning("%d firms were not asked in time what became of them", asked.late)
    figures = progress.figures(region)
    create_markdown_artifact(markdown(figures), key="programme", description="How far the programme has come")
    return dict(msgspec.to_builtins({"finished": finished, "asked": asked, "figures": figures}))
