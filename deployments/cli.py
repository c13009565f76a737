"""The command line: ``boostez``, also ``python -m deployments``.

Belongs here: commands, their options, exit codes. Does not: what they do (flows, tasks, connectors) or how it looks
(report.py,
watching.py).

Exit codes: 0 done, 2 bad usage or settings, 3 finished with something refused or quarantined beyond its budget, 4 an
outside system unreachable.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec

import msgspec
import typer

from connectors import registry
from connectors.region import audits, channel_state, migrations, offers, planning, quarantine, walks
from connectors.region.database import Region, region, wait_for
from connectors.settings import Settings, settings
from core.days import paris_day
from deployments import report, stack
from schemas import documents
from schemas.errors import BoostezError, Misconfigured, Refused, Rejected, RetryLater

DONE, BAD_USAGE, NOT_ALL, AWAY = 0, 2, 3, 4
FEW = 5  # quarantined payloads that are no sign of anything, whatever their share
P = ParamSpec("P")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The hub of « Boostez votre Région ».",
)
sync = typer.Typer(no_args_is_help=True, help="Bring a source and the channels in step.")
quarantine_app = typer.Typer(no_args_is_help=True, help="Payloads that broke their schema or a rule.")
channel_app = typer.Typer(no_args_is_help=True, help="Stop and resume a channel.")
db = typer.Typer(no_args_is_help=True, help="The Region's database.")
app.add_typer(sync, name="sync")
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(channel_app, name="channel")
app.add_typer(db, name="db")

Json = Annotated[bool, typer.Option("--json", help="Print JSON on the standard output, nothing else.")]


def main() -> None:
    """Run the command line."""
    app(prog_name="boostez")


def _told(command: Callable[P, None]) -> Callable[P, None]:
    """Turn errors of the one tree into a message and an exit code."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except BoostezError as error:
            _fail(error)

    return guarded


def _fail(error: BoostezError) -> NoReturn:
    sys.stderr.write(f"boostez: {error}\n")
    match error:
        case RetryLater():
            raise typer.Exit(AWAY)
        case Refused() | Rejected():
            raise typer.Exit(NOT_ALL)
        case _:
            raise typer.Exit(BAD_USAGE)


@contextmanager
def _connected(*, prefect: bool = False, sandbox: bool = False) -> Iterator[Settings]:
    """The settings of a running stack, or of what is started for this one command."""
    with stack.borrowed(settings(), prefect=prefect, sandbox=sandbox) as lent:
        os.environ.update(lent.environment())
        settings.cache_clear()
        yield settings()


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=2) + "\n")


@app.command()
@_told
def up(
    once: Annotated[bool, typer.Option("--once", help="Exit after the first sync's summary.")] = False,
) -> None:
    """Start everything on this machine, sync once, and stay up until Ctrl-C."""
    from deployments.up import up as start

    raise typer.Exit(start(once=once))


@sync.command("offers")
@_told
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
    with _connected(prefect=True, sandbox=source == "contractor") as chosen:
        figures = _run_sync(source, full=full, file=file)
        if as_json:
            _print_json(figures)
        else:
            report.summary(figures)
        code = verdict(figures, chosen)
    raise typer.Exit(code)


def _run_sync(source: str, *, full: bool, file: Path | None) -> dict[str, Any]:
    _quiet_prefect()
    from prefect import tags

    from deployments import watching
    from flows.offers import sync_offers as flow

    _check_schema(region())
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
@_told
def plan(channel: str, as_json: Json = False) -> None:
    """Show what would be created, updated and withdrawn on CHANNEL; touches nothing outside."""
    with _connected() as chosen:
        _check_schema(region())
        built = registry.channel(channel, chosen, region())
        policy = registry.policies(chosen.channels_file).get(channel)
        if policy is None:
            raise Misconfigured(f"{chosen.channels_file} says nothing of {channel}: add its section.")
        wanted = planning.plan(
            region(), policy, built.capabilities.form, paris_day(dt.datetime.now(dt.UTC)), dry=True
        )
        built.close()
    if as_json:
        _print_json(wanted)
    else:
        sys.stdout.write("\n".join(wanted.lines()) + "\n")


@app.command()
@_told
def status(as_json: Json = False) -> None:
    """Show sources, offers, quarantine and channels."""
    with _connected() as chosen:
        _check_schema(region())
        told = standing(chosen)
    if as_json:
        _print_json(told)
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
@_told
def audit(
    channel: Annotated[str | None, typer.Argument(help="One channel; all when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Hold what is really on the channels against the ledger and the database; changes nothing."""
    told = []
    with _connected(sandbox=True) as chosen:
        _check_schema(region())
        for name in [channel] if channel else list(registry.policies(chosen.channels_file)):
            built = registry.channel(name, chosen, region())
            told.append(audits.audit(region(), name, built.inventory()))
            built.close()
    if as_json:
        _print_json({a.channel: {**msgspec.to_builtins(a), "agrees": a.agrees} for a in told})
    else:
        for a in told:
            word = "agree" if a.agrees else "DIFFER"
            sys.stdout.write(
                f"{a.channel}: database wants {a.wanted}, ledger says {a.live} live, the channel holds {a.inventory}: {word} "
                f"(missing {a.missing}, unexpected {a.unexpected}, doubled {a.doubled}, not ours {a.foreign})\n"
            )
    raise typer.Exit(DONE if all(a.agrees for a in told) else NOT_ALL)


@quarantine_app.command("list")
@_told
def quarantine_list(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 50,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, a line a reason, to send on.")] = False,
) -> None:
    """List what is in quarantine, newest first."""
    with _connected():
        _check_schema(region())
        kept = quarantine.detained(region(), source=source, limit=limit)
    if as_json:
        _print_json([_shown(payload) for payload in kept])
        return
    if as_csv:
        report.refusals(kept)
        return
    if not kept:
        sys.stdout.write("Nothing is in quarantine.\n")
    for payload in kept:
        first = payload.reasons[0]
        more = f" (+{len(payload.reasons) - 1} more)" if len(payload.reasons) > 1 else ""
        line = f"{payload.source}  {payload.ref or payload.key}  {first.rule}: {first.message}{more}\n"
        sys.stdout.write(documents.visible(line))


@quarantine_app.command("show")
@_told
def quarantine_show(ref: str, as_json: Json = False) -> None:
    """Show the payloads kept for REF (or the start of a # key), with every reason."""
    with _connected():
        _check_schema(region())
        kept = quarantine.detained(region(), ref=ref, limit=100)
    if not kept:
        raise Misconfigured(f"Nothing is in quarantine under {ref}: `boostez quarantine list` shows what is.")
    if as_json:
        _print_json([_shown(payload) for payload in kept])
        return
    for payload in kept:
        sys.stdout.write(
            f"{payload.source}  {payload.ref or payload.key}  first seen {payload.first_seen_at}\n"
        )
        for reason in payload.reasons:
            line = (
                f"  {reason.pointer or '/'}  {reason.rule}: {reason.message}\n      value: {reason.value}\n"
            )
            sys.stdout.write(documents.visible(line))
        sys.stdout.write(documents.visible(payload.payload.decode("utf-8", "replace")) + "\n")


def _shown(payload: Any) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(payload)
    return {**told, "payload": payload.payload.decode("utf-8", "replace"), "raw_hash": payload.raw_hash.hex()}


@quarantine_app.command("recheck")
@_told
def quarantine_recheck(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    as_json: Json = False,
) -> None:
    """Judge every quarantined payload again, after a rule or a reference table changed; release what passes."""
    with _connected(prefect=True):
        _quiet_prefect()
        from flows.quarantine import recheck_quarantine

        _check_schema(region())
        with _logs_sent(), _no_heartbeat():
            told = recheck_quarantine(source=source)
    if as_json:
        _print_json(told)
    else:
        sys.stdout.write(f"{told['released']} released, {told['kept']} kept\n")


@channel_app.command("pause")
@_told
def channel_pause(
    name: str, reason: Annotated[str, typer.Option(help="Why, for whoever resumes it.")]
) -> None:
    """Stop delivering to NAME; what changes meanwhile accumulates, none is lost."""
    with _connected() as chosen:
        _known(chosen, name)
        channel_state.pause(region(), name, reason)
        sys.stdout.write(f"{name} is paused. `boostez channel resume {name}` ends that.\n")


@channel_app.command("resume")
@_told
def channel_resume(name: str) -> None:
    """Deliver to NAME again; the next sync catches up."""
    with _connected() as chosen:
        _known(chosen, name)
        channel_state.resume(region(), name)
        sys.stdout.write(f"{name} is resumed: the next sync delivers what accumulated.\n")


def _known(chosen: Settings, name: str) -> None:
    _check_schema(region())
    registry.channel(name, chosen, region()).close()


@db.command("upgrade")
@_told
def db_upgrade() -> None:
    """Bring the Region's database to the newest version."""
    with _connected():
        wait_for(region())
        region().check_server()
        migrations.upgrade(region())
        sys.stdout.write(f"The database is at version {migrations.current(region())}.\n")


@db.command("check")
@_told
def db_check() -> None:
    """Check that server, version and tables are what this code needs."""
    with _connected():
        region().check_server()
        now, needed = migrations.current(region()), migrations.newest(region())
        if now != needed:
            raise Misconfigured(
                f"The database is at version {now}, this code needs {needed}: run `boostez db upgrade`."
            )
        if differences := migrations.differences(region()):
            lines = "\n  ".join(str(difference) for difference in differences)
            raise Misconfigured(f"The tables differ from the models:\n  {lines}\nWrite a migration.")
        sys.stdout.write("The database is as this code needs it.\n")


def _check_schema(database: Region) -> None:

    now, needed = migrations.current(database), migrations.newest(database)
    if now is None:
        migrations.upgrade(database)
    elif now != needed:
        raise Misconfigured(
            f"The database is at version {now}, this code needs {needed}: run `boostez db upgrade`."
        )


@app.command()
@_told
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
@_told
def portal() -> None:
    """Serve the open portal, alone."""
    from portal.server import run

    with _connected() as chosen:
        run("127.0.0.1", chosen.portal_port, chosen)
