"""Forming cohorts: who came to a seminar is proposed a group, and a coach decides.

Belongs here: the forms, and what a verdict sets going. Does not: who fits with whom (core/cohorts), what a decision does
(connectors/region/cohorts/cohorts.py).

The run is suspended while nobody decides, so it costs nothing and outlives restarts. It shows one proposal, which does not change
while it waits; whoever registers meanwhile is in the next.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Annotated, Any

import msgspec
from prefect import flow, get_run_logger, suspend_flow_run
from prefect.artifacts import create_markdown_artifact
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field, model_validator

from connectors import clock
from connectors.region.cohorts import cohorts
from connectors.region.cohorts.cohorts import Cohort, Plan
from connectors.region.database import Region, safe_region
from connectors.reminder_rules import reminder_rules
from connectors.settings import settings
from core.cohorts import Options, propose
from tasks.tell import PRESS

PATIENCE = 30 * 24 * 3600  # seconds that a form waits
ARTIFACT = "cohorts"


class Verdict(str, Enum):  # noqa: UP042 - Prefect's form shows the values of a str Enum
    """What to do with the proposal."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Decision(RunInput):
    """Approve: its cohorts open, and their members are written to within a minute. Refuse: nobody is."""

    verdict: Verdict = Field(description="approve: the cohorts open now. refuse: none does.")
    without: list[int] = Field(
        default_factory=list, description="Numbers of cohorts, as the table has them, that are not to open."
    )
    reason: str = Field("", description="Why, when it is refused; else empty.")
    by: str = Field(min_length=2, description="Your name; it is kept with the cohorts.")

    @model_validator(mode="after")
    def _say_why(self) -> Decision:
        if self.verdict is Verdict.REFUSE and len(self.reason.strip()) < 3:
            raise ValueError("say why: who forms cohorts again reads it")
        return self


@flow(
    name="form-cohorts", flow_run_name="form cohorts from {first}", persist_result=True, description=__doc__
)
def form_cohorts(
    first: dt.date,
    sessions: Annotated[int, Field(ge=1, le=20)] = 4,
    weeks: Annotated[int, Field(ge=1, le=8)] = 2,
    minutes: Annotated[int, Field(ge=30, le=480)] = 120,
    place: Annotated[str, Field(min_length=3)] = cohorts.PLACE,
    minimum: Annotated[int, Field(ge=2, le=50)] = 6,
    ideal: Annotated[int, Field(ge=2, le=50)] = 10,
    maximum: Annotated[int, Field(ge=2, le=50)] = 12,
    reach: Annotated[int, Field(ge=1, le=300)] = 60,
) -> dict[str, Any]:
    """Propose cohorts of all who came to a seminar and are in none, wait for a coach, and open those that are approved.

    Args:
        first: No session before this day.
        sessions: How many sessions each cohort has.
        weeks: From one session to the next.
        minutes: How long a session lasts.
        place: Where, in French, until its coach says better: "Move a session" tells those who take part.
        minimum: Firms of the smallest cohort.
        ideal: Firms that a cohort should have.
        maximum: Firms of the largest cohort.
        reach: Kilometres between two members, at most.

    Raises:
        Rejected: the sizes contradict each other.
        Refused: another proposal waits for a decision.

    """
    region, key = safe_region(), str(flow_run.id)
    found = cohorts.proposed(region, key)
    if not found:
        told = _propose(region, key, Options(minimum=minimum, ideal=ideal, maximum=maximum, reach=reach))
        found = cohorts.proposed(region, key)
        if not found:
            get_run_logger().info("%s", told)
            return {"cohorts": [], "told": told}
    if any(cohort.state == "proposed" for cohort in found):
        form = Decision.with_initial_data(description=_form(found))
        get_run_logger().info("The proposal waits for a coach: %s. The table is under Artifacts.", PRESS)
        decision = suspend_flow_run(wait_for_input=form, timeout=PATIENCE, key=f"cohorts-{key}")
        plan = Plan(first=first, sessions=sessions, weeks=weeks, minutes=minutes, place=place)
        found = _carry_out(region, key, found, decision, plan)
    return dict(msgspec.to_builtins({"cohorts": found, "told": ""}))


def _propose(region: Region, key: str, options: Options) -> str:
    """Keep a proposal and show it; whatever it leaves over is in it, with why. Returns what it comes to, in a line."""
    proposal = propose(cohorts.candidates(region), cohorts.free_coaches(region), (), options)
    create_markdown_artifact(proposal.markdown(), key=ARTIFACT, description="Cohorts that are proposed")
    cohorts.propose(region, key, proposal, options.maximum, clock.now())
    return next(iter(proposal.lines()))


def _form(found: list[Cohort]) -> str:
    rows = "".join(
        f"| {number} | {cohort.name} | {cohort.level} | {cohort.members} |\n"
        for number, cohort in enumerate(found, 1)
    )
    return (
        f"{len(found)} cohorts with {sum(cohort.members for cohort in found)} firms. Each member, why they are there, and who is left "
        f"over: in the artifact « {ARTIFACT} » of this run.\n\n| cohort | where, when, who | level | firms |\n|---:|---|---|---:|\n{rows}"
    )


def _carry_out(region: Region, key: str, found: list[Cohort], decision: Decision, plan: Plan) -> list[Cohort]:
    opened = [
        cohort.id
        for number, cohort in enumerate(found, 1)
        if decision.verdict is Verdict.APPROVE and number not in decision.without
    ]
    rules = reminder_rules(settings().reminders_file)
    with region.at_work():
        decided = cohorts.decide(region, rules, key, opened, plan, decision.by, clock.now())
    get_run_logger().info("%d cohorts open by %s. %s", len(opened), decision.by, decision.reason)
    return decided
