"""The command line: ``boostez``, also ``python -m deployments``.

Belongs here: the commands that start things and sync, and where the others hang. Does not: what they do (flows, tasks,
connectors), how it looks (report.py, watching.py) or what all of them share (command.py).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from connectors import logs, registry
from connectors.region.alerting import alerts
from connectors.region.database import region
from connectors.region.ledger import channel_state
from connectors.region.offers import offers, quarantine, walks
from connectors.region.publishing import plans
from connectors.registry import objectives
from connectors.settings import Settings, settings
from deployments import (
    cli_access,
    cli_alerts,
    cli_channels,
    cli_cohorts,
    cli_database,
    cli_deploy,
    cli_dialogues,
    cli_digests,
    cli_doctor,
    cli_events,
    cli_firms,
    cli_hosts,
    cli_letters,
    cli_media,
    cli_morning,
    cli_persons,
    cli_plans,
    cli_postings,
    cli_prefect,
    cli_quarantine,
    cli_questions,
    cli_replay,
    cli_seasons,
    cli_sessions,
    production,
    report,
)
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
)
from deployments.run_logs import RunJson
from schemas.errors import Misconfigured

FEW = 5  # quarantined payloads that are no sign of anything, whatever their share

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The hub of « Boostez votre Région ».",
)
sync = typer.Typer(no_args_is_help=True, help="Bring a source and the channels in step.")
app.add_typer(sync, name="sync")
app.add_typer(cli_access.app, name="access")
app.add_typer(cli_alerts.app, name="alert")
app.add_typer(cli_plans.app, name="plan")
app.add_typer(cli_postings.app, name="posting")
app.add_typer(cli_letters.app, name="letters")
app.add_typer(cli_cohorts.app, name="cohort")
app.command("programme")(cli_cohorts.programme)
app.add_typer(cli_sessions.app, name="session")
app.add_typer(cli_sessions.coach_app, name="coach")
app.add_typer(cli_sessions.reminders_app, name="reminders")
app.add_typer(cli_dialogues.app, name="dialogue")
app.add_typer(cli_seasons.app, name="season")
app.add_typer(cli_digests.app, name="digest")
app.add_typer(cli_questions.app, name="question")
app.add_typer(cli_hosts.official_app, name="official")
app.add_typer(cli_hosts.moderator_app, name="moderator")
app.add_typer(cli_hosts.venue_app, name="venue")
app.add_typer(cli_events.app, name="event")
app.add_typer(cli_media.student_app, name="student")
app.add_typer(cli_media.media_app, name="media")
app.add_typer(cli_firms.app, name="firm")
app.add_typer(cli_persons.app, name="person")
app.add_typer(cli_quarantine.app, name="quarantine")
app.add_typer(cli_channels.app, name="channel")
app.command("audit")(cli_channels.audit)
app.command("withdraw")(cli_channels.withdraw)
app.add_typer(cli_replay.app, name="replay")
app.command("deploy")(cli_deploy.deploy)
app.command("worker")(cli_deploy.worker)
app.add_typer(cli_database.app)
app.add_typer(cli_prefect.app, name="prefect")
app.command("morning")(cli_morning.morning)
app.command("doctor")(cli_doctor.doctor)
app.command("watchdog")(cli_doctor.watchdog)


def main() -> None:
    """Run the command line; with BOOSTEZ_LOG_FORMAT=json it ends by its own mistake in such a line too."""
    with suppress(Misconfigured):  # the command reads them as well, and says what does not fit
        if settings().log_format == "json":
            logs.configure(RunJson())
    try:
        app(prog_name="boostez")
    except Exception as error:
        if not logs.in_json():
            raise
        logging.getLogger(logs.OURS).critical("this process ends: %s", type(error).__name__, exc_info=error)
        sys.exit(1)


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
    source: Annotated[str, typer.Option(help="contractor, france_travail, indeed or lheo.")] = "contractor",
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
    quiet_prefect()
    from prefect import tags

    from deployments import watching
    from flows.offers import sync_offers as flow

    with running_flow(), watching.progress(), tags("boostez", "offers", source):
        return flow(source=source, full=full, file=file.resolve() if file else None)


def verdict(figures: Mapping[str, Any], chosen: Settings) -> int:
    """The exit code that a sync's figures deserve."""
    channels = figures["channels"].values()
    if any(channel["unreachable"] for channel in channels):
        return AWAY
    collected = max(figures["collected"], 1)
    over = figures["quarantined"] > max(FEW, chosen.quarantine_budget * collected)
    if (
        over
        or figures["held"]
        or any(
            channel["refused"] or channel["held"] or (channel["error"] and not channel["waiting"])
            for channel in channels
        )
    ):
        return NOT_ALL
    return DONE


@app.command()
@guarded
def status(as_json: Json = False) -> None:
    """Show sources, offers, quarantine and channels."""
    with connected() as chosen:
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
        "plans": plans.waiting(region()),
        "alerts": alerts.unresolved(region()),
        "channels": {name: channel_state.Standing() for name in registry.policies(chosen.channels_file)}
        | channel_state.standings(region()),
    }
    return dict(msgspec.to_builtins(told))


@app.command()
@guarded
def sandbox(
    port: Annotated[int | None, typer.Option(help="Instead of BOOSTEZ_SANDBOX_PORT.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Jobs in the contractor's catalogue.")] = 23_000,
    trainings: Annotated[int, typer.Option(min=0, help="Trainings in it.")] = 26_000,
    seed: Annotated[int, typer.Option(help="Another seed, another catalogue.")] = 2017,
) -> None:
    """Serve the stand-ins of the outside systems, alone."""
    from sandbox.server import run

    chosen = settings()
    if chosen.production:
        raise Misconfigured("In production nothing is stood in for.")
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
def portal(host: cli_prefect.Host = "127.0.0.1") -> None:
    """Serve the open portal, alone."""
    from portal.server import run

    production.check("portal", settings())
    with connected() as chosen:
        run(host, chosen.portal_port, chosen, objectives(chosen))
