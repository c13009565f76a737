"""``boostez digest``: what stakeholders receive each week, read and approved of before it leaves.

Belongs here: these commands. Does not: planning or words (tasks/digests.py), sending (flows/digests.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from connectors import clock
from connectors.digest_rules import digest_rules
from connectors.region.database import region
from connectors.region.digests import approvals, editions
from core.morning import at_paris
from deployments import report
from deployments.command import By, Json, connected, guarded, print_json, say
from schemas.letters import Role

app = typer.Typer(
    no_args_is_help=True, help="What stakeholders receive each week, read and approved before it leaves."
)
Which = Annotated[Role, typer.Argument(help="Whose digest.")]


@app.command("list")
@guarded
def list_digests(
    limit: Annotated[int, typer.Option(min=1, help="At most so many editions, newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """List what waits for somebody to approve it, and the newest editions with what came of them."""
    with connected():
        asked, made = approvals.waiting(region()), editions.listed(region(), limit=limit)
    if as_json:
        print_json({"waiting": asked, "editions": made})
        return
    for each in asked:
        say(
            f"The digest of {each.role} waits since {at_paris(each.raised_at)}: `boostez digest preview {each.role}`, then "
            f"`boostez digest approve {each.role}`."
        )
    if not made:
        say("No digest was due yet.")
        return
    table = Table("role", "week", "due (Paris)", "state", "letters")
    for edition in made:
        table.add_row(
            edition.role, edition.week, at_paris(edition.due_at), edition.state, str(edition.letters)
        )
    report.stdout.print(table)


@app.command("preview")
@guarded
def preview(
    role: Which,
    whom: Annotated[
        str | None,
        typer.Option("--for", help="Whose: a name or an address. The first reader's, by name, without it."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", dir_okay=False, help="Write the page to this file, too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a digest as it would leave now. Its links open nothing, and nothing is sent."""
    from tasks.digests import NOTHING, named, previewed

    with connected() as chosen:
        reader = named(region(), chosen, role, whom) if whom else None
        shown = previewed(region(), chosen, role, reader, clock.now())
    letter = shown.letter
    assert letter.html is not None
    if html:
        html.write_text(letter.html, "utf-8")
    if as_json:
        files = [each.filename for each in letter.attachments]
        told = {"subject": letter.subject, "text": letter.text, "html": letter.html, "files": files}
        print_json({**told, "leaves": shown.leaves})
        return
    say(f"{letter.subject}\n\n{letter.text}")
    for each in letter.attachments:
        say(f"With it: {each.filename}, {len(each.content):,} bytes")
    if not shown.leaves:
        say(NOTHING)


@app.command("approve")
@guarded
def approve(role: Which, by: By, as_json: Json = False) -> None:
    """Let a digest leave with the words and to the readers that `preview` shows, now and every week."""
    from tasks.digests import proof_of

    with connected() as chosen:
        proof = proof_of(role, digest_rules(chosen.digests_file)[role])
        decided = approvals.approve(region(), role, proof, by, clock.now())
    if as_json:
        print_json(decided)
        return
    say(
        f"The digest of {role} is approved by {decided.decided_by}: what is due leaves with the next run of `digests`."
    )


@app.command("refuse")
@guarded
def refuse(
    role: Which,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the decision.")],
    as_json: Json = False,
) -> None:
    """Let nothing leave until the words or the readers change. What was refused can still be approved."""
    from tasks.digests import proof_of

    with connected() as chosen:
        proof = proof_of(role, digest_rules(chosen.digests_file)[role])
        decided = approvals.refuse(region(), role, proof, by, reason, clock.now())
    if as_json:
        print_json(decided)
        return
    say(f"The digest of {role} is refused by {decided.decided_by}: nothing leaves.")
