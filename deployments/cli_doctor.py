"""``boostez doctor`` and ``boostez watchdog``: whether all is well here, and whether the hub lives, seen from elsewhere.

Belongs here: these commands and how they look. Does not: a check (doctor/) or the watch (watchdog.py). Neither starts anything.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from connectors import clock
from connectors.redaction import hide
from connectors.region.database import Region
from connectors.settings import settings
from deployments import report, stack
from deployments.command import AWAY, DONE, NOT_ALL, Json, guarded, note, print_json, say
from deployments.doctor.examining import Case, Result, examine
from deployments.watchdog import Watchdog

EVERY = 60  # seconds between two looks of the watchdog


@guarded
def doctor(as_json: Json = False) -> None:
    """Check settings, database, Prefect, workers, schedules, clocks, disks and outside systems, and say what to do."""
    results = examined()
    if as_json:
        print_json(results)
    else:
        _show(results)
    raise typer.Exit(NOT_ALL if any(result.verdict == "bad" for result in results) else DONE)


def examined() -> list[Result]:
    """A round of every check over the stack that runs here, or else what the environment names.

    Raises:
        Misconfigured: the settings cannot be read, so there is nothing to examine; the message names each.

    """
    chosen = settings()
    environment = dict(os.environ)
    if running := stack.running(chosen.home.resolve()):
        os.environ.update(running.environment())
        settings.cache_clear()
        chosen = settings()
    from prefect.settings import get_current_settings  # once the environment is the stack's

    from deployments.doctor.every import CHECKS

    api = get_current_settings().api
    auth = api.auth_string.get_secret_value() if api.auth_string else None
    if auth:
        hide(auth)
    region = Region(chosen.database_url.get_secret_value()) if chosen.database_url else None
    case = Case(chosen, environment, region, api.url, auth, clock.now)
    try:
        return examine(CHECKS, case)
    finally:
        if region:
            region.dispose()


def _show(results: list[Result]) -> None:
    table = Table("check", "", "what was seen", title="What the doctor found")
    for result in results:
        table.add_row(result.name, result.verdict, result.seen)
    report.stdout.print(table)
    for result in results:
        if result.todo:
            say(f"{result.verdict}: {result.name}: {result.seen}\n  {result.todo}")
    counts = Counter(result.verdict for result in results)
    say(", ".join(f"{counts[verdict]} {verdict}" for verdict in ("good", "warning", "bad", "not asked")))


@guarded
def watchdog(
    prefect: Annotated[
        str | None,
        typer.Option(
            help="The API of the hub's Prefect server; unset, it is not watched.", envvar="PREFECT_API_URL"
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look once and exit, for cron; 4 when something is dead.")
    ] = False,
) -> None:
    """Watch the hub from another machine, and tell BOOSTEZ_ALERT_URLS when it is dead and when it is back."""
    chosen = settings()
    watch = Watchdog(chosen, prefect, chosen.home / "watchdog.json")
    while True:
        for notice in watch.look(clock.now()):
            note(f"{notice.name}: {notice.kind}, since {notice.outage.since:%Y-%m-%d %H:%M} UTC")
        if once:
            for name, outage in (dead := watch.dead()).items():
                note(f"{name}: {outage.reason}")
            raise typer.Exit(AWAY if dead else DONE)
        time.sleep(EVERY)
