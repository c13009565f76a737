"""``boostez cohort`` and ``boostez programme``: what is proposed, the decision, and how far the programme has come.

Belongs here: these commands. Does not: forming cohorts (flows/form_cohorts.py), or what a decision does (connectors/region/cohorts/cohorts.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from connectors import clock
from connectors.region.cohorts import cohorts
from connectors.region.cohorts.cohorts import Cohort, Plan
from connectors.region.database import region
from connectors.region.firms import progress
from connectors.reminder_rules import reminder_rules
from core.progress import STEPS, TARGET
from deployments.command import By, Json, connected, guarded, print_list, print_told

app = typer.Typer(no_args_is_help=True, help="Groups of firms that are accompanied together.")
Key = Annotated[str, typer.Argument(help="The proposal, as `boostez cohort list` names it.")]


@app.command("list")
@guarded
def list_cohorts(
    every: Annotated[bool, typer.Option("--all", help="Those that were decided on, too.")] = False,
    as_json: Json = False,
) -> None:
    """List the cohorts that wait for a decision."""
    with connected():
        found = cohorts.listed(region(), every=every)
    none = "No cohort waits for a decision: the deployment `cohorts` proposes some."
    print_list(found, _line, none, as_json=as_json)


def _line(cohort: Cohort) -> str:
    return f"{cohort.id}  {cohort.state}  {cohort.name}  {cohort.level}  {cohort.members} firms  proposal {cohort.proposal}"


@app.command("approve")
@guarded
def approve(
    proposal: Key,
    first: Annotated[dt.datetime, typer.Option(help="No session before this day.", formats=["%Y-%m-%d"])],
    by: By,
    without: Annotated[list[int] | None, typer.Option(help="A cohort's number that is not to open.")] = None,
    sessions: Annotated[int, typer.Option(help="How many sessions.", min=1, max=20)] = 4,
    weeks: Annotated[int, typer.Option(help="From one session to the next.", min=1, max=8)] = 2,
    place: Annotated[str, typer.Option(help="Where, until its coach says better.")] = cohorts.PLACE,
    as_json: Json = False,
) -> None:
    """Open the cohorts of a proposal; their members are written to within a minute."""
    with connected() as chosen:
        opened = [each.id for each in cohorts.proposed(region(), proposal) if each.id not in (without or ())]
        plan = Plan(first=first.date(), sessions=sessions, weeks=weeks, place=place)
        rules = reminder_rules(chosen.reminders_file)
        decided = cohorts.decide(region(), rules, proposal, opened, plan, by, clock.now())
    print_told(decided, *map(_line, decided), as_json=as_json)


@app.command("refuse")
@guarded
def refuse(proposal: Key, by: By, as_json: Json = False) -> None:
    """Refuse a proposal: its firms wait for the next."""
    with connected() as chosen:
        plan = Plan(first=clock.now().date())
        rules = reminder_rules(chosen.reminders_file)
        decided = cohorts.decide(region(), rules, proposal, (), plan, by, clock.now())
    print_told(decided, *map(_line, decided), as_json=as_json)


@guarded
def programme(as_json: Json = False) -> None:
    """Show how far the programme has come."""
    with connected():
        found = progress.figures(region())
    print_told(
        found,
        f"{found.whole.present} of {TARGET} firms have come ({found.share:.1%})",
        *(f"{getattr(found.whole, name):>6}  {name}" for name in STEPS),
        *(f"{part.steps.present:>6}  {part.name or 'department not known'}" for part in found.departments),
        as_json=as_json,
    )
