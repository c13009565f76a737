"""``boostez dialogue``: dialogues with residents.

Belongs here: these commands. Does not: what they do (flows/dialogues.py, connectors/region), who holds dialogues (cli_hosts.py), or
seasons (cli_seasons.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, get_args

import typer

from connectors import clock
from connectors.region.database import region
from connectors.region.dialogues import dialogue_life, dialogue_steps, dialogues, hosts, move_proposals
from connectors.region.dialogues.dialogues import Dialogue
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core.days import at_paris
from core.dialogues import State
from deployments.command import By, Json, connected, guarded, one_of, print_list, print_told, run_flow, sure
from schemas.dialogue import Form
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Dialogues between residents and officials.")
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
Ref = Annotated[str, typer.Argument(help="The dialogue's reference, d….")]
Starts = Annotated[dt.datetime | None, typer.Option(help="What clocks in Paris show then.", formats=_FORMATS)]
OfficialOf = Annotated[str | None, typer.Option("--official", help="Their e-mail address.")]
ModeratorOf = Annotated[str | None, typer.Option("--moderator", help="Their e-mail address.")]
VenueOf = Annotated[str | None, typer.Option("--venue", help="Its name.")]


def _line(dialogue: Dialogue) -> str:
    when = f"{dialogue.starts_wall:%Y-%m-%d %H:%M}" if dialogue.starts_wall else "no time yet"
    who = f"{dialogue.official or 'no official'}; {dialogue.moderator or 'no moderator'}"
    state = f"{dialogue.state}, locked" if dialogue.locked else dialogue.state
    return f"{dialogue.ref}  {when}  {state}  {dialogue.form}  {dialogue.title} ({dialogue.theme}): {who}"


@app.command("list")
@guarded
def list_dialogues(
    state: Annotated[list[str] | None, typer.Option(help="Only in this state; again for more.")] = None,
    as_json: Json = False,
) -> None:
    """List dialogues by time, drafts too."""
    states: tuple[State, ...] = get_args(State)
    wanted = one_of("state", state, states) if state else states
    with connected():
        found = dialogues.listed(region(), states=wanted, limit=1000)
    print_list(found, _line, "No dialogue: `boostez dialogue add` keeps a draft.", as_json=as_json)


@app.command("show")
@guarded
def show(dialogue: Ref, as_json: Json = False) -> None:
    """Show a dialogue and the decisions about it."""
    with connected():
        found, steps = _named(dialogue), dialogue_steps.steps(region(), dialogue)
    lines = (
        f"  {at_paris(step.at)}  {step.step} by {step.by}{f': {step.why}' if step.why else ''}"
        for step in steps
    )
    print_told({"dialogue": found, "steps": steps}, _line(found), *lines, as_json=as_json)


def _named(dialogue: str) -> Dialogue:
    found = dialogues.named(region(), dialogue)
    if found is None:
        raise Misconfigured(f"No dialogue {dialogue}: `boostez dialogue list` shows which there are.")
    return found


@app.command("add")
@guarded
def add(
    title: Annotated[str, typer.Argument(help="In French, as residents read it.")],
    theme: Annotated[str, typer.Option(help="Its key in deployments/dialogue.toml.")],
    form: Annotated[Form, typer.Option(help="How it is held.")] = "live",
    minutes: Annotated[int, typer.Option(help="How long it lasts.", min=15, max=480)] = 60,
    department: Annotated[str | None, typer.Option(help="Whose residents; none: all.")] = None,
    summary: Annotated[str, typer.Option(help="What it is about, in French.")] = "",
    official: OfficialOf = None,
    as_json: Json = False,
) -> None:
    """Keep a draft: a season places it, or `boostez dialogue approve`."""
    themes = dialogue_hub(settings()).rules.themes
    if theme not in themes:
        raise Misconfigured(f"No theme {theme!r}: there are {', '.join(themes)}.")
    with connected():
        who = hosts.named(region(), hosts.Official, official).id if official else None
        draft = dialogues.Draft(
            theme=theme,
            title=title,
            form=form,
            minutes=minutes,
            department=department,
            summary=summary,
            official_id=who,
        )
        made = dialogues.add(region(), draft, clock.now())
    print_told(made, _line(made), as_json=as_json)


@app.command("approve")
@guarded
def approve(
    dialogue: Ref,
    by: By,
    starts: Starts = None,
    official: OfficialOf = None,
    moderator: ModeratorOf = None,
    venue: VenueOf = None,
    as_json: Json = False,
) -> None:
    """Settle who holds a dialogue, when and where. Nobody is told before it is announced."""
    with connected():
        where = dialogue_life.placement(region(), _named(dialogue), starts, official, moderator, venue)
        made = dialogue_life.approve(region(), dialogue, where, by, clock.now())
    print_told(made, _line(made), as_json=as_json)


def _run(flow: str, *, as_json: bool, **asked: Any) -> None:
    told = run_flow(flow, **asked)
    made = told["dialogue"]
    troubles = (f"  {name}: {shown['error']}" for name, shown in told["shown"].items() if shown["error"])
    line = (
        f"{made['ref']}  {made['starts_wall']}  {made['state']}  version {made['version']}  {made['title']}"
    )
    print_told(told, line, *troubles, as_json=as_json)


def _hold_fast(dialogue: str, by: str, *, locked: bool, as_json: bool) -> None:
    with connected():
        made = dialogue_life.hold_fast(region(), dialogue, by, clock.now(), locked=locked)
    print_told(made, _line(made), as_json=as_json)


@app.command("lock")
@guarded
def lock(dialogue: Ref, by: By, as_json: Json = False) -> None:
    """Have no new proposal of its season move a dialogue."""
    _hold_fast(dialogue, by, locked=True, as_json=as_json)


@app.command("unlock")
@guarded
def unlock(dialogue: Ref, by: By, as_json: Json = False) -> None:
    """Let a new proposal move it again."""
    _hold_fast(dialogue, by, locked=False, as_json=as_json)


@app.command("announce")
@guarded
def announce(dialogue: Ref, by: By, as_json: Json = False) -> None:
    """Tell everybody of an approved dialogue."""
    _run("dialogues:announce_dialogue", as_json=as_json, dialogue=dialogue, by=by)


@app.command("move")
@guarded
def move(
    dialogue: Ref,
    by: By,
    starts: Starts = None,
    minutes: Annotated[int | None, typer.Option(help="How long it lasts.", min=15, max=480)] = None,
    official: OfficialOf = None,
    moderator: ModeratorOf = None,
    venue: VenueOf = None,
    why: Annotated[str | None, typer.Option(help="For the file.")] = None,
    as_json: Json = False,
) -> None:
    """Hold an announced dialogue at another time or place, or with somebody else; whoever was told is told anew."""
    _run(
        "dialogues:move_dialogue",
        as_json=as_json,
        dialogue=dialogue,
        by=by,
        starts=starts,
        minutes=minutes,
        official=official,
        moderator=moderator,
        venue=venue,
        why=why,
    )


@app.command("cancel")
@guarded
def cancel(
    dialogue: Ref,
    by: By,
    reason: Annotated[str, typer.Option(help="In French: residents read it.")],
    yes: Annotated[bool, typer.Option("--yes", help="There is no undo; do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Hold a dialogue not at all; all who were told are told."""
    sure(f"Everybody who was told of {dialogue} is told that it is cancelled. Go on?", yes=yes)
    _run("dialogues:cancel_dialogue", as_json=as_json, dialogue=dialogue, by=by, reason=reason)


@app.command("fall-back")
@guarded
def fall_back(
    dialogue: Ref,
    by: By,
    reason: Annotated[str, typer.Option(help="In French: residents read it.")],
    as_json: Json = False,
) -> None:
    """Hold a live dialogue in writing, at the same time, on its page."""
    _run("dialogues:fall_back_dialogue", as_json=as_json, dialogue=dialogue, by=by, reason=reason)


@app.command("record")
@guarded
def record(
    dialogue: Ref,
    by: By,
    file: Annotated[typer.FileText, typer.Argument(help="The minutes, a text file; - for standard input.")],
    replay: Annotated[str | None, typer.Option(help="The https address of the video.")] = None,
    as_json: Json = False,
) -> None:
    """Publish a dialogue's minutes, or others in their place."""
    _run(
        "dialogues:publish_record",
        as_json=as_json,
        dialogue=dialogue,
        by=by,
        record=file.read(),
        replay=replay,
    )


@app.command("moves")
@guarded
def moves(as_json: Json = False) -> None:
    """List what officials moved in their own calendars, and nobody has decided on."""
    with connected():
        found = move_proposals.waiting(region(), clock.now())
    print_list(
        found,
        lambda each: f"{each.id}  {each.words()}",
        "Nobody has moved a dialogue in their calendar.",
        as_json=as_json,
    )


def _decide(proposal: int, verdict: str, by: str, *, as_json: bool) -> None:
    _run("calendars:decide_move", as_json=as_json, proposal=proposal, verdict=verdict, by=by)


@app.command("accept-move")
@guarded
def accept_move(
    proposal: Annotated[int, typer.Argument(help="Its number, as `moves` lists it.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Move a dialogue as its official did in their calendar; whoever was told is told anew."""
    _decide(proposal, "accept", by, as_json=as_json)


@app.command("refuse-move")
@guarded
def refuse_move(
    proposal: Annotated[int, typer.Argument(help="Its number, as `moves` lists it.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Leave a dialogue where it is, and put it back into their calendar."""
    _decide(proposal, "refuse", by, as_json=as_json)
