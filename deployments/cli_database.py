"""The commands that look after the Region's database as a whole: ``db``, ``backup``, ``restore``.

Belongs here: their options and what they print. Does not: what they do (backup.py, restore.py, connectors/region).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from connectors import clock, registry
from connectors.region import migrations
from connectors.region.database import region, wait_for
from connectors.region.upkeep.endings import Ended
from deployments import backup as backups
from deployments import restore as restores
from deployments.bars import shown
from deployments.command import Json, connected, guarded, print_told, say
from deployments.restore import Restored
from schemas.errors import Misconfigured

app = typer.Typer()
db = typer.Typer(no_args_is_help=True, help="The Region's database.")
app.add_typer(db, name="db")


@db.command("upgrade")
@guarded
def db_upgrade() -> None:
    """Bring the Region's database to the newest version."""
    with connected(schema=False):
        wait_for(region())
        region().check_server()
        migrations.upgrade(region())
        say(f"The database is at version {migrations.current(region())}.")


@db.command("check")
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


@app.command()
@guarded
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Where to; HOME/backups/boostez-INSTANT-VERSION.dump when left out.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="See that this backup is whole; writes nothing.")
    ] = None,
    keep: Annotated[
        int | None, typer.Option("--keep", min=1, help="Then keep so many of HOME/backups, the newest.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the Region's database into a file, as of one moment, while everything runs on."""
    if file and check:
        raise Misconfigured("Name a file to write or a file to check, not both.")
    if keep and (file or check):
        raise Misconfigured("Name a file, or say how many of HOME/backups to keep.")
    removed: list[str] = []
    with shown() as tell:
        if check:
            made = backups.Backup(str(check), backups.check(check, tell))
        else:
            with connected(schema=False) as chosen:
                now = clock.now()
                made = backups.back_up(region(), file, chosen.home / "backups", now, tell)
                removed = backups.keep_newest(chosen.home / "backups", keep) if keep else []
    held = made.manifest
    print_told(
        made,
        f"{made.file} is whole: {sum(held.rows.values()):,} rows of {len(held.rows)} tables, version {held.version}, "
        f"as of {held.taken_at:%Y-%m-%d %H:%M:%S} UTC, {held.size:,} bytes.",
        *(f"Removed: {old}" for old in removed),
        as_json=as_json,
    )


@app.command()
@guarded
def restore(
    file: Annotated[Path | None, typer.Argument(help="A file that `boostez backup` wrote.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Also when the database is not empty.")] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Put the database of before the last restore back.")
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Drop the databases that restores kept.")] = False,
    as_json: Json = False,
) -> None:
    """Put a backup in the place of the Region's database, with every channel paused. See docs/runbook/restore.md."""
    if (file is not None) + undo + forget != 1:
        raise Misconfigured("Name one backup, or give one of --undo and --forget.")
    with connected(schema=False):
        if forget:
            names = restores.forget(region())
            said = f"Dropped: {', '.join(names)}." if names else "No database was kept by a restore."
            print_told(names, said, as_json=as_json)
            return
        now = clock.now()
        with shown() as tell:
            done = (
                restores.restore(region(), file, registry.EVERY, now, tell, yes=yes)
                if file
                else restores.undo(region(), registry.EVERY, now)
            )
    print_told(done, *_restored(done), as_json=as_json)


def _restored(done: Restored) -> Iterator[str]:
    yield f"{done.database} is restored: {sum(done.rows.values()):,} rows, version {done.version}."
    for note in done.notes:
        yield f"  not carried over: {note}"
    if any(msgspec.structs.astuple(done.ended)):
        yield f"  ended again, since people had ended it: {_ended(done.ended)}"
    yield f"The database before it is kept as {done.kept}: `boostez restore --undo` puts it back, `--forget` drops it."
    yield f"Every channel is paused ({', '.join(done.paused)}), since the ledger is older than what was published. Now:"
    yield "  1. boostez audit --heal\n  2. boostez channel resume NAME, for each\n  3. boostez sync offers --full"


def _ended(ended: Ended) -> str:
    return ", ".join(f"{number} {name}" for name, number in msgspec.structs.asdict(ended).items() if number)
