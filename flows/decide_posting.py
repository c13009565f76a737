"""Deciding on an offer that a firm posted.

Belongs here: the form, and what a verdict sets going. Does not: the verdict's effect (connectors/region/offers/postings.py).

The run is suspended while nobody decides, so it costs nothing and outlives restarts. It decides on one text: when the firm
writes another meanwhile, that one has a form of its own.
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
from connectors.region.ledger.letters import MAIL
from connectors.region.offers import postings
from connectors.region.offers.postings import Posting
from connectors.settings import settings
from core.markdown import lines
from schemas.errors import Refused
from tasks.letters import send_letters
from tasks.postings import put_out
from tasks.tell import PRESS

PATIENCE = 30 * 24 * 3600  # seconds that a form waits


class Verdict(str, Enum):  # noqa: UP042 - Prefect's form shows the values of a str Enum
    """What to do with the offer."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Decision(RunInput):
    """Approve: the offer goes to every channel now. Refuse: the firm is told why."""

    verdict: Verdict = Field(description="approve: it goes out now. refuse: the firm is told why.")
    reason: str = Field("", description="In French, for the firm, when it is refused; else empty.")
    by: str = Field(min_length=2, description="Your name; it is kept with the posting.")

    @model_validator(mode="after")
    def _say_why(self) -> Decision:
        if self.verdict is Verdict.REFUSE and len(self.reason.strip()) < 3:
            raise ValueError("say why: the firm reads it")
        return self


def _run_name() -> str:
    asked = flow_run.parameters
    return f"decide posting {asked['posting']}, text {asked['revision']}"


@flow(name="decide-posting", flow_run_name=_run_name, persist_result=True, description=__doc__)
def decide_posting(posting: int, revision: int) -> dict[str, Any]:
    """Show an offer that a firm posted, wait for an officer, and carry the verdict out.

    Args:
        posting: Its number.
        revision: Which of its texts.

    """
    region = safe_region()
    found = postings.get(region, posting)
    while found.state == "waiting" and found.revision == revision:
        known = postings.employer_name(region, found.siret)
        form = Decision.with_initial_data(description=lines(found.words(known)))
        get_run_logger().info("Posting %d waits for an officer: %s. The form has its text.", posting, PRESS)
        decision = suspend_flow_run(
            wait_for_input=form, timeout=PATIENCE, key=f"posting-{posting}-{revision}"
        )
        try:
            found = _carry_out(found, decision)
        except Refused as no:
            get_run_logger().warning("%s", no)
            found = postings.get(region, posting)
    told = found.state if found.revision == revision else "replaced"
    get_run_logger().info("Posting %d, text %d: %s by %s", posting, revision, told, found.decided_by)
    return {"posting": posting, "revision": revision, "state": told, "by": found.decided_by}


def _carry_out(posting: Posting, decision: Decision) -> Posting:
    region, now = safe_region(), clock.now()
    with region.at_work():
        if decision.verdict is Verdict.APPROVE:
            decided = postings.approve(region, posting.id, posting.revision, decision.by, now)
            put_out(region, settings(), [decided.key])
        else:
            decided = postings.refuse(
                region, posting.id, posting.revision, decision.by, decision.reason.strip(), now
            )
        send_letters(region, settings(), MAIL)
    return decided
