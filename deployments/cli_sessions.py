"""``boostez session``, ``boostez coach`` and ``boostez reminders``: the programme's calendar, its people, and what they were told.

Belongs here: these commands. Does not: what they do (flows/sessions.py, connectors/region).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import typer

from connectors import clock
from connectors.region.cohorts import coaches
from connectors.region.database import region
from connectors.region.sessions import attendees, enrolments, sessions
from connectors.region.sessions.attendees import Reminded
from connectors.region.sessions.sessions import Session
from connectors.reminder_rules import reminder_rules
from core.days import at_paris
from deployments.command import By, Json, connected, guarded, print_list, print_told, run_flow, say, sure

app = typer.Typer(no_args_is_help=True, help="Seminars, cohorts' sessions, dialogues.")
coach_app = typer.Typer(no_args_is_help=True, help="Who accompanies firms.")
reminders_app = typer.Typer(no_args_is_help=True, help="Who was reminded of what, and who was not.")
Ref = Annotated[str, typer.Argument(help="The session's reference, S-….")]
Starts = Annotated[
    dt.datetime,
    typer.Option(help="What clocks in Paris show then.", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
]
_KINDS: tuple[sessions.Kind, ...] = ("seminar", "coaching", "dialogue")


def _line(session: Session) -> str:
    where = session.place or session.link
    return (
        f"{session.ref}  {session.starts_wall:%Y-%m-%d %H:%M}  {session.state}  {session.taken}/{session.capacity} "
        f"(+{session.waiting} waiting)  {session.title}, {where}"
    )


@app.command("list")
@guarded
def list_sessions(as_json: Json = False) -> None:
    """List the sessions to come."""
    with connected():
        found = sessions.upcoming(region(), clock.now(), kinds=_KINDS)
    print_list(found, _line, "No session is to come: `boostez session add` holds one.", as_json=as_json)


@app.command("people")
@guarded
def people(session: Ref, as_json: Json = False) -> None:
    """Name who takes part in a session, and who waits."""
    with connected():
        found = attendees.of(region(), session)
    print_list(
        found,
        lambda each: (
            f"{each.enrolment}  {each.state}  {each.name or '(erased)'}  {each.firm or ''}  {each.email or ''}  {each.phone or ''}"
        ),
        "Nobody has registered.",
        as_json=as_json,
    )


def _run(flow: str, *, as_json: bool, **asked: Any) -> None:
    told = run_flow(flow, **asked)
    print_told(
        told,
        f"{told['ref']}  {told['starts_wall']}  {told['state']}  version {told['version']}  {told['title']}",
        as_json=as_json,
    )


@app.command("add")
@guarded
def add(
    title: Annotated[str, typer.Argument(help="In French, as residents read it.")],
    starts: Starts,
    minutes: Annotated[int, typer.Option(help="How long it lasts.")],
    capacity: Annotated[int, typer.Option(help="Places.")],
    by: By,
    kind: Annotated[Literal["seminar", "dialogue"], typer.Option(help="What it is.")] = "seminar",
    place: Annotated[str | None, typer.Option(help="Where, in words.")] = None,
    address: Annotated[str | None, typer.Option(help="Its postal address.")] = None,
    link: Annotated[str | None, typer.Option(help="Where it is held online.")] = None,
    department: Annotated[str | None, typer.Option(help="Two digits.")] = None,
    summary: Annotated[str, typer.Option(help="What it is about, in French.")] = "",
    coach: Annotated[str | None, typer.Option(help="The coach's e-mail address.")] = None,
    as_json: Json = False,
) -> None:
    """Hold a session: people register on the portal from now on."""
    _run(
        "sessions:hold_session",
        as_json=as_json,
        title=title,
        starts=starts,
        minutes=minutes,
        capacity=capacity,
        by=by,
        kind=kind,
        place=place,
        address=address,
        link=link,
        department=department,
        summary=summary,
        coach=coach,
    )


@app.command("move")
@guarded
def move(
    session: Ref,
    by: By,
    starts: Annotated[
        dt.datetime | None,
        typer.Option(help="What clocks in Paris show then.", formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    ] = None,
    minutes: Annotated[int | None, typer.Option(help="How long it lasts.")] = None,
    capacity: Annotated[int | None, typer.Option(help="Places.")] = None,
    place: Annotated[str | None, typer.Option(help="Where, in words.")] = None,
    address: Annotated[str | None, typer.Option(help="Its postal address.")] = None,
    link: Annotated[str | None, typer.Option(help="Where it is held online.")] = None,
    coach: Annotated[str | None, typer.Option(help="The coach's e-mail address.")] = None,
    as_json: Json = False,
) -> None:
    """Change a session; all who take part or wait are told of another time or place."""
    _run(
        "sessions:move_session",
        as_json=as_json,
        session=session,
        by=by,
        starts=starts,
        minutes=minutes,
        capacity=capacity,
        place=place,
        address=address,
        link=link,
        coach=coach,
    )


@app.command("cancel")
@guarded
def cancel(
    session: Ref,
    reason: Annotated[str, typer.Option(help="Why, in French: those who were to come read it.")],
    by: By,
    yes: Annotated[bool, typer.Option("--yes", help="There is no undo; do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Cancel a session; all who take part or wait are told. There is no undo."""
    sure(f"Everybody who takes part in {session} or waits is told that it is cancelled. Go on?", yes=yes)
    _run("sessions:cancel_session", as_json=as_json, session=session, reason=reason, by=by)


@app.command("transfer")
@guarded
def transfer(
    enrolment: Annotated[int, typer.Argument(help="Its number, from `boostez session people`.")],
    to: Annotated[str, typer.Argument(help="The other session's reference, S-….")],
    as_json: Json = False,
) -> None:
    """Move a person to another session: a place there, or its waiting list; they are written to, and theirs here is given back."""
    with connected() as chosen:
        rules = reminder_rules(chosen.reminders_file)
        moved = enrolments.transfer(region(), rules, enrolment, to, clock.now())
    print_told(moved, f"{moved.id}  {moved.state} in {to}", as_json=as_json)


@coach_app.command("add")
@guarded
def add_coach(
    name: Annotated[str, typer.Argument(help="As firms read it.")],
    email: Annotated[str, typer.Argument(help="Where they are written to; it names them.")],
    departments: Annotated[str, typer.Option(help="Those they work in, separated by commas.")] = "",
    availability: Annotated[str, typer.Option(help="Slots like tue-evening, separated by commas.")] = "",
    cohorts: Annotated[int, typer.Option(help="How many they take at once.")] = 2,
    as_json: Json = False,
) -> None:
    """Keep a coach; the same address again changes what is known of them."""
    with connected():
        kept = coaches.keep(
            region(),
            name,
            email,
            departments=[each.strip() for each in departments.split(",") if each.strip()],
            availability=[each.strip() for each in availability.split(",") if each.strip()],
            cohorts=cohorts,
        )
    print_told(kept, f"{kept.name} <{kept.email}>", as_json=as_json)


@coach_app.command("list")
@guarded
def list_coaches(as_json: Json = False) -> None:
    """List the coaches."""
    with connected():
        found = coaches.listed(region())
    print_list(
        found,
        lambda coach: (
            f"{coach.name} <{coach.email}>  {', '.join(coach.departments)}  {coach.cohorts} cohorts at once"
        ),
        "There is no coach: `boostez coach add` keeps one.",
        as_json=as_json,
    )


@coach_app.command("end")
@guarded
def end_coach(email: Annotated[str, typer.Argument(help="The coach's e-mail address.")]) -> None:
    """They coach no more; `boostez coach add` takes it back."""
    with connected():
        ended = coaches.end(region(), email, clock.now())
    say(f"{ended.name} is told nothing any more.")


@reminders_app.command("list")
@guarded
def list_reminders(
    session: Annotated[str | None, typer.Option(help="Of one session, S-….")] = None,
    state: Annotated[
        str | None,
        typer.Option(help="waiting, queued, sent, parked, void, expired, refused or unreachable."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List reminders, the newest due first: who was reminded, who was not, and why."""
    with connected():
        found = attendees.reminded(region(), session=session, state=state)
    print_list(found, _reminder, "No reminder is so.", as_json=as_json)


def _reminder(each: Reminded) -> str:
    why = f"  ({each.why})" if each.why else ""
    return f"{each.session}  {each.rule}  {at_paris(each.at)}  {each.state}  {each.name}  {each.phone or ''}{why}"
