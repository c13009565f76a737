"""``boostez event``: events that students cover, their crews and slots.

Belongs here: these commands. Does not: the statements (connectors/region/coverage/events.py), students and media (cli_media.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from connectors import clock
from connectors.region.coverage import events, media, students
from connectors.region.coverage.events import Event, Slot, SlotKind, SlotState
from connectors.region.database import region
from core import wall
from core.days import at_paris
from deployments.command import By, Json, connected, guarded, print_list, print_told, say

app = typer.Typer(no_args_is_help=True, help="Events that high-school students cover.")
Ref = Annotated[str, typer.Argument(help="The event's reference, e….")]
Number = Annotated[int, typer.Argument(help="The slot's number.")]
_DAY = ["%Y-%m-%d"]
_TIME = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


def _line(event: Event) -> str:
    return f"{event.ref}  {event.first_day} to {event.last_day}  {event.state}  {event.name}, {event.place}"


def _slot(slot: Slot) -> str:
    return f"slot {slot.id}  {at_paris(slot.starts_at)}  {slot.kind}  {slot.state}  {slot.account}"


@app.command("add")
@guarded
def add(
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    place: Annotated[str, typer.Argument(help="As residents read it.")],
    department: Annotated[str, typer.Option(help="Two digits.")],
    first: Annotated[dt.datetime, typer.Option(help="Its first day.", formats=_DAY)],
    last: Annotated[dt.datetime, typer.Option(help="Its last day.", formats=_DAY)],
    as_json: Json = False,
) -> None:
    """Keep an event."""
    with connected():
        made = events.add(region(), name, place, department, first.date(), last.date(), clock.now())
    print_told(made, _line(made), as_json=as_json)


@app.command("list")
@guarded
def list_events(as_json: Json = False) -> None:
    """List events, newest first."""
    with connected():
        found = events.listed(region())
    print_list(found, _line, "No event: `boostez event add` keeps one.", as_json=as_json)


@app.command("show")
@guarded
def show(event: Ref, as_json: Json = False) -> None:
    """Show an event: its crew, its slots, its media, and the roll of what was published."""
    with connected():
        found = events.named(region(), event)
        crew, slots = students.listed(region(), found.id), events.slots(region(), found.id)
        shown, roll = media.listed(region(), found.id), media.roll(region(), found.id)
    lines = (
        *(f"{each.name}  {each.email}" for each in crew),
        *map(_slot, slots),
        *(f"{each.ref}  {each.kind}  {each.state}  {each.caption}" for each in shown),
        *(f"{at_paris(each.at)}  {each.step} {each.ref} by {each.by}" for each in roll),
    )
    told = {"event": found, "crew": crew, "slots": slots, "media": shown, "roll": roll}
    print_told(told, _line(found), *(f"  {line}" for line in lines), as_json=as_json)


@app.command("close")
@guarded
def close(event: Ref, as_json: Json = False) -> None:
    """Publish nothing more of an event; what is published stays."""
    with connected():
        closed = events.close(region(), event)
    print_told(closed, _line(closed), as_json=as_json)


@app.command("crew")
@guarded
def crew(
    event: Ref,
    student: Annotated[str, typer.Argument(help="The student's e-mail address.")],
    role: Annotated[str, typer.Argument(help="In French: « cadreuse ».")],
) -> None:
    """A student covers the event."""
    with connected():
        who = students.named(region(), student)
        events.join(region(), event, who.id, role)
    say(f"{who.name} covers {event}: {role}")


@app.command("slot")
@guarded
def slot(
    event: Ref,
    kind: Annotated[SlotKind, typer.Option(help="On Facebook, on Instagram, or on the portal.")],
    starts: Annotated[dt.datetime, typer.Option(help="What clocks in Paris show then.", formats=_TIME)],
    minutes: Annotated[int, typer.Option(help="How long it lasts.", min=1, max=24 * 60)] = 60,
    account: Annotated[str, typer.Option(help="As staff call it.")] = "the Region's",
    shows: Annotated[
        list[str] | None, typer.Option(help="A student's e-mail address; again for more.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Plan a slot of an event's coverage, and say whom it shows."""
    with connected():
        people = [students.named(region(), each).id for each in shows or ()]
        begins = wall.instant(starts, "Europe/Paris")
        made = events.plan(
            region(),
            event,
            kind,
            account,
            begins,
            begins + dt.timedelta(minutes=minutes),
            people,
            clock.now(),
        )
    print_told(made, _slot(made), as_json=as_json)


def _step(slot: int, state: SlotState, by: str, *, as_json: bool) -> None:
    with connected():
        made = events.step(region(), slot, state, by, clock.now())
    print_told(made, _slot(made), as_json=as_json)


@app.command("go-live")
@guarded
def go_live(slot: Number, by: By, as_json: Json = False) -> None:
    """A slot begins, if everybody whom it shows agrees to it, and a minor's guardian too."""
    _step(slot, "live", by, as_json=as_json)


@app.command("end-slot")
@guarded
def end_slot(slot: Number, by: By, as_json: Json = False) -> None:
    """A slot has ended."""
    _step(slot, "done", by, as_json=as_json)


@app.command("cancel-slot")
@guarded
def cancel_slot(slot: Number, by: By, as_json: Json = False) -> None:
    """A slot is not held."""
    _step(slot, "cancelled", by, as_json=as_json)
