"""``boostez replay``: having done again what went wrong.

Belongs here: these commands. Does not: what they do (flows/replay.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from deployments.command import (
    AWAY,
    DONE,
    NOT_ALL,
    Json,
    connected,
    guarded,
    print_json,
    quiet_prefect,
    running_flow,
    say,
)

app = typer.Typer(
    no_args_is_help=True, help="Do again what went wrong. Tells what it would do; with --yes it does it."
)
Since = Annotated[dt.datetime | None, typer.Option(help="Only what changed since then (UTC).")]
Refs = Annotated[list[str] | None, typer.Option("--ref", help="Only this reference or key; may be repeated.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it.")]


@app.command("quarantine")
@guarded
def replay_quarantine(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    cause: Annotated[str | None, typer.Option(help="Only what this rule refused.")] = None,
    since: Since = None,
    ref: Refs = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Judge quarantined payloads again, after a rule or a reference table changed; let in what passes."""
    with connected(prefect=True):
        told = _run(
            "replay_quarantine",
            source=source,
            cause=cause,
            since=_utc(since),
            refs=ref or [],
            dry_run=not yes,
        )
    if as_json:
        print_json(told)
        return
    say(f"{told['released']} {'were' if yes else 'would be'} let in, {told['kept']} stay.")
    _tell(told["examples"], dry=not yes)


@app.command("channel")
@guarded
def replay_channel(
    name: str, since: Since = None, ref: Refs = None, yes: Yes = False, as_json: Json = False
) -> None:
    """Write again what channel NAME carries."""
    with connected(prefect=True, sandbox=True):
        told = _run("replay_channel", channel=name, since=_utc(since), refs=ref or [], dry_run=not yes)
    _show(told, as_json=as_json)


@app.command("effects")
@guarded
def replay_effects(
    channel: Annotated[str | None, typer.Option(help="Only this channel.")] = None,
    cause: Annotated[
        str | None, typer.Option(help="Only what failed for this: token, permission, limit, content…")
    ] = None,
    since: Since = None,
    ref: Refs = None,
    parked: Annotated[
        bool, typer.Option("--parked", help="Also those nobody can look up: they may happen twice.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Try failed effects again."""
    with connected(prefect=True, sandbox=True):
        told = _run(
            "replay_effects",
            channel=channel,
            cause=cause,
            since=_utc(since),
            refs=ref or [],
            parked=parked,
            dry_run=not yes,
        )
    _show(told, as_json=as_json)


def _run(flow: str, **parameters: Any) -> dict[str, Any]:
    quiet_prefect()
    from flows import replay

    run: Callable[..., dict[str, Any]] = getattr(replay, flow)
    with running_flow():
        return run(**parameters)


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    return moment.replace(tzinfo=dt.UTC) if moment and moment.tzinfo is None else moment


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        _in_words(told)
    raise typer.Exit(_verdict(list(told["channels"].values())))


def _verdict(channels: Sequence[dict[str, Any]]) -> int:
    """The exit code that what came of a replay deserves."""
    if any(done["unreachable"] for done in channels):
        return AWAY
    if any(done["error"] or done["refused"] or done["unknown"] for done in channels):
        return NOT_ALL
    return DONE


def _in_words(told: dict[str, Any]) -> None:
    chosen = told["replayed"]
    causes = ", ".join(f"{cause} {number}" for cause, number in chosen["by_cause"].items()) or "none"
    say(f"{chosen['number']} effects {'would be' if chosen['dry'] else 'were'} replayed, by cause: {causes}.")
    _tell(chosen["examples"], dry=chosen["dry"])
    for name, done in told["channels"].items():
        counts = ", ".join(
            f"{done[key]} {key}" for key in ("created", "updated", "withdrawn", "unknown", "refused")
        )
        say(f"{name}: {counts}. {done['error'] or ''}".rstrip())


def _tell(examples: list[str], *, dry: bool) -> None:
    for example in examples:
        say(f"  {example}")
    if dry and examples:
        say("Nothing was done: add --yes to do it.")
