"""``boostez firm``: the firms of the programme.

Belongs here: these commands. Does not: what happened to a firm (connectors/region/firms/journeys.py) or its words (connectors/journeys), what
an import or a merge does (connectors/region/firms/imports.py, merges.py).
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from connectors import clock, registration_files
from connectors.journeys.wording import lines
from connectors.region.database import region
from connectors.region.firms import imports, journeys, merges, unmerging
from connectors.region.firms.merges import Merge, Suggestion
from connectors.registration_files import Kind
from connectors.reminder_rules import reminder_rules
from core import sirets
from core.csv_rows import csv_rows
from core.days import at_paris
from core.import_preview import Preview
from deployments.command import NOT_ALL, By, Json, connected, guarded, print_json, print_list, print_told, say
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Firms that the programme accompanies.")


@app.command("journey")
@guarded
def journey(
    siret: Annotated[str, typer.Argument(help="The firm's SIRET; spaces do no harm.")], as_json: Json = False
) -> None:
    """Show a firm's way through the programme, the oldest event first, in French and in the time of Paris."""
    number = sirets.read(siret)
    if number is None:
        raise Misconfigured(f"{siret} is no SIRET: 14 digits are wanted.")
    with connected():
        found = journeys.journey(region(), number)
    words = (f"{line.when}  {line.said}" for line in lines(found, named=True))
    print_told(found, f"{found.name}, {found.city or found.siret}", *words, as_json=as_json)


@app.command("import")
@guarded
def import_file(
    file: Annotated[Path, typer.Argument(help="A seminar's sheet (CSV), or a partner's JSON.")],
    by: By,
    origin: Annotated[
        str, typer.Option(help="Where the people of a sheet agreed to be written to, in French.")
    ] = "Feuille de séminaire",
    source: Annotated[Kind, typer.Option(help="sheet or partner.")] = "sheet",
    told_at: Annotated[
        dt.datetime | None,
        typer.Option(
            help="When the people of a sheet signed it, by the clocks of Paris; now without it.",
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"],
        ),
    ] = None,
    session: Annotated[str | None, typer.Option(help="The session (S-…) of lines that name none.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take it in; otherwise it is only shown.")] = False,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the errors as CSV, to send back.")] = False,
) -> None:
    """Show what a file of registrations would change, every error by line, and take it in with --yes: once.

    Exit code 3: some lines were refused; the others are taken in all the same.
    """
    with connected() as chosen:
        now = clock.now()
        read = registration_files.read(file, source, now, origin=origin, told_at=told_at, session=session)
        preview = imports.look(region(), read.sheet, now)
        figures = None
        if yes:
            rules = reminder_rules(chosen.reminders_file)
            with region().at_work():
                figures = imports.take_in(region(), rules, read.sheet.rows, read.name, read.digest, by, now)
    if as_csv:
        _print_errors(preview)
    elif as_json:
        told = {"counts": preview.counts, "errors": preview.errors, "notes": preview.notes}
        print_json({**told, "figures": msgspec.to_builtins(figures, str_keys=True)})
    else:
        for line in preview.lines():
            say(line)
        say("It is taken in." if yes else "Nothing is taken in yet: `--yes` does it.")
    if preview.errors:
        raise typer.Exit(NOT_ALL)


def _print_errors(preview: Preview) -> None:
    rows = ((each.line, each.column, each.value, each.message) for each in preview.errors)
    sys.stdout.buffer.writelines(csv_rows(("ligne", "colonne", "valeur", "à corriger"), rows, bom=True))


@app.command("duplicates")
@guarded
def list_duplicates(as_json: Json = False) -> None:
    """List firms that may be one and the same, the surest first."""
    with connected():
        found = merges.suggestions(region())
    print_list(found, _pair, "No two firms look like one.", as_json=as_json)


def _pair(found: Suggestion) -> str:
    sides = (f"{side.id} {side.name}, {side.city or '?'} ({side.siret})" for side in (found.one, found.other))
    return f"{int(found.score * 100)}%  {'  =  '.join(sides)}  ({', '.join(found.reasons)})"


@app.command("merge")
@guarded
def merge(
    keep: Annotated[int, typer.Argument(help="The number of the firm that stays.")],
    drop: Annotated[int, typer.Argument(help="The number of the firm that becomes part of it.")],
    reason: Annotated[str, typer.Option(help="Why they are one.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Make one firm of two; `boostez firm unmerge` takes it back."""
    with connected() as chosen, region().at_work():
        rules = reminder_rules(chosen.reminders_file)
        made = merges.merge(region(), rules, keep, drop, by, reason, clock.now())
    print_told(made, _line(made), as_json=as_json)


@app.command("merges")
@guarded
def list_merges(as_json: Json = False) -> None:
    """List what was merged, the newest first."""
    with connected():
        found = merges.listed(region())
    print_list(found, _line, "Nothing was merged.", as_json=as_json)


@app.command("unmerge")
@guarded
def unmerge(
    number: Annotated[int, typer.Argument(help="The number of the merge.")], by: By, as_json: Json = False
) -> None:
    """Make two firms of one again, as far as nobody has changed them since."""
    with connected(), region().at_work():
        undone = unmerging.unmerge(region(), number, by, clock.now())
    print_told(undone, _line(undone), as_json=as_json)


def _line(told: Merge) -> str:
    undone = f", undone {at_paris(told.undone_at)}" if told.undone_at else ""
    return (
        f"{told.id}  {at_paris(told.at)}  {told.dropped} ({told.siret}) is firm {told.kept}: {len(told.contacts)} people, "
        f"{told.joined} of them one with another; {told.by}: {told.reason}{undone}"
    )
