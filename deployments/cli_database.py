"""``boostez db``: the Region's database.

Belongs here: these commands. Does not: what they do (connectors/region).
"""

from __future__ import annotations

import typer

from connectors.region import migrations
from connectors.region.database import region, wait_for
from deployments.command import connected, guarded, say
from schemas.errors import Misconfigured

app = typer.Typer(no_args_is_help=True, help="The Region's database.")


@app.command("upgrade")
@guarded
def db_upgrade() -> None:
    """Bring the Region's database to the newest version."""
    with connected(schema=False):
        wait_for(region())
        region().check_server()
        migrations.upgrade(region())
        say(f"The database is at version {migrations.current(region())}.")


@app.command("check")
@guarded
def db_check() -> None:
    """Check that server, version and tables are what this code needs."""
    with connected(schema=False):
        region().check_server()
        now, needed = migrations.current(region()), migrations.newest(region())
        if now != needed:
            raise Misconfigured(
                f"The database is at version {now}, this code needs {needed}: run `boostez db upgrade`."
            )
        if differences := migrations.differences(region()):
            lines = "\n  ".join(str(difference) for difference in differences)
            raise Misconfigured(f"The tables differ from the models:\n  {lines}\nWrite a migration.")
        say("The database is as this code needs it.")
