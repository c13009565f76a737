"""``boostez channel``, ``boostez audit``, ``boostez withdraw``: what staff do to channels by hand.

Belongs here: these commands. Does not: what they do (tasks, connectors).
"""

from __future__ import annotations

from typing import Annotated

import typer

from connectors import registry
from connectors.channel import Readable
from connectors.region.database import region
from connectors.region.ledger import channel_state
from connectors.region.offers import offers
from connectors.region.publishing import audits
from connectors.settings import Settings
from deployments.command import (
    DONE,
    NOT_ALL,
    By,
    Json,
    connected,
    guarded,
    print_json,
    print_told,
    quiet_prefect,
    run_flow,
    running_flow,
    say,
)
from schemas.errors import BoostezError, Misconfigured

app = typer.Typer(no_args_is_help=True, help="Stop and resume a channel.")
Name = Annotated[str, typer.Argument(help="The channel's name, as `boostez status` shows it.")]


@app.command("pause")
@guarded
def pause(
    name: Name, reason: Annotated[str, typer.Option(help="Why, for whoever resumes it.")], by: By
) -> None:
    """Stop delivering to a channel; what changes meanwhile accumulates, none is lost."""
    with connected() as chosen:
        _check(chosen, name)
        channel_state.pause(region(), name, reason, by)
    say(f"{name} is paused. `boostez channel resume {name}` ends that.")


@app.command("resume")
@guarded
def resume(name: Name, by: By) -> None:
    """Deliver to a channel again; the next sync catches up."""
    with connected() as chosen:
        _check(chosen, name)
        channel_state.resume(region(), name, by)
    say(f"{name} is resumed: the next sync delivers what accumulated.")


def _check(chosen: Settings, name: str) -> None:
    registry.channel(name, chosen, region()).close()


@guarded
def audit(
    channel: Annotated[str | None, typer.Argument(help="One channel; all when left out.")] = None,
    heal: Annotated[bool, typer.Option("--heal", help="Put right what differs, and audit again.")] = False,
    as_json: Json = False,
) -> None:
    """Hold what is really on the channels against the ledger and the database."""
    from tasks.audit import line

    with connected(prefect=heal, sandbox=True) as chosen:
        found, trouble = _audit_all(chosen, channel)
        if heal and any(each.drifts for each in found):
            _heal(channel)
            found, trouble = _audit_all(chosen, channel)
    if as_json:
        print_json({each.channel: each.told() for each in found})
    else:
        for each in found:
            say(line(each))
    if trouble:
        raise trouble[0]
    raise typer.Exit(DONE if all(each.agrees for each in found) else NOT_ALL)


def _audit_all(chosen: Settings, channel: str | None) -> tuple[list[audits.Audit], list[BoostezError]]:
    """What could be audited, and why the rest could not."""
    found, trouble = [], []
    for name in registry.audited(chosen, region(), channel):
        try:
            found.append(_audit(chosen, name))
        except BoostezError as error:
            trouble.append(error)
    return found, trouble


def _audit(chosen: Settings, name: str) -> audits.Audit:
    built = registry.channel(name, chosen, region())
    assert isinstance(built, Readable)
    try:
        return audits.audit(region(), built)
    finally:
        built.close()


def _heal(channel: str | None) -> None:
    quiet_prefect()
    from flows.audit import audit_channels

    with running_flow():
        audit_channels(channel=channel, heal=True)


@guarded
def withdraw(
    name: Annotated[str, typer.Argument(metavar="REF", help="Its reference, or its key on the portal.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept with the offer.")],
    by: By,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="Off every channel, now.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Open a withdrawn offer again.")] = False,
    source: Annotated[str | None, typer.Option(help="Only this source's offer.")] = None,
    as_json: Json = False,
) -> None:
    """Withdraw one offer from every channel now, whatever its source says, and read back that it is gone."""
    if everywhere is undo:
        raise Misconfigured(
            "Say --everywhere to withdraw the offer from every channel, or --undo to open it again."
        )
    if undo:
        _reinstate(name, source, by, reason, as_json=as_json)
        return
    told = run_flow("withdraw:withdraw_offer", sandbox=True, name=name, reason=reason, by=by, source=source)
    proofs = (f"{proof['channel']}: {proof['told']}, {proof['at']}" for proof in told["proofs"])
    print_told(told, *proofs, as_json=as_json)


def _reinstate(name: str, source: str | None, by: str, reason: str, *, as_json: bool) -> None:
    with connected():
        offer = offers.named(region(), name, source)
        done = offers.reinstate(region(), offer.id, by, reason)
    words = (
        "is open again: the next sync publishes it"
        if done
        else f"was not withdrawn by us: it is {offer.status}"
    )
    print_told({"offer": offer.ref, "undone": done}, f"{offer.ref} {words}.", as_json=as_json)
