"""The command line: ``boostez``, also ``python -m deployments``.

Belongs here: commands, their options, exit codes. Does not: what they do (flows, tasks, connectors) or how it looks
(report.py, watching.py), or the commands of the database as a whole (cli_database.py).

Exit codes: 0 done, 2 bad usage or settings, 3 finished with something refused or quarantined beyond its budget, 4 an
outside system unreachable.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from connectors import registry
from connectors.region import audits, channel_state, offers, planning, quarantine, walks
from connectors.region.database import region, safe_region
from connectors.settings import Settings, settings
from core.days import paris_day
from deployments import cli_database, report
from deployments.commands import AWAY, DONE, NOT_ALL, Json, check_schema, connected, guarded, print_json
from schemas.errors import Misconfigured

FEW = 5  # quarantined payloads that are no sign of anything, whatever their share

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The hub of « Boostez votre Région ».",
)
sync = typer.Typer(no_args_is_help=True, help="Bring a source and the channels in step.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Payloads that broke their schema or a rule.")
channel_app = typer.Typer(no_args_is_help=True, help="Stop and resume a channel.")
app.add_typer(sync, name="sync")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(channel_app, name="channel")
app.add_typer(cli_database.app)


def main() -> None:
    """Run the command line."""
    app(prog_name="boostez")


@app.command()
@guarded
def up(
    once: Annotated[bool, typer.Option("--once", help="Exit after the first sync's summary.")] = False,
) -> None:
    """Start everything on this machine, sync once, and stay up until Ctrl-C."""
    from deployments.up import up as start

    raise typer.Exit(start(once=once))


@sync.command("offers")
@guarded
def sync_offers(
    full: Annotated[bool, typer.Option("--full", help="Read the whole catalogue.")] = False,
    source: Annotated[str, typer.Option(help="contractor, france_travail or lheo.")] = "contractor",
    file: Annotated[
        Path | None,
        typer.Option("--from", exists=True, dir_okay=False, help="A file of the source's records."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Collect, validate, reconcile, plan and deliver."""
    reads_files = registry.source(source).read is not None
    if reads_files is (file is None):
        raise Misconfigured(
            f"{source} is read from {'a file: add' if reads_files else 'its API: leave out'} --from FILE."
        )
    with connected(prefect=True, sandbox=source == "contractor") as chosen:
        figures = _run_sync(source, full=full, file=file)
        if as_json:
            print_json(figures)
        else:
            report.summary(figures)
        code = verdict(figures, chosen)
    raise typer.Exit(code)


def _run_sync(source: str, *, full: bool, file: Path | None) -> dict[str, Any]:
    _quiet_prefect()
    from prefect import tags

    from deployments import watching
    from flows.offers import sync_offers as flow

    check_schema(region())
    with _logs_sent(), _no_heartbeat(), watching.progress(), tags("boostez", "offers", source):
        return flow(source=source, full=full, file=file.resolve() if file else None)


def _quiet_prefect() -> None:
    """The terminal shows progress, figures and one line of trouble; the whole log is in the Prefect UI."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


@contextmanager
def _logs_sent() -> Iterator[None]:
    """Have the whole log in the Prefect UI before the server may be stopped."""
    from prefect.logging.handlers import APILogHandler

    try:
        yield
    finally:
        APILogHandler().flush()


@contextmanager
def _no_heartbeat() -> Iterator[None]:
    """A sync flow ends up to a second late while its heartbeat thread sleeps; no variable turns that off."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


def verdict(figures: Mapping[str, Any], chosen: Settings) -> int:
    """The exit code that a sync's figures deserve."""
    channels = figures["channels"].values()
    if any(channel["unreachable"] for channel in channels):
        return AWAY
    collected = max(figures["collected"], 1)
    over = figures["quarantined"] > max(FEW, chosen.quarantine_budget * collected)
    if over or any(
        channel["refused"] or (channel["error"] and not channel["waiting"]) for channel in channels
    ):
        return NOT_ALL
    return DONE


@app.command()
@guarded
def plan(channel: str, as_json: Json = False) -> None:
    """Show what would be created, updated and withdrawn on CHANNEL; touches nothing outside."""
    with connected() as chosen:
        check_schema(region())
        built = registry.channel(channel, chosen, region())
        policy = registry.policies(chosen.channels_file).get(channel)
        if policy is None:
            raise Misconfigured(f"{chosen.channels_file} says nothing of {channel}: add its section.")
        wanted = planning.plan(
            region(), policy, built.capabilities.form, paris_day(dt.datetime.now(dt.UTC)), dry=True
        )
        built.close()
    if as_json:
        print_json(wanted)
    else:
        sys.stdout.write("\n".join(wanted.lines()) + "\n")


@app.command()
@guarded
def status(as_json: Json = False) -> None:
    """Show sources, offers, quarantine and channels."""
    with connected() as chosen:
        check_schema(region())
        told = standing(chosen)
    if as_json:
        print_json(told)
    else:
        report.status(told)


def standing(chosen: Settings) -> dict[str, Any]:
    """Where everything stands, as ``status --json`` tells it."""
    reasons = quarantine.counts(region())
    told = {
        "sources": {name: walks.SourceState(name) for name in registry.SOURCES}
        | {state.name: state for state in walks.source_states(region())},
        "offers": offers.counts(region()),
        "quarantine": {"total": sum(reasons.values()), "by_reason": reasons},
        "channels": {name: channel_state.Standing() for name in registry.policies(chosen.channels_file)}
        | channel_state.standings(region()),
    }
    return dict(msgspec.to_builtins(told))


@app.command()
@guarded
def audit(
    channel: Annotated[str | None, typer.Argument(help="One channel; all when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Hold what is really on the channels against the ledger and the database; changes nothing."""
    told = []
    with connected(sandbox=True) as chosen:
        check_schema(region())
        for name in [channel] if channel else list(registry.policies(chosen.channels_file)):
            built = registry.channel(name, chosen, region())
            told.append(audits.audit(region(), name, built.inventory()))
            built.close()
    if as_json:
        print_json({a.channel: {**msgspec.to_builtins(a), "agrees": a.agrees} for a in told})
    else:
        for a in told:
            word = "agree" if a.agrees else "DIFFER"
            sys.stdout.write(
                f"{a.channel}: database wants {a.wanted}, ledger says {a.live} live, the channel holds {a.inventory}: {word} "
                f"(missing {a.missing}, unexpected {a.unexpected}, doubled {a.doubled}, not ours {a.foreign})\n"
            )
    raise typer.Exit(DONE if all(a.agrees for a in told) else NOT_ALL)


@quarantine_app.command("list")
@guarded
def quarantine_list(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """List what is in quarantine, newest first."""
    with connected():
        check_schema(region())
        kept = quarantine.detained(region(), source=source, limit=limit)
    if as_json:
        print_json([_shown(payload) for payload in kept])
        return
    if not kept:
        sys.stdout.write("Nothing is in quarantine.\n")
    for payload in kept:
        first = payload.reasons[0]
        more = f" (+{len(payload.reasons) - 1} more)" if len(payload.reasons) > 1 else ""
        sys.stdout.write(
            f"{payload.source}  {payload.ref or payload.key}  {first.rule}: {first.message}{more}\n"
        )


@quarantine_app.command("show")
@guarded
def quarantine_show(ref: str, as_json: Json = False) -> None:
    """Show the payloads kept for REF (or the start of a # key), with every reason."""
    with connected():
        check_schema(region())
        kept = quarantine.detained(region(), ref=ref, limit=100)
    if not kept:
        raise Misconfigured(f"Nothing is in quarantine under {ref}: `boostez quarantine list` shows what is.")
    if as_json:
        print_json([_shown(payload) for payload in kept])
        return
    for payload in kept:
        sys.stdout.write(
            f"{payload.source}  {payload.ref or payload.key}  first seen {payload.first_seen_at}\n"
        )
        for reason in payload.reasons:
            sys.stdout.write(
                f"  {reason.pointer or '/'}  {reason.rule}: {reason.message}\n      value: {reason.value}\n"
            )
        sys.stdout.write(payload.payload.decode("utf-8", "replace") + "\n")


def _shown(payload: Any) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(payload)
    return {**told, "payload": payload.payload.decode("utf-8", "replace"), "raw_hash": payload.raw_hash.hex()}


@quarantine_app.command("recheck")
@guarded
def quarantine_recheck(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    as_json: Json = False,
) -> None:
    """Judge every quarantined payload again, after a rule or a reference table changed; release what passes."""
    with connected(prefect=True):
        _quiet_prefect()
        from flows.quarantine import recheck_quarantine

        check_schema(region())
        with _logs_sent(), _no_heartbeat():
            told = recheck_quarantine(source=source)
    if as_json:
        print_json(told)
    else:
        sys.stdout.write(f"{told['released']} released, {told['kept']} kept\n")


@channel_app.command("pause")
@guarded
def channel_pause(
    name: str, reason: Annotated[str, typer.Option(help="Why, for whoever resumes it.")]
) -> None:
    """Stop delivering to NAME; what changes meanwhile accumulates, none is lost."""
    with connected() as chosen:
        _known(chosen, name)
        channel_state.pause(region(), name, reason)
        sys.stdout.write(f"{name} is paused. `boostez channel resume {name}` ends that.\n")


@channel_app.command("resume")
@guarded
def channel_resume(name: str) -> None:
    """Deliver to NAME again; the next sync catches up."""
    with connected() as chosen:
        _known(chosen, name)
        channel_state.resume(region(), name)
        sys.stdout.write(f"{name} is resumed: the next sync delivers what accumulated.\n")


def _known(chosen: Settings, name: str) -> None:
    check_schema(safe_region())
    registry.channel(name, chosen, region()).close()


@app.command()
@guarded
def sandbox(
    port: Annotated[int | None, typer.Option(help="Instead of BOOSTEZ_SANDBOX_PORT.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Jobs in the contractor's catalogue.")] = 23_000,
    trainings: Annotated[int, typer.Option(min=0, help="Trainings in it.")] = 26_000,
    seed: Annotated[int, typer.Option(help="Another seed, another catalogue.")] = 2017,
) -> None:
    """Serve the stand-ins of the contractor and the Graph API, alone."""
    from sandbox.server import run

    chosen = settings()
    state = chosen.home / "sandbox.sqlite"
    state.parent.mkdir(parents=True, exist_ok=True)
    port = port or chosen.sandbox_port
    try:
        run("127.0.0.1", port, state, jobs=jobs, trainings=trainings, seed=seed)
    except OSError as error:
        raise Misconfigured(
            f"The sandbox cannot listen on port {port}: {error}. Set BOOSTEZ_SANDBOX_PORT."
        ) from error
    except ValueError as error:
        raise Misconfigured(f"{error}. Remove {state} to begin another story.") from error


@app.command()
@guarded
def portal() -> None:
    """Serve the open portal, alone."""
    from portal.server import run

    with connected() as chosen:
        run("127.0.0.1", chosen.portal_port, chosen)
