"""``boostez official``, ``moderator`` and ``venue``: who meets residents, and where.

Belongs here: these commands. Does not: what they hold (cli_dialogues.py), or the statements (connectors/region/hosts.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
import typer

from connectors import clock
from connectors.region import calendars, hosts
from connectors.region.database import region
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core.wall import instant
from deployments.command import Json, connected, guarded, print_json, say
from schemas.errors import Misconfigured

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
) -> None:
    """Keep an official, or what is said of them now."""
    known = dialogue_hub(settings()).rules.themes
    if unknown := set(theme or ()) - set(known):
        raise Misconfigured(f"No theme {', '.join(sorted(unknown))}: there are {', '.join(known)}.")
    with connected():
        made = hosts.keep_official(
            region(),
            name,
            office,
            email,
            departments=department or (),
            themes=theme or (),
            calendar=calendar,
            most=most,
        )
    say(f"{made.id}  {made.title}  {made.email}")


@moderator_app.command("add")
@guarded
def add_moderator(
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    email: Annotated[str, typer.Argument(help="Where they are written to; they are known by it.")],
    department: Departments = None,
) -> None:
    """Keep a moderator, or what is said of them now."""
    with connected():
        made = hosts.keep_moderator(region(), name, email, departments=department or ())
    say(f"{made.id}  {made.name}  {made.email}")


@venue_app.command("add")
@guarded
def add_venue(
    name: Annotated[str, typer.Argument(help="As residents read it.")],
    department: Annotated[str, typer.Option(help="Two digits.")],
    kind: Annotated[str, typer.Option(help="room or studio.")] = "room",
    address: Annotated[str | None, typer.Option(help="Its postal address.")] = None,
    seats: Annotated[int, typer.Option(help="For residents; 0: they follow online.", min=0)] = 0,
) -> None:
    """Keep a room or a studio, or what is said of it now."""
    if kind not in {"room", "studio"}:
        raise Misconfigured(f"No kind {kind!r}: there are room and studio.")
    with connected():
        made = hosts.keep_venue(
            region(),
            name,
            department,
            msgspec.convert(kind, Literal["room", "studio"]),
            address=address,
            seats=seats,
        )
    say(f"{made.id}  {made.name}  {made.department}  {made.seats} seats")


def _listing(
    group: typer.Typer, of: Any, word: calendars.Whose, columns: Callable[[Any], tuple[str, ...]]
) -> None:
    """``list`` and ``end`` of one kind of host."""

    @group.command("list", help=f"List every {word} that can be had.")
    @guarded
    def list_hosts(as_json: Json = False) -> None:
        with connected():
            found = hosts.listed(region(), of)
        if as_json:
            print_json(found)
            return
        if not found:
            say(f"None yet: `boostez {word} add` keeps one.")
        for each in found:
            say("  ".join((str(each.id), each.name, *filter(None, columns(each)))))

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


_listing(
    official_app,
    hosts.Official,
    "official",
    lambda o: (o.office, o.email, ",".join(o.departments), ",".join(o.themes), o.calendar or ""),
)
_listing(moderator_app, hosts.Moderator, "moderator", lambda m: (m.email, ",".join(m.departments)))
_listing(
    venue_app, hosts.Venue, "venue", lambda v: (v.kind, v.department, f"{v.seats} seats", v.address or "")
)
