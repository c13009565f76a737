"""``boostez event``: events that students cover, their crews and slots.

Belongs here: these commands. Does not: the statements (connectors/region/events.py), students and media (cli_media.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import msgspec
import typer

from connectors.region import events, media, students
from connectors.region.database import region
from connectors.region.events import Event, Slot, SlotKind, SlotState
from core import wall
from core.days import PARIS
from deployments.command import By, Json, connected, guarded, print_json, say
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Events that high-school students cover.")
Ref = Annotated[str, typer.Argument(help="The event's reference, e….")]
Number = Annotated[int, typer.Argument(help="The slot's number.")]
_DAY = ["%Y-%m-%d"]
_TIME = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


def _line(event: Event) -> str:
    return f"{event.ref}  {event.first_day} to {event.last_day}  {event.state}  {event.name}, {event.place}"


def _slot(slot: Slot) -> str:
    starts = slot.starts_at.astimezone(PARIS)
    return f"slot {slot.id}  {starts:%Y-%m-%d %H:%M}  {slot.kind}  {slot.state}  {slot.account}"


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
        made = events.add(
            region(), name, place, department, first.date(), last.date(), dt.datetime.now(dt.UTC)
        )
    if as_json:
        print_json(made)
    else:
        say(_line(made))


@app.command("list")
@guarded
def list_events(as_json: Json = False) -> None:
    """List events, newest first."""
    with connected():
        found = events.listed(region())
    if as_json:
        print_json(found)
        return
    if not found:
        say("No event: `boostez event add` keeps one.")
    for event in found:
        say(_line(event))


@app.command("show")
@guarded
def show(event: Ref, as_json: Json = False) -> None:
    """Show an event: its crew, its slots, its media, and the roll of what was published."""
    with connected():
        found = events.named(region(), event)
        crew, slots = students.listed(region(), found.id), events.slots(region(), found.id)
        shown, roll = media.listed(region(), found.id), media.roll(region(), found.id)
    if as_json:
        print_json({"event": found, "crew": crew, "slots": slots, "media": shown, "roll": roll})
        return
    say(_line(found))
    for lines in (
        [f"{each.name}  {each.email}" for each in crew],
        [_slot(each) for each in slots],
        [f"{each.ref}  {each.kind}  {each.state}  {each.caption}" for each in shown],
        [f"{each.at:%Y-%m-%d %H:%M}  {each.step} {each.ref} by {each.by}" for each in roll],
    ):
        for line in lines:
            say(f"  {line}")


@app.command("close")
@guarded
def close(event: Ref) -> None:
    """Publish nothing more of an event; what is published stays."""
    with connected():
        say(_line(events.close(region(), event)))


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
    kind: Annotated[str, typer.Option(help="live (Facebook), story (Instagram) or wall.")],
    starts: Annotated[dt.datetime, typer.Option(help="What clocks in Paris show then.", formats=_TIME)],
    minutes: Annotated[int, typer.Option(min=1, max=24 * 60)] = 60,
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
            msgspec.convert(kind, SlotKind) if kind in events.SCOPE_OF else _no_kind(kind),
            account,
            begins,
            begins + dt.timedelta(minutes=minutes),
            people,
            dt.datetime.now(dt.UTC),
        )
    if as_json:
        print_json(made)
    else:
        say(_slot(made))


def _no_kind(kind: str) -> SlotKind:
    raise Misconfigured(f"No kind {kind!r}: there are {', '.join(events.SCOPE_OF)}.")


def _step(slot: int, state: SlotState, by: str) -> None:
    with connected():
        say(_slot(events.step(region(), slot, state, by, dt.datetime.now(dt.UTC))))


@app.command("go-live")
@guarded
def go_live(slot: Number, by: By) -> None:
    """A slot begins, if everybody whom it shows agrees to it, and a minor's guardian too."""
    _step(slot, "live", by)


@app.command("end-slot")
@guarded
def end_slot(slot: Number, by: By) -> None:
    """A slot has ended."""
    _step(slot, "done", by)


@app.command("cancel-slot")
@guarded
def cancel_slot(slot: Number, by: By) -> None:
    """A slot is not held."""
    _step(slot, "cancelled", by)
