"""``boostez person``: what is kept of somebody who asks, and forgetting them.

Belongs here: these commands. Does not: what is kept or erased (connectors/region/people/persons.py, person_records.py), or the form of what is
handed out (connectors/person_export.py).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from connectors import clock
from connectors.person_export import exported
from connectors.region.access import acts
from connectors.region.database import region
from connectors.region.people import person_records, persons
from connectors.region.people.persons import Erased, Person
from connectors.reminder_rules import reminder_rules
from connectors.settings import Settings
from core.days import paris_day
from deployments.command import By, Json, connected, guarded, print_json, print_list, say

app = typer.Typer(no_args_is_help=True, help="People's data: found, shown, handed out, erased.")
Number = Annotated[int, typer.Argument(help="The contact's number, as `boostez person find` tells it.")]


@app.command("find")
@guarded
def find(
    words: Annotated[str, typer.Argument(help="An e-mail address, a telephone number or a part of a name.")],
    by: By,
    as_json: Json = False,
) -> None:
    """Find a person. Whoever has the same address in two firms is one person, with a line each."""
    with connected():
        found = persons.find(region(), words, by, clock.now())
    print_list(found, _line, "Nobody is known by that.", as_json=as_json)


def _line(found: Person) -> str:
    facts = (found.name, found.email, found.phone, found.firm, found.siret)
    return f"{found.contact}  {'  '.join(fact for fact in facts if fact)}  seen {paris_day(found.seen_at)}"


@app.command("show")
@guarded
def show(contact: Number, by: By) -> None:
    """Show everything that is kept of a person, as JSON: for whoever answers them. `export` is what they are handed."""
    with connected() as chosen:
        print_json(_exported(chosen, contact, "shown", by))


@app.command("export")
@guarded
def export(
    contact: Number,
    by: By,
    file: Annotated[
        Path | None, typer.Argument(dir_okay=False, help="Where to; the standard output when left out.")
    ] = None,
) -> None:
    """Hand out everything that is kept of a person, as JSON (schemas/json/person-export.v1.json)."""
    with connected() as chosen:
        told = _exported(chosen, contact, "exported", by)
    if file is None:
        print_json(told)
        return
    with os.fdopen(
        os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8"
    ) as written:
        written.write(f"{json.dumps(told, ensure_ascii=False, indent=2)}\n")
    say(f"{file} holds what is kept of contact {contact}. Hand it to nobody else, and delete it here.")


def _exported(chosen: Settings, contact: int, act: acts.OnPeople, by: str) -> dict[str, Any]:
    now = clock.now()
    return exported(person_records.of(region(), contact, act, by, now), chosen.public_url, now)


@app.command("erase")
@guarded
def erase(
    contact: Number,
    by: By,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only told.")] = False,
    as_json: Json = False,
) -> None:
    """Forget a person, in every table, and end what they would have been sent. Tells first, does with --yes. There is no undo."""
    with connected() as chosen:
        rules = reminder_rules(chosen.reminders_file)
        erased = persons.erase(region(), rules, contact, clock.now(), by, dry_run=not yes)
    if as_json:
        print_json({"dry_run": not yes, **msgspec.structs.asdict(erased)})
    else:
        _tell(contact, erased, yes=yes)


def _tell(contact: int, erased: Erased, *, yes: bool) -> None:
    if not erased.contacts:
        say(f"Contact {contact} was erased before.")
        return
    records = ", ".join(map(str, erased.contacts))
    say(
        f"{'Erased' if yes else 'Would be erased'}: contacts {records}, with their consents' proofs and their answers."
    )
    say(
        f"  {erased.places} places to come given back, {erased.reminders} reminders ended, "
        f"{erased.registrations} registrations and other forms that nobody confirmed deleted."
    )
    if erased.questions:
        say(f"  {erased.questions} questions: public ones stay without their author's name, others go.")
    say("  What stays: that somebody took part, without who.")
    if erased.postings:
        say(
            f"  Not touched: offers posted with this address ({', '.join(erased.postings)}). `boostez withdraw` closes one; its address "
            "is erased 30 days after."
        )
    if not yes:
        say("Add --yes to do it. There is no undo.")
