"""Approving of a role's digest before its first letter leaves.

Belongs here: the form, and what a verdict sets going. Does not: the guard (connectors/region/digests/approvals.py), or what is shown
(tasks/digests.py).

The run is suspended while nobody decides, so it costs nothing and outlives restarts. It decides on what it showed: other words or
readers have a form of their own.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from prefect import flow, get_run_logger, suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field, model_validator

from connectors import clock
from connectors.region.database import safe_region
from connectors.region.digests import approvals
from connectors.region.digests.approvals import Approval
from connectors.region.ledger.letters import MAIL
from connectors.settings import settings
from schemas.errors import Refused
from tasks.digests import form_words, plan_digests, proof_of
from tasks.letters import send_letters

PATIENCE = 30 * 24 * 3600  # seconds that a form waits


class DigestVerdict(str, Enum):  # noqa: UP042 - Prefect's form shows the values of a str Enum
    """What to do with the digest."""

    APPROVE = "approve"
    REFUSE = "refuse"


class DigestDecision(RunInput):
    """Approve: what is due leaves now, and every week from now on. Refuse: nothing leaves until the words or the readers change."""

    verdict: DigestVerdict = Field(
        description="approve: it leaves now, and every week. refuse: nothing leaves until words or readers change."
    )
    reason: str = Field("", description="Why, when it is refused; else empty.")
    by: str = Field(min_length=2, description="Your name; it is kept with the decision.")

    @model_validator(mode="after")
    def _say_why(self) -> DigestDecision:
        if self.verdict is DigestVerdict.REFUSE and len(self.reason.strip()) < 3:
            raise ValueError("say why: whoever mends the digest reads it")
        return self


def _run_name() -> str:
    return f"approve the digest of {approvals.get(safe_region(), flow_run.parameters['approval']).role}"


@flow(name="approve-digest", flow_run_name=_run_name, persist_result=True, description=__doc__)
def approve_digest(approval: int) -> dict[str, Any]:
    """Show who would have a role's digest and what it says, wait for a person, and carry the verdict out.

    Args:
        approval: Its number, as `boostez digest list` shows it.

    Raises:
        Misconfigured: there is no such approval.

    """
    region = safe_region()
    found = approvals.get(region, approval)
    if found.state == "waiting":
        words = form_words(region, settings(), found.role, clock.now())
        form = DigestDecision.with_initial_data(description=words)
        decision = suspend_flow_run(wait_for_input=form, timeout=PATIENCE, key=f"digest-{approval}")
        try:
            found = _carry_out(found, decision)
        except Refused as no:
            get_run_logger().warning("%s", no)
            found = approvals.get(region, approval)
    get_run_logger().info("The digest of %s: %s by %s", found.role, found.state, found.decided_by)
    return {"role": found.role, "state": found.state, "by": found.decided_by}


def _carry_out(found: Approval, decision: DigestDecision) -> Approval:
    chosen, region, now = settings(), safe_region(), clock.now()
    proof = proof_of(chosen, found.role)
    approved = decision.verdict is DigestVerdict.APPROVE
    with region.at_work():
        decided = approvals.decide(
            region, found.id, proof, decision.by, None if approved else decision.reason.strip(), now
        )
        if approved:
            plan_digests(region, chosen, now)
            send_letters(region, chosen, MAIL)
    return decided
