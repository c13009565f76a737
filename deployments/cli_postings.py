"""``boostez posting``: what firms posted on the open portal, and deciding on it.

Belongs here: these commands. Does not: what a decision does (connectors/region/offers/postings.py), or officers' pages
(portal/officer.py).
"""

from __future__ import annotations

from typing import Annotated

import typer

from connectors import clock
from connectors.region.database import region
from connectors.region.offers import postings
from connectors.region.offers.postings import Posting
from core.days import at_paris
from deployments.command import By, Json, connected, guarded, print_list, print_told
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
    print_list(
        found,
        lambda posting: (
            f"{posting.id}  {at_paris(posting.submitted_at)}  {posting.state}  {posting.siret}  {posting.title}"
        ),
        "No posting waits for an officer.",
        as_json=as_json,
    )


@app.command("show")
@guarded
def show(posting: Number, as_json: Json = False) -> None:
    """Show a posting: its newest text, and how far it has come."""
    with connected():
        found = postings.get(region(), posting)
        known = postings.employer_name(region(), found.siret)
    state = f"State: {found.state} {found.decided_by or ''} {found.reason or ''}".rstrip()
    print_told(found, found.words(known), state, as_json=as_json)


@app.command("approve")
@guarded
def approve(posting: Number, by: By, text: Text = None, as_json: Json = False) -> None:
    """Let its newest text out, to every channel."""
    with connected():
        revision = text or postings.get(region(), posting).revision
        decided = postings.approve(region(), posting, revision, by, clock.now())
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
        decided = postings.refuse(region(), posting, revision, by, reason.strip(), clock.now())
    _tell(decided, "the firm is told why within a minute", as_json=as_json)


def _tell(posting: Posting, then: str, *, as_json: bool) -> None:
    print_told(posting, f"Posting {posting.id} is {posting.state}: {then}.", as_json=as_json)
