"""``boostez plan``: what a channel needs, and deciding on what a guard stopped.

Belongs here: these commands. Does not: the guard or the decision (connectors/region/publishing/plans.py).
"""

from __future__ import annotations

from typing import Annotated

import typer

from connectors import clock, registry
from connectors.region.database import region
from connectors.region.publishing import planning, plans
from connectors.region.publishing.plans import Held
from connectors.settings import Settings
from core.days import at_paris, paris_day
from core.plan import Plan
from deployments.command import By, Json, connected, guarded, print_list, print_told
from schemas.errors import Misconfigured

app = typer.Typer(
    no_args_is_help=True, help="What a channel needs, and what a guard stopped until somebody decides."
)
Number = Annotated[int, typer.Argument(help="The stopped plan's number.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the plan.")]


@app.command("list")
@guarded
def list_plans(
    every: Annotated[bool, typer.Option("--all", help="Decided ones too.")] = False, as_json: Json = False
) -> None:
    """List the plans that wait for a decision."""
    with connected():
        found = plans.waiting(region(), decided=every)
    print_list(
        found,
        lambda held: (
            f"{held.id}  {at_paris(held.raised_at)}  {held.kind} {held.place}  {held.state}: {held.message}"
        ),
        "No plan waits for a decision.",
        as_json=as_json,
    )


@app.command("show")
@guarded
def show(
    what: Annotated[
        str, typer.Argument(metavar="CHANNEL|NUMBER", help="A channel's name, or a stopped plan's number.")
    ],
    as_json: Json = False,
) -> None:
    """Show what CHANNEL needs, touching nothing; or a stopped plan by its number."""
    with connected() as chosen:
        found: Plan | Held = plans.get(region(), int(what)) if what.isdigit() else _dry(chosen, what)
    print_told(found, *(found.lines() if isinstance(found, Plan) else _words(found)), as_json=as_json)


def _words(held: Held) -> tuple[str, ...]:
    return held.words(), f"State: {held.state} {held.decided_by or ''} {held.reason or ''}".rstrip()


def _dry(chosen: Settings, name: str) -> Plan:
    channel = registry.channel(name, chosen, region())
    form = channel.capabilities.form
    channel.close()
    policy = registry.policies(chosen.channels_file).get(name)
    if policy is None:
        raise Misconfigured(f"{chosen.channels_file} says nothing of {name}: add its section.")
    today = paris_day(clock.now())
    return planning.plan(region(), policy, form, today, limits=chosen.limits, dry=True).plan


@app.command("approve")
@guarded
def approve(plan: Number, reason: Reason, by: By, as_json: Json = False) -> None:
    """Let exactly this plan be carried out."""
    with connected():
        held = plans.approve(region(), plan, by, reason)
    _tell(held, "the next sync carries it out", as_json=as_json)


@app.command("refuse")
@guarded
def refuse(plan: Number, reason: Reason, by: By, as_json: Json = False) -> None:
    """Leave everything as it is. A refused plan can still be approved."""
    with connected():
        held = plans.refuse(region(), plan, by, reason)
    _tell(held, "everything stays as it is", as_json=as_json)


def _tell(held: Held, then: str, *, as_json: bool) -> None:
    print_told(held, f"Plan {held.id} for {held.place} is {held.state}: {then}.", as_json=as_json)
