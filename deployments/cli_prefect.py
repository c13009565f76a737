"""``boostez prefect``: Prefect's own processes, as production runs them, each in the place of this one.

Belongs here: which process is started how. Does not: what it is set to (orchestration.py), or a laptop's stack (up.py).
"""

from __future__ import annotations

import os
import subprocess
from typing import Annotated, NoReturn

import typer

from connectors.settings import ROOT, Settings, settings
from deployments import orchestration, production
from deployments.command import guarded
from deployments.stack import PYTHON
from deployments.up import POOL
from schemas.errors import Misconfigured, Unreachable

app = typer.Typer(no_args_is_help=True, help="Prefect's own processes, as production runs them.")
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every one, of a container say.")]

_UPGRADE = ("prefect", "server", "database", "upgrade", "--yes")
# `upgrade` does it, before any server starts: several that start at once on a new database fail on each other's rows.
_DONE_BEFORE = {
    "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "false",
}


@app.command()
@guarded
def upgrade() -> None:
    """Bring Prefect's own database to the version of this code, before any server of it starts."""
    chosen = settings()
    production.check("services", chosen)
    environment = _environment(_server_environment(chosen))
    for module, *words in (_UPGRADE, ("deployments.prefect_blocks",)):
        done = subprocess.run([PYTHON, "-m", module, *words], env=environment, cwd=ROOT, check=False)  # noqa: S603
        if done.returncode:
            raise Unreachable(
                "Prefect's own database could not be brought to this version: see what it says above."
            )


@app.command()
@guarded
def server(host: Host = "127.0.0.1") -> None:
    """Serve Prefect's API and UI; any number of them, with the services beside them."""
    chosen = settings()
    production.check("server", chosen)
    listening = ("--host", host, "--port", str(chosen.prefect_port))
    _become(_server_environment(chosen), "server", "start", "--no-services", *listening)


@app.command()
@guarded
def services() -> None:
    """Schedule runs, follow events, act on automations; one is enough, several share the work."""
    chosen = settings()
    production.check("services", chosen)
    _become(_server_environment(chosen), "server", "services", "start")


@app.command()
@guarded
def worker(
    name: Annotated[
        str | None, typer.Option(help="As staff see it; the machine's own when left out.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Runs at a time.")] = 8,
) -> None:
    """Run what is due, each run as a process of its own; any number of workers share the work."""
    chosen = settings()
    production.check("worker", chosen)
    if "PREFECT_API_URL" not in os.environ:
        raise Misconfigured("PREFECT_API_URL is not set: where is the server that this worker works for?")
    environment = {"BOOSTEZ_ROOT": str(ROOT), **orchestration.client(chosen)}
    called = ("--name", name or os.uname().nodename)
    _become(
        environment, "worker", "start", "--pool", POOL, *called, "--limit", str(limit), "--with-healthcheck"
    )


def _server_environment(chosen: Settings) -> dict[str, str]:
    if chosen.prefect_database_url is None:
        raise Misconfigured(
            "BOOSTEZ_PREFECT_DATABASE_URL is not set: `boostez up` has a server with its own database."
        )
    told = orchestration.server(chosen, chosen.prefect_database_url.get_secret_value())
    return told | _DONE_BEFORE


def _environment(told: dict[str, str]) -> dict[str, str]:
    return {**os.environ, **told}


def _become(told: dict[str, str], *command: str) -> NoReturn:
    """Go on as a command of Prefect's: signals reach it and nothing stands between."""
    os.chdir(ROOT)
    os.execve(PYTHON, [PYTHON, "-m", "prefect", "--no-prompt", *command], _environment(told))  # noqa: S606
