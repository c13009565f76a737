"""``boostez posting``: what firms posted on the open portal, and deciding on it.

Belongs here: these commands. Does not: what a decision does (connectors/region/postings.py), or officers' pages
(portal/officer.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from connectors.region import postings
from connectors.region.database import region
from connectors.region.postings import Posting
from deployments.command import By, Json, connected, guarded, print_json, say
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Offers that firms post on the portal, until somebody decides.")
Number = Annotated[int, typer.Argument(help="The posting's number.")]
Text = Annotated[
    int | None, typer.Option("--text", help="Only if this is still its newest text, as `show` names it.")
]


@app.command("list")
@guarded
def list_postings(
    every: Annotated[bool, typer.Option("--all", help="Those that do not wait, too.")] = False,
    as_json: Json = False,
) -> None:
    """List the postings that wait for an officer."""
    with connected():
        found = postings.listed(region(), every=every)
    if as_json:
        print_json(found)
        return
    if not found:
        say("No posting waits for an officer.")
    for posting in found:
        say(
            f"{posting.id}  {posting.submitted_at:%Y-%m-%d %H:%M}  {posting.state}  {posting.siret}  {posting.title}"
        )


@app.command("show")
@guarded
def show(posting: Number, as_json: Json = False) -> None:
    """Show a posting: its newest text, and how far it has come."""
    with connected():
        found = postings.get(region(), posting)
        known = postings.employer_name(region(), found.siret)
    if as_json:
        print_json(found)
        return
    say(found.words(known))
    say(f"State: {found.state} {found.decided_by or ''} {found.reason or ''}".rstrip())


@app.command("approve")
@guarded
def approve(posting: Number, by: By, text: Text = None, as_json: Json = False) -> None:
    """Let its newest text out, to every channel."""
    with connected():
        revision = text or postings.get(region(), posting).revision
        decided = postings.approve(region(), posting, revision, by, dt.datetime.now(dt.UTC))
    _tell(decided, "it goes to every channel within a minute", as_json=as_json)


@app.command("refuse")
@guarded
def refuse(
    posting: Number,
    reason: Annotated[str, typer.Option(help="Why, in French: the firm reads it.")],
    by: By,
    text: Text = None,
    as_json: Json = False,
) -> None:
    """Keep its newest text from going out, and have the firm told why. A text that is out stays."""
    if len(reason.strip()) < 3:
        raise Misconfigured("--reason says nothing: the firm reads it.")
    with connected():
        revision = text or postings.get(region(), posting).revision
        decided = postings.refuse(region(), posting, revision, by, reason.strip(), dt.datetime.now(dt.UTC))
    _tell(decided, "the firm is told why within a minute", as_json=as_json)


def _tell(posting: Posting, then: str, *, as_json: bool) -> None:
    if as_json:
        print_json(posting)
    else:
        say(f"Posting {posting.id} is {posting.state}: {then}.")
