"""``boostez student`` and ``boostez media``: who covers events and what they agreed to, what is published of them.

Belongs here: these commands. Does not: what they do (flows/coverage.py, connectors/region), or events (cli_events.py).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from connectors import clock
from connectors.region.coverage import coverage_rights, events, media, media_consents, students
from connectors.region.coverage.students import Student
from connectors.region.database import region
from deployments.command import (
    By,
    Json,
    connected,
    guarded,
    one_of,
    print_json,
    print_list,
    print_told,
    run_flow,
    say,
    sure,
)
from schemas.coverage import ConsentKind, Giver, Place, Scope

student_app = typer.Typer(
    no_args_is_help=True, help="Students who cover events, and what they have agreed to."
)
media_app = typer.Typer(no_args_is_help=True, help="Images and videos of covered events.")
Email = Annotated[str, typer.Argument(help="The student's e-mail address.")]
EventOf = Annotated[str, typer.Option("--event", help="The event's reference, e….")]
Ref = Annotated[str, typer.Argument(help="The medium's reference, m….")]


def _line(student: Student) -> str:
    guardian = f"  guardian {student.guardian_name} {student.guardian_email}" if student.guardian_name else ""
    age = "minor" if student.minor(clock.now()) else "of age"
    return f"{student.id}  {student.name}  {student.email}  {age}{guardian}"


@student_app.command("add")
@guarded
def add_student(
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    email: Annotated[str, typer.Argument(help="Where they are written to; they are known by it.")],
    born: Annotated[dt.datetime, typer.Option(help="The day.", formats=["%Y-%m-%d"])],
    guardian: Annotated[str | None, typer.Option(help="The legal guardian's name, for a minor.")] = None,
    guardian_email: Annotated[str | None, typer.Option(help="And address.")] = None,
    as_json: Json = False,
) -> None:
    """Keep a student, or what changed of one."""
    both = (guardian, guardian_email) if guardian and guardian_email else None
    with connected():
        made = students.keep(region(), name, email, born.date(), both, clock.now())
    print_told(made, _line(made), as_json=as_json)


@student_app.command("list")
@guarded
def list_students(as_json: Json = False) -> None:
    """List students by name."""
    with connected():
        found = students.listed(region())
    print_list(found, _line, "No student: `boostez student add` keeps one.", as_json=as_json)


@student_app.command("ask")
@guarded
def ask(student: Email, event: EventOf) -> None:
    """Write to a student, and to a minor's guardian, to ask whether they agree."""
    with connected():
        found = students.named(region(), student)
        givers = media_consents.ask(region(), found.id, events.named(region(), event).id, clock.now())
    say(f"Asked: {' and '.join(givers)}. The letters leave with the next minute's.")


@student_app.command("consent")
@guarded
def consent(
    student: Email,
    proof: Annotated[str, typer.Option(help="Where the signed paper is kept.")],
    giver: Annotated[Giver, typer.Option(help="Who signed it.")],
    kind: Annotated[list[str], typer.Option(help="image, voice or byline; again for more.")],
    scope: Annotated[list[str], typer.Option(help="portal, facebook or instagram; again for more.")],
    event: Annotated[str | None, typer.Option(help="The event's reference; none: any event.")] = None,
) -> None:
    """Keep a consent that was given on paper, in place of what that giver said before for that event."""
    with connected():
        media_consents.give(
            region(),
            students.named(region(), student).id,
            giver,
            one_of("kind", kind, get_args(ConsentKind)),
            one_of("scope", scope, get_args(Scope)),
            events.named(region(), event).id if event else None,
            proof,
            clock.now(),
        )
    say("Kept.")


@student_app.command("withdraw")
@guarded
def withdraw_consent(
    student: Email,
    by: By,
    giver: Annotated[Giver | None, typer.Option(help="Whose consent ends; none: both.")] = None,
    as_json: Json = False,
) -> None:
    """End what was agreed to for a student; whatever shows them is taken down everywhere."""
    told = run_flow("coverage:withdraw_consent", student=student, by=by, giver=giver)
    done = told["withdrawn"]
    print_told(
        told,
        f"{done['consents']} consents ended; taken down: {', '.join(done['media']) or 'nothing'}.",
        *(f"Slot {slot} is live and shows them: end it now." for slot in done["lives"]),
        as_json=as_json,
    )


@student_app.command("export")
@guarded
def export(student: Email, by: By) -> None:
    """Print everything that is kept of a student, as JSON, to be handed to them or their guardian."""
    with connected():
        print_json(coverage_rights.export(region(), student, by, clock.now()))


@student_app.command("erase")
@guarded
def erase(
    student: Email,
    by: By,
    yes: Annotated[bool, typer.Option("--yes", help="There is no undo; do not ask.")] = False,
) -> None:
    """Forget a student and their guardian; whatever shows them is taken down and deleted."""
    sure(f"{student} is forgotten, and whatever shows them is deleted. Go on?", yes=yes)
    with connected():
        gone = coverage_rights.erase(region(), student, by, clock.now())
    say(
        f"Forgotten; {gone} media are deleted. What is on Instagram goes with the next run of watch-coverage."
    )


@media_app.command("add")
@guarded
def add_medium(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A JPEG or an MP4.")],
    slot: Annotated[int, typer.Option(help="The slot's number.")],
    alt: Annotated[str, typer.Option(help="In French, what it shows, for those who do not see it.")],
    caption: Annotated[str, typer.Option(help="In French.")] = "",
    author: Annotated[str | None, typer.Option(help="The e-mail address of the student who made it.")] = None,
    shows: Annotated[
        list[str] | None, typer.Option(help="The e-mail address of a student whom it shows; again for more.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Keep a medium as a draft. Name everybody whom it shows: without their consent it is not published."""
    with connected():
        draft = media.Draft(
            slot=slot,
            caption=caption,
            alt=alt,
            author=students.named(region(), author).id if author else None,
            people=tuple(students.named(region(), each).id for each in shows or ()),
        )
        made = media.add(region(), draft, file.read_bytes(), clock.now())
    print_told(made, f"{made.ref}  {made.kind}  {made.state}", as_json=as_json)


@media_app.command("list")
@guarded
def list_media(event: EventOf, as_json: Json = False) -> None:
    """List an event's media, newest first."""
    with connected():
        found = media.listed(region(), events.named(region(), event).id)
    print_list(
        found,
        lambda each: f"{each.ref}  {each.kind}  {each.state}  {','.join(each.scopes)}  {each.caption}",
        "No medium: `boostez media add` keeps one.",
        as_json=as_json,
    )


@media_app.command("publish")
@guarded
def publish(
    medium: Ref,
    by: By,
    where: Annotated[Place, typer.Option(help="On which channel.")] = "everywhere",
    as_json: Json = False,
) -> None:
    """Show a medium, if everybody whom it shows agrees to it there."""
    _say(run_flow("coverage:publish_medium", medium=medium, by=by, where=where), as_json=as_json)


@media_app.command("withdraw")
@guarded
def withdraw(
    medium: Ref,
    by: By,
    why: Annotated[str, typer.Option(help="For the file.")],
    as_json: Json = False,
) -> None:
    """Show a medium nowhere any more."""
    _say(run_flow("coverage:withdraw_medium", medium=medium, by=by, why=why), as_json=as_json)


def _say(told: dict[str, Any], *, as_json: bool) -> None:
    medium = told["medium"]
    troubles = (f"  {name}: {shown['error']}" for name, shown in told["shown"].items() if shown["error"])
    line = f"{medium['ref']}  {medium['state']}  {', '.join(medium['scopes'])}"
    print_told(told, line, *troubles, as_json=as_json)
