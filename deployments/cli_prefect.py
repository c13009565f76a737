"""``boostez prefect``: Prefect's own processes, as production runs them, each in the place of this one.

Belongs here: which process is started how. Does not: what it is set to (orchestration.py), or a laptop's stack (up.py).
"""

from __future__ import annotations

import os
from typing import Annotated, NoReturn

import typer

from connectors.settings import ROOT, Settings, settings
from deployments import orchestration, production
from deployments.command import guarded
from deployments.stack import PYTHON
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="Prefect's own processes, as production runs them.")
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every one, of a container say.")]

_PROMPTLESS = ("--no-prompt", "server")
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
    _become(_server_environment(chosen), "deployments.prefect_database")


@app.command()
@guarded
def server(host: Host = "127.0.0.1") -> None:
    """Serve Prefect's API and UI; any number of them, with the services beside them."""
    chosen = settings()
    production.check("server", chosen)
    listening = ("--host", host, "--port", str(chosen.prefect_port))
    _become(_server_environment(chosen), "prefect", *_PROMPTLESS, "start", "--no-services", *listening)


@app.command()
@guarded
def services() -> None:
    """Schedule runs, follow events, act on automations; one is enough, several share the work."""
    chosen = settings()
    production.check("services", chosen)
    _become(_server_environment(chosen), "deployments.prefect_services", *_PROMPTLESS, "services", "start")


def _server_environment(chosen: Settings) -> dict[str, str]:
    if chosen.prefect_database_url is None:
        raise Misconfigured(
            "BOOSTEZ_PREFECT_DATABASE_URL is not set: `boostez up` has a server with its own database."
        )
    told = orchestration.server(chosen, chosen.prefect_database_url.get_secret_value())
    return told | _DONE_BEFORE


def _become(told: dict[str, str], *module: str) -> NoReturn:
    """Go on as a module and its arguments: signals reach it and nothing stands between."""
    os.chdir(ROOT)
    os.execve(PYTHON, [PYTHON, "-m", *module], {**os.environ, **told})  # noqa: S606
