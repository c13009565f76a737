"""``boostez replay``: having done again what went wrong.

Belongs here: these commands. Does not: what they do (flows/replay.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from core.days import PARIS
from deployments.command import AWAY, DONE, NOT_ALL, By, Json, guarded, print_told, run_flow

app = typer.Typer(
    no_args_is_help=True, help="Do again what went wrong. Tells what it would do; with --yes it does it."
)
Since = Annotated[dt.datetime | None, typer.Option(help="Only what changed since then (Europe/Paris).")]
Refs = Annotated[list[str] | None, typer.Option("--ref", help="Only this reference or key; may be repeated.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it.")]


@app.command("quarantine")
@guarded
def replay_quarantine(
    by: By,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    cause: Annotated[str | None, typer.Option(help="Only what this rule refused.")] = None,
    since: Since = None,
    ref: Refs = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Judge quarantined payloads again, after a rule or a reference table changed; let in what passes."""
    told = run_flow(
        "replay:replay_quarantine",
        by=by,
        source=source,
        cause=cause,
        since=_in_paris(since),
        refs=ref or [],
        dry_run=not yes,
    )
    said = f"{told['released']} {'were' if yes else 'would be'} let in, {told['kept']} stay."
    print_told(told, said, *_examples(told["examples"], dry=not yes), as_json=as_json)


@app.command("channel")
@guarded
def replay_channel(
    name: Annotated[str, typer.Argument(help="The channel's name, as `boostez status` shows it.")],
    by: By,
    since: Since = None,
    ref: Refs = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write again what a channel carries."""
    told = run_flow(
        "replay:replay_channel",
        sandbox=True,
        channel=name,
        by=by,
        since=_in_paris(since),
        refs=ref or [],
        dry_run=not yes,
    )
    _show(told, as_json=as_json)


@app.command("effects")
@guarded
def replay_effects(
    by: By,
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
    told = run_flow(
        "replay:replay_effects",
        sandbox=True,
        by=by,
        channel=channel,
        cause=cause,
        since=_in_paris(since),
        refs=ref or [],
        parked=parked,
        dry_run=not yes,
    )
    _show(told, as_json=as_json)


def _in_paris(moment: dt.datetime | None) -> dt.datetime | None:
    return moment and moment.replace(tzinfo=PARIS)


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    print_told(told, *_in_words(told), as_json=as_json)
    raise typer.Exit(_verdict(list(told["channels"].values())))


def _verdict(channels: Sequence[dict[str, Any]]) -> int:
    """The exit code that what came of a replay deserves."""
    if any(done["unreachable"] for done in channels):
        return AWAY
    if any(done["error"] or done["refused"] or done["unknown"] for done in channels):
        return NOT_ALL
    return DONE


def _in_words(told: dict[str, Any]) -> Iterator[str]:
    chosen = told["replayed"]
    causes = ", ".join(f"{cause} {number}" for cause, number in chosen["by_cause"].items()) or "none"
    yield f"{chosen['number']} effects {'would be' if chosen['dry'] else 'were'} replayed, by cause: {causes}."
    yield from _examples(chosen["examples"], dry=chosen["dry"])
    for name, done in told["channels"].items():
        counts = ", ".join(
            f"{done[key]} {key}" for key in ("created", "updated", "withdrawn", "unknown", "refused")
        )
        yield f"{name}: {counts}. {done['error'] or ''}".rstrip()


def _examples(examples: list[str], *, dry: bool) -> Iterator[str]:
    yield from (f"  {example}" for example in examples)
    if dry and examples:
        yield "Nothing was done: add --yes to do it."
