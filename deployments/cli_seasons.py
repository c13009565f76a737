"""``boostez season``: dialogues that are planned together.

Belongs here: these commands. Does not: the planning (core/seasons), or the form (flows/plan_season.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer

from connectors.region import seasons
from connectors.region.database import region
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core import seasons as planning
from deployments.command import By, Json, connected, guarded, print_json, run_flow, say

app = typer.Typer(no_args_is_help=True, help="Dialogues that are planned together.")
Name = Annotated[str, typer.Argument(help="The season's name.")]
Day = Annotated[dt.datetime, typer.Argument(formats=["%Y-%m-%d"])]


@app.command("list")
@guarded
def list_seasons(as_json: Json = False) -> None:
    """List seasons, the newest first."""
    with connected():
        found = seasons.listed(region())
    if as_json:
        print_json(found)
        return
    if not found:
        say("No season yet: `boostez season add` begins one.")
    for each in found:
        standing = (
            "a proposal waits"
            if each.proposed_at
            else f"decided by {each.decided_by}"
            if each.decided_by
            else ""
        )
        say(f"{each.name}  {each.first_day} to {each.last_day}  {standing}")


@app.command("add")
@guarded
def add(name: Name, first: Day, last: Day, as_json: Json = False) -> None:
    """Begin a season; of one that is there, change its days."""
    with connected():
        made = seasons.create(region(), name, first.date(), last.date(), dt.datetime.now(dt.UTC))
    if as_json:
        print_json(made)
    else:
        say(f"{made.name}  {made.first_day} to {made.last_day}")


@app.command("assign")
@guarded
def assign(
    name: Name, dialogues: Annotated[list[str], typer.Argument(help="References, d….")], as_json: Json = False
) -> None:
    """Have drafts be planned with a season."""
    with connected():
        number = seasons.assign(region(), seasons.named(region(), name), dialogues)
    if as_json:
        print_json({"assigned": number})
    else:
        say(f"{number} dialogues are planned with « {name} » from now on.")


@app.command("propose")
@guarded
def propose(
    name: Name,
    by: By,
    effort: Annotated[
        float, typer.Option(help="How long the solver looks, in a count of its own.", min=0.1, max=300)
    ] = planning.EFFORT,
    as_json: Json = False,
) -> None:
    """Propose a calendar, and show it; nothing changes before somebody approves."""
    with connected():
        from tasks.seasons import propose as plan

        made = plan(seasons.named(region(), name), by, effort)
    if as_json:
        print_json(made)
    else:
        say(made.explanation or "")


@app.command("show")
@guarded
def show(name: Name, as_json: Json = False) -> None:
    """Show the proposal that waits for a decision."""
    with connected():
        found = seasons.named(region(), name)
    if as_json:
        print_json(found)
    else:
        say(
            found.explanation or f"« {name} » has no proposal that waits: `boostez season propose` makes one."
        )


@app.command("approve")
@guarded
def approve(name: Name, by: By, as_json: Json = False) -> None:
    """Place every dialogue as proposed; those that were announced and move are told anew."""
    with connected():
        changed = seasons.approve(region(), dialogue_hub(settings()), name, by, dt.datetime.now(dt.UTC))
    if as_json:
        print_json(changed)
    else:
        say(f"{len(changed)} dialogues placed. `boostez season announce {name!r}` tells everybody.")


@app.command("refuse")
@guarded
def refuse(
    name: Name,
    by: By,
    reason: Annotated[str, typer.Option(help="Why: who plans again reads it.")],
    as_json: Json = False,
) -> None:
    """Leave every dialogue where it is."""
    with connected():
        found = seasons.refuse(region(), name, by, reason, dt.datetime.now(dt.UTC))
    if as_json:
        print_json(found)
    else:
        say(f"The proposal of « {name} » is refused; nothing changed.")


@app.command("announce")
@guarded
def announce(name: Name, by: By, as_json: Json = False) -> None:
    """Announce every approved dialogue of a season."""

    def flow_of() -> Any:
        from flows.plan_season import announce_season

        return announce_season

    told = run_flow(flow_of, season=name, by=by)
    if as_json:
        print_json(told)
        return
    say(f"{told['announced']} dialogues announced.")
    for ref, why in told["refused"].items():
        say(f"  {ref}: {why}")
