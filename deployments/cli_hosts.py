"""``boostez official``, ``moderator`` and ``venue``: who meets residents, and where.

Belongs here: these commands. Does not: what they hold (cli_dialogues.py), or the statements (connectors/region/dialogues/hosts.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import typer

from connectors import clock
from connectors.region.database import region
from connectors.region.dialogues import calendars, hosts
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core.wall import instant
from deployments.command import Json, connected, guarded, one_of, print_list, print_told, say

official_app = typer.Typer(no_args_is_help=True, help="Elected officials who meet residents.")
moderator_app = typer.Typer(no_args_is_help=True, help="Who holds dialogues: none is announced without.")
venue_app = typer.Typer(no_args_is_help=True, help="Rooms and studios of live dialogues.")
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
Departments = Annotated[
    list[str] | None, typer.Option("--department", help="Two digits; again for more. None: the whole Region.")
]


@official_app.command("add")
@guarded
def add_official(
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    office: Annotated[str, typer.Argument(help="In French: « vice-présidente déléguée à l’emploi ».")],
    email: Annotated[str, typer.Argument(help="Where they are written to; they are known by it.")],
    department: Departments = None,
    theme: Annotated[list[str] | None, typer.Option(help="What they answer for; again for more.")] = None,
    calendar: Annotated[
        str | None,
        typer.Option(help="A collection of the CalDAV server, or the https address of an .ics file."),
    ] = None,
    most: Annotated[int, typer.Option(help="Dialogues a season, at most.", min=1, max=50)] = 4,
    as_json: Json = False,
) -> None:
    """Keep an official, or what is said of them now."""
    themes = one_of("theme", theme or (), tuple(dialogue_hub(settings()).rules.themes))
    with connected():
        made = hosts.keep_official(
            region(),
            name,
            office,
            email,
            departments=department or (),
            themes=themes,
            calendar=calendar,
            most=most,
        )
    print_told(made, _line(made), as_json=as_json)


@moderator_app.command("add")
@guarded
def add_moderator(
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    email: Annotated[str, typer.Argument(help="Where they are written to; they are known by it.")],
    department: Departments = None,
    as_json: Json = False,
) -> None:
    """Keep a moderator, or what is said of them now."""
    with connected():
        made = hosts.keep_moderator(region(), name, email, departments=department or ())
    print_told(made, _line(made), as_json=as_json)


@venue_app.command("add")
@guarded
def add_venue(
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    department: Annotated[str, typer.Option(help="Two digits.")],
    kind: Annotated[Literal["room", "studio"], typer.Option(help="What it is.")] = "room",
    address: Annotated[str | None, typer.Option(help="Its postal address.")] = None,
    seats: Annotated[int, typer.Option(help="For residents; 0: they follow online.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Keep a room or a studio, or what is said of it now."""
    with connected():
        made = hosts.keep_venue(region(), name, department, kind, address=address, seats=seats)
    print_told(made, _line(made), as_json=as_json)


def _line(host: hosts.Official | hosts.Moderator | hosts.Venue) -> str:
    facts: tuple[str, ...]
    match host:
        case hosts.Official():
            themes = ",".join(host.themes)
            facts = (host.office, host.email, ",".join(host.departments), themes, host.calendar or "")
        case hosts.Moderator():
            facts = (host.email, ",".join(host.departments))
        case hosts.Venue():
            facts = (host.kind, host.department, f"{host.seats} seats", host.address or "")
    return "  ".join((str(host.id), host.name, *filter(None, facts)))


def _listing(group: typer.Typer, of: Any, word: calendars.Whose) -> None:
    """What every kind of host has: ``list``, ``away``, ``back`` and ``end``."""

    @group.command("list", help=f"List every {word} that can be had.")
    @guarded
    def list_hosts(as_json: Json = False) -> None:
        with connected():
            found = hosts.listed(region(), of)
        print_list(found, _line, f"None yet: `boostez {word} add` keeps one.", as_json=as_json)

    @group.command("away", help="Say when one cannot be had; no new dialogue is planned then.")
    @guarded
    def away(
        key: Annotated[str, typer.Argument(help="The e-mail address; of a venue, its name.")],
        first: Annotated[dt.datetime, typer.Argument(help="From, by the clocks of Paris.", formats=_FORMATS)],
        last: Annotated[dt.datetime, typer.Argument(help="Until; a day alone is its end.", formats=_FORMATS)],
    ) -> None:
        until = last + dt.timedelta(days=1) if last.time() == dt.time() else last
        interval = calendars.Interval(instant(first, "Europe/Paris"), instant(until, "Europe/Paris"))
        with connected():
            number = calendars.away(region(), word, key, interval)
        say(
            f"{number}: {key} cannot be had until {until:%Y-%m-%d %H:%M}. Undo: `boostez {word} back {number}`."
        )

    @group.command("back", help="Undo that one cannot be had.")
    @guarded
    def back(number: Annotated[int, typer.Argument(help="As `away` named it.")]) -> None:
        with connected():
            undone = calendars.back(region(), number)
        say("Undone." if undone else f"There is no absence {number} that staff noted.")

    @group.command("end", help="Have one take part no more.")
    @guarded
    def end(key: Annotated[str, typer.Argument(help="The e-mail address; of a venue, its name.")]) -> None:
        with connected():
            hosts.end(region(), of, key, clock.now())
        say(
            f"{key} takes part no more. What they hold already stays: `boostez dialogue move` gives it to somebody else."
        )


_listing(official_app, hosts.Official, "official")
_listing(moderator_app, hosts.Moderator, "moderator")
_listing(venue_app, hosts.Venue, "venue")
