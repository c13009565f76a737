"""Deciding on a plan that a guard stopped.

Belongs here: the form, and what a verdict sets going. Does not: the guard (core/guards.py) or the verdict's effect
(connectors/region/publishing/plans.py).

The run is suspended while nobody decides, so it costs nothing and outlives restarts. It starts from the top when the form is
sent: if the plan was replaced meanwhile, it shows the new one.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from prefect import flow, get_run_logger, suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field

from connectors.region.database import safe_region
from connectors.region.publishing import plans
from core.markdown import cell
from schemas.errors import Refused
from tasks.tell import PRESS

PATIENCE = 30 * 24 * 3600  # seconds that a form waits


class Verdict(str, Enum):  # noqa: UP042 - Prefect's form shows the values of a str Enum
    """What to do with the plan."""

    APPROVE = "approve"
    REFUSE = "refuse"


_VERDICTS: Final = {Verdict.APPROVE: plans.approve, Verdict.REFUSE: plans.refuse}


class Decision(RunInput):
    """Approve: it is carried out. Refuse: everything stays as it is."""

    verdict: Verdict = Field(description="approve: carry it out. refuse: everything stays as it is.")
    reason: str = Field(min_length=3, description="Why; it is kept with the plan.")
    by: str = Field(min_length=2, description="Your name; it is kept with the plan.")


def _run_name() -> str:
    held = plans.get(safe_region(), flow_run.parameters["plan"])
    return f"decide {held.place}: {held.numbers['now']} withdrawals"


@flow(name="decide-plan", flow_run_name=_run_name, persist_result=True, description=__doc__)
def decide_plan(plan: int) -> dict[str, Any]:
    """Show a stopped plan, wait for a person, and carry the verdict out.

    Args:
        plan: Its number; when another plan took its place meanwhile, that one is shown.

    """
    held = plans.get(safe_region(), plan)
    while (held := plans.newest(safe_region(), held) or held).state == "waiting":
        plans.shown_by(safe_region(), held.id, str(flow_run.id))
        form = Decision.with_initial_data(description=held.words(cell))
        get_run_logger().info(
            "Plan %d waits for a person: %s. The form has the numbers and ten examples.", held.id, PRESS
        )
        decision = suspend_flow_run(wait_for_input=form, timeout=PATIENCE, key=f"plan-{held.id}")
        try:
            held = _VERDICTS[decision.verdict](safe_region(), held.id, decision.by, decision.reason)
        except Refused as moved:
            get_run_logger().warning("%s", moved)
            held = plans.get(safe_region(), held.id)
    get_run_logger().info(
        "Plan %d for %s: %s by %s (%s)", held.id, held.place, held.state, held.decided_by, held.reason
    )
    return {"plan": held.id, "place": held.place, "state": held.state, "by": held.decided_by}
