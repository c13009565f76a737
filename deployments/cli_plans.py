"""``boostez plan``: what a channel needs, and deciding on what a guard stopped.

Belongs here: these commands. Does not: the guard or the decision (connectors/region/plans.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from connectors import registry
from connectors.region import planning, plans
from connectors.region.database import region
from connectors.region.plans import Held
from connectors.settings import Settings
from core.days import paris_day
from core.plan import Plan
from deployments.command import By, Json, connected, guarded, print_json, say
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
    if as_json:
        print_json(found)
        return
    if not found:
        say("No plan waits for a decision.")
    for held in found:
        say(
            f"{held.id}  {held.raised_at:%Y-%m-%d %H:%M}  {held.kind} {held.place}  {held.state}: {held.message}"
        )


@app.command("show")
@guarded
def show(what: Annotated[str, typer.Argument(metavar="CHANNEL|NUMBER")], as_json: Json = False) -> None:
    """Show what CHANNEL needs, touching nothing; or a stopped plan by its number."""
    with connected() as chosen:
        found: Plan | Held = plans.get(region(), int(what)) if what.isdigit() else _dry(chosen, what)
    if as_json:
        print_json(found)
    elif isinstance(found, Plan):
        say("\n".join(found.lines()))
    else:
        say(found.words())
        say(f"State: {found.state} {found.decided_by or ''} {found.reason or ''}".rstrip())


def _dry(chosen: Settings, name: str) -> Plan:
    channel = registry.channel(name, chosen, region())
    form = channel.capabilities.form
    channel.close()
    policy = registry.policies(chosen.channels_file).get(name)
    if policy is None:
        raise Misconfigured(f"{chosen.channels_file} says nothing of {name}: add its section.")
    today = paris_day(dt.datetime.now(dt.UTC))
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
    if as_json:
        print_json(held)
    else:
        say(f"Plan {held.id} for {held.place} is {held.state}: {then}.")
