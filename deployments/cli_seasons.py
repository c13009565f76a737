"""``boostez season``: dialogues that are planned together.

Belongs here: these commands. Does not: the planning (core/seasons), or the form (flows/plan_season.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from connectors import clock
from connectors.region.database import region
from connectors.region.dialogues import seasons
from connectors.region.dialogues.seasons import Season
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core import seasons as planning
from deployments.command import By, Json, connected, guarded, print_list, print_told, run_flow

app = typer.Typer(no_args_is_help=True, help="Dialogues that are planned together.")
Name = Annotated[str, typer.Argument(help="The season's name.")]
Day = Annotated[dt.datetime, typer.Argument(help="Its first day, then its last.", formats=["%Y-%m-%d"])]


@app.command("list")
@guarded
def list_seasons(as_json: Json = False) -> None:
    """List seasons, the newest first."""
    with connected():
        found = seasons.listed(region())
    print_list(found, _line, "No season yet: `boostez season add` begins one.", as_json=as_json)


def _line(season: Season) -> str:
    decided = f"decided by {season.decided_by}" if season.decided_by else ""
    standing = "a proposal waits" if season.proposed_at else decided
    return f"{season.name}  {season.first_day} to {season.last_day}  {standing}".rstrip()


@app.command("add")
@guarded
def add(name: Name, first: Day, last: Day, as_json: Json = False) -> None:
    """Begin a season; of one that is there, change its days."""
    with connected():
        made = seasons.create(region(), name, first.date(), last.date(), clock.now())
    print_told(made, _line(made), as_json=as_json)


@app.command("assign")
@guarded
def assign(
    name: Name, dialogues: Annotated[list[str], typer.Argument(help="References, d….")], as_json: Json = False
) -> None:
    """Have drafts be planned with a season."""
    with connected():
        number = seasons.assign(region(), seasons.named(region(), name), dialogues)
    print_told(
        {"assigned": number}, f"{number} dialogues are planned with « {name} » from now on.", as_json=as_json
    )


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
    print_told(made, made.explanation or "", as_json=as_json)


@app.command("show")
@guarded
def show(name: Name, as_json: Json = False) -> None:
    """Show the proposal that waits for a decision."""
    with connected():
        found = seasons.named(region(), name)
    print_told(
        found,
        found.explanation or f"« {name} » has no proposal that waits: `boostez season propose` makes one.",
        as_json=as_json,
    )


@app.command("approve")
@guarded
def approve(name: Name, by: By, as_json: Json = False) -> None:
    """Place every dialogue as proposed; those that were announced and move are told anew."""
    with connected():
        changed = seasons.approve(region(), dialogue_hub(settings()), name, by, clock.now())
    print_told(
        changed,
        f"{len(changed)} dialogues placed. `boostez season announce {name!r}` tells everybody.",
        as_json=as_json,
    )


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
        found = seasons.refuse(region(), name, by, reason, clock.now())
    print_told(found, f"The proposal of « {name} » is refused; nothing changed.", as_json=as_json)


@app.command("announce")
@guarded
def announce(name: Name, by: By, as_json: Json = False) -> None:
    """Announce every approved dialogue of a season."""
    told = run_flow("plan_season:announce_season", season=name, by=by)
    refused = (f"  {ref}: {why}" for ref, why in told["refused"].items())
    print_told(told, f"{told['announced']} dialogues announced.", *refused, as_json=as_json)
