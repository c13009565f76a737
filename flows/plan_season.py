"""Planning a season of dialogues: who meets residents when and where is proposed, and a person decides.

Belongs here: the form, and what a verdict sets going. Does not: the planning (core/seasons), or what a decision does
(connectors/region/dialogues/seasons.py).

The run is suspended while nobody decides, so it costs nothing and outlives restarts. It shows one proposal; when
something has changed by the time it is approved, another is planned and shown.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from prefect import flow, get_run_logger, suspend_flow_run
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field, model_validator

from connectors import clock
from connectors.region.database import safe_region
from connectors.region.dialogues import dialogue_life, dialogues, seasons
from connectors.region.dialogues.seasons import Season
from connectors.region.ledger.letters import MAIL
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core import seasons as planning
from flows.dialogues import By
from schemas.errors import Refused
from tasks.announce import announce
from tasks.letters import send_letters
from tasks.seasons import propose
from tasks.tell import PRESS, tell

PATIENCE = 30 * 24 * 3600  # seconds that a form waits
ARTIFACT = "season"


class SeasonVerdict(str, Enum):  # noqa: UP042 - Prefect's form shows the values of a str Enum
    """What to do with the proposal."""

    APPROVE = "approve"
    REFUSE = "refuse"


class SeasonDecision(RunInput):
    """Approve: every dialogue is placed so; those that were announced and move are told anew. Refuse: nothing changes."""

    verdict: SeasonVerdict = Field(description="approve: dialogues are placed so. refuse: nothing changes.")
    reason: str = Field("", description="Why, when it is refused; else empty.")
    by: str = Field(min_length=2, description="Your name; it is kept with each dialogue.")

    @model_validator(mode="after")
    def _say_why(self) -> SeasonDecision:
        if self.verdict is SeasonVerdict.REFUSE and len(self.reason.strip()) < 3:
            raise ValueError("say why: who plans the season again reads it")
        return self


@flow(name="plan-season", flow_run_name="plan {season}", persist_result=True, description=__doc__)
def plan_season(
    season: str, effort: Annotated[float, Field(gt=0, le=300)] = planning.EFFORT
) -> dict[str, Any]:
    """Propose a calendar of a season's dialogues, wait for a person, and place them when it is approved.

    Args:
        season: Its name, as `boostez season list` shows it.
        effort: How long the solver may look for something better, in a count of its own; the default plans 60 dialogues in seconds.

    Raises:
        Misconfigured: there is no such season.
        Refused: it has no dialogue, or no calendar keeps the rules: the message says which cannot all be kept.

    """
    key, found = str(flow_run.id), seasons.named(safe_region(), season)
    if found.proposed_by != key and not _has_waited():
        found = _proposed(found, key, effort)
    while found.proposed_by == key and found.proposed_at is not None:
        form = SeasonDecision.with_initial_data(description=found.explanation)
        waits = f"season-{key}-{found.proposed_at:%Y%m%d%H%M%S%f}"  # another proposal is another form
        get_run_logger().info("The proposal waits for a person: %s. The table is under Artifacts.", PRESS)
        decision = suspend_flow_run(wait_for_input=form, timeout=PATIENCE, key=waits)
        try:
            found = _carry_out(found, decision)
        except Refused as no:
            get_run_logger().warning("%s", no)
            found = seasons.named(safe_region(), season)
            if found.proposed_by == key:
                found = _proposed(found, key, effort)
    if found.proposed_by != key:
        get_run_logger().warning("Another proposal took the place of this one: decide on that")
    return dict(msgspec.to_builtins({"season": found}))


def _has_waited() -> bool:
    """Whether this run was suspended before: it begins again from its first line, and made its proposal then."""
    with get_client(sync_client=True) as client:
        return bool(client.read_flow_run(UUID(flow_run.id)).empirical_policy.pause_keys)


def _proposed(season: Season, key: str, effort: float) -> Season:
    found = propose(season, key, effort)
    create_markdown_artifact(
        f"# {found.name}\n\n{found.explanation}", key=ARTIFACT, description="A season that is proposed"
    )
    return found


def _carry_out(season: Season, decision: SeasonDecision) -> Season:
    chosen, region, now = settings(), safe_region(), clock.now()
    with region.at_work():
        if decision.verdict is SeasonVerdict.REFUSE:
            seasons.refuse(
                region, season.name, decision.by, decision.reason.strip(), now, of=season.proposed_by
            )
        else:
            hub = dialogue_hub(chosen)
            changed = seasons.approve(region, hub, season.name, decision.by, now, of=season.proposed_by)
            announce(region, chosen, hub.rules.channels)
            send_letters(region, chosen, MAIL)
            get_run_logger().info("%d dialogues placed by %s", len(changed), decision.by)
        tell(region, chosen)
    return seasons.named(region, season.name)


@flow(name="announce-season", flow_run_name="announce {season}", description=__doc__)
def announce_season(season: str, by: By) -> dict[str, Any]:
    """Announce every approved dialogue of a season; trouble with one leaves the others alone.

    Args:
        season: Its name, as `boostez season list` shows it.
        by: Your name.

    Raises:
        Misconfigured: there is no such season.

    """
    chosen, region = settings(), safe_region()
    hub, found = dialogue_hub(chosen), seasons.named(region, season)
    refused = {}
    with region.at_work():
        waiting = dialogues.listed(region, states={"approved"}, season=found.id, limit=10_000)
        for each in waiting:
            try:
                dialogue_life.announce(region, hub, each.ref, by, clock.now())
            except Refused as no:
                refused[each.ref] = str(no)
                get_run_logger().warning("%s", no)
        shown = announce(region, chosen, hub.rules.channels)
        sent = send_letters(region, chosen, MAIL)
        tell(region, chosen)
    announced = len(waiting) - len(refused)
    return dict(
        msgspec.to_builtins({"announced": announced, "refused": refused, "shown": shown, "sent": sent})
    )
