"""``boostez access``: who did what, whether the log still says so, who is signed in on the portal, ending a session.

Belongs here: these commands. Does not: the log (connectors/region/access/acts.py), its chain (core/act_chain.py), or who may do what
(deployments/access.toml).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated

import typer

from connectors import clock
from connectors.access_rules import access_rules
from connectors.region.access import act_owner, acts, officer_sessions
from connectors.region.access.acts import Act
from connectors.region.access.officer_sessions import Session
from connectors.region.database import region
from core.access import granted
from core.act_chain import Head
from core.days import PARIS, at_paris
from core.terms import ACT
from deployments.command import By, Json, connected, guarded, print_json, print_list, say
from schemas.errors import Misconfigured, Refused

app = typer.Typer(no_args_is_help=True, help="The log of acts, and officers who are signed in on the portal.")
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@app.command("log")
@guarded
def log(
    since: Annotated[
        dt.datetime | None,
        typer.Option(
            help="From this day or moment on (Europe/Paris).", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"]
        ),
    ] = None,
    by: Annotated[str | None, typer.Option(help="Only of people in whose name this stands.")] = None,
    on: Annotated[str | None, typer.Option(help='Only acts on this: "contact", or "posting 12".')] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    as_json: Json = False,
) -> None:
    """List who did what to what, when, from where and how it ended, newest first. People whose data it is are numbers."""
    with connected():
        moment = since and since.replace(tzinfo=PARIS)
        found = acts.listed(region(), since=moment, by=by, on=on, limit=limit)
    print_list(found, _line, "Nobody has done anything.", as_json=as_json)


def _line(act: Act) -> str:
    why = f" ({act.note})" if act.note else ""
    place = f"{act.via} {act.address or ''}".rstrip()
    outcome = "" if act.outcome == "done" else f" {act.outcome.upper()}"
    return f"{act.id}  {at_paris(act.at)}  {act.by}  {act.did} {act.what} {act.ref or '-'}{why}{outcome}  {place}"


@app.command("verify")
@guarded
def verify(
    head: Annotated[
        str | None, typer.Option(help="A head that was noted before, as this command prints it: NUMBER:HASH.")
    ] = None,
    as_json: Json = False,
) -> None:
    """See that no act was changed, left out or put in since it was noted. Exit code 3 when one was. Note the head elsewhere."""
    noted = _head(head)
    with connected():
        verdict, unsafe = acts.verified(region(), noted), act_owner.missing(region())
    if as_json:
        print_json({"verdict": verdict, "unsafe": unsafe})
    else:
        said = f"{verdict.head.id}:{verdict.head.hash}" if verdict.head else "none yet"
        say(f"{verdict.rows} acts, from {verdict.first or '-'}. Head: {said}")
        for fault in verdict.faults:
            say(f"  {fault}")
        if noted and verdict.first and noted.id < verdict.first:
            say(
                f"Row {noted.id} was dropped since its term was over: right only if it is older than {ACT.amount} years."
            )
        if unsafe:
            say(f"Our own role could edit the log. An administrator runs, in this database: {unsafe}")
    if verdict.faults:
        raise Refused("The log of acts is not what was written: docs/runbook/access.md says what to do.")


def _head(told: str | None) -> Head | None:
    if told is None:
        return None
    found = _HEAD.fullmatch(told)
    if found is None:
        raise Misconfigured("--head is NUMBER:HASH, as `boostez access verify` prints it.")
    return Head(int(found[1]), found[2])


@app.command("sessions")
@guarded
def sessions(as_json: Json = False) -> None:
    """List who is signed in on the officers' pages, and what they may do there."""
    with connected() as chosen:
        rules = access_rules(chosen.access_file)
        found = officer_sessions.sessions(region(), rules, clock.now())

    def line(each: Session) -> str:
        roles = ", ".join(sorted(granted(rules, each.claimed))) or "no role"
        times = f"since {at_paris(each.begun_at)}, seen {at_paris(each.seen_at)}"
        return f"{each.id}  {each.name} ({each.account})  {roles}  {times}  {each.address or ''}".rstrip()

    print_list(found, line, "Nobody is signed in.", as_json=as_json)


@app.command("end")
@guarded
def end(number: Annotated[int, typer.Argument(help="The session's number.")], by: By) -> None:
    """End somebody's session: their next request asks who they are."""
    with connected():
        officer_sessions.end(region(), number, by, clock.now())
    say(
        f"Session {number} is over. Whoever it was may sign in again: what they may do is the provider's to say."
    )
