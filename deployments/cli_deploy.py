"""``boostez deploy``, ``boostez worker``: what Prefect's server is told, and who does what it schedules.

Belongs here: these commands. Does not: what is declared (declared.py, automations.py), or how it is registered (deploy.py).
"""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from connectors import clock
from connectors.settings import settings
from deployments import production, report
from deployments.command import Json, connected, guarded, note, print_json
from deployments.stack import PYTHON


@guarded
def deploy(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would change.")] = False,
    as_json: Json = False,
) -> None:
    """Have Prefect's server know what is declared: work pool, prefect.yaml, automations; nothing when it does."""
    with connected(prefect=True, schema=False):
        from deployments.deploy import deploy as register

        plan = register(dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "same": plan.same, "changes": plan.changes})
    else:
        report.registration(plan.changes, plan.same, dry_run=dry_run)


@guarded
def worker(
    name: Annotated[
        str, typer.Option(help="Its name.", default_factory=socket.gethostname, show_default="this machine's")
    ],
    limit: Annotated[int | None, typer.Option(min=1, help="Runs at once; any number when left out.")] = None,
    health: Annotated[
        bool, typer.Option("--health", help="Answer on PREFECT_WORKER_WEBSERVER_PORT whether it works.")
    ] = False,
) -> None:
    """Do what is scheduled, until it is stopped; of late runs of one deployment, only the newest."""
    production.check("worker", settings())
    with connected(prefect=True, schema=False):
        from prefect.client.orchestration import get_client

        from deployments.declared import POOL
        from deployments.late import collapse

        with get_client(sync_client=True) as client:
            gone = collapse(client, clock.now())
        if gone:
            note(
                f"{gone:,} late runs are forgotten: a later one of the same deployment does what they would."
            )
        asked = ["--pool", POOL, "--name", name, *(["--limit", str(limit)] if limit else [])]
        more = ["--with-healthcheck"] if health else []
        os.execv(PYTHON, [PYTHON, "-m", "prefect", "worker", "start", *asked, *more])  # noqa: S606 - Prefect's own, in our place
