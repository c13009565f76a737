"""The commands that look after the Region's database as a whole: ``db``, ``backup``, ``restore``.

Belongs here: their options and what they print. Does not: what they do (backup.py, restore.py, connectors/region).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from connectors import clock, registry
from connectors.region import migrations
from connectors.region.database import region, wait_for
from connectors.region.endings import Ended
from deployments import backup as backups
from deployments import restore as restores
from deployments.bars import shown
from deployments.command import Json, connected, guarded, print_json
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
        sys.stdout.write(f"The database is at version {migrations.current(region())}.\n")


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
        sys.stdout.write("The database is as this code needs it.\n")


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
    if as_json:
        print_json(made)
        return
    held = made.manifest
    sys.stdout.write(
        f"{made.file} is whole: {sum(held.rows.values()):,} rows of {len(held.rows)} tables, version {held.version}, "
        f"as of {held.taken_at:%Y-%m-%d %H:%M:%S} UTC, {held.size:,} bytes.\n"
    )
    sys.stdout.writelines(f"Removed: {old}\n" for old in removed)


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
            _print_forgotten(restores.forget(region()), as_json=as_json)
            return
        now = clock.now()
        with shown() as tell:
            done = (
                restores.restore(region(), file, registry.EVERY, now, tell, yes=yes)
                if file
                else restores.undo(region(), registry.EVERY, now)
            )
    if as_json:
        print_json(done)
    else:
        _print_restored(done)


def _print_forgotten(names: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json(names)
    else:
        sys.stdout.write(
            f"Dropped: {', '.join(names)}.\n" if names else "No database was kept by a restore.\n"
        )


def _print_restored(done: Restored) -> None:
    notes = "".join(f"  not carried over: {note}\n" for note in done.notes)
    if any(msgspec.structs.astuple(done.ended)):
        notes += f"  ended again, since people had ended it: {_ended(done.ended)}\n"
    sys.stdout.write(
        f"{done.database} is restored: {sum(done.rows.values()):,} rows, version {done.version}.\n{notes}"
        f"The database before it is kept as {done.kept}: `boostez restore --undo` puts it back, `--forget` drops it.\n"
        f"Every channel is paused ({', '.join(done.paused)}), since the ledger is older than what was published. Now:\n"
        "  1. boostez audit --heal\n  2. boostez channel resume NAME, for each\n  3. boostez sync offers --full\n"
    )


def _ended(ended: Ended) -> str:
    return ", ".join(f"{number} {name}" for name, number in msgspec.structs.asdict(ended).items() if number)
