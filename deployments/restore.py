"""Restoring the Region's database: filled beside the old one, then put in its place, and back.

Belongs here: the order, and what is refused. Does not: the archive (backup.py, archive.py), the server's statements
(connectors/region/upkeep/beside.py) or what an older database is told (connectors/region/upkeep/rewinding.py).

Until the last step the old database serves as if nothing were; that step is two renamings in one transaction. So a restore
that fails or is killed has changed nothing, and the next one drops what it left.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from connectors.region import migrations
from connectors.region.access import act_owner, acts
from connectors.region.database import Region
from connectors.region.upkeep import beside, endings, rewinding
from connectors.region.upkeep.census import census
from connectors.region.upkeep.endings import Ended
from deployments import archive, backup
from deployments.backup import Manifest
from deployments.bars import Listener
from schemas.errors import Permanent, Refused

_THEN = "run `boostez audit --heal`, then resume"


class Restored(msgspec.Struct, frozen=True):
    """What serves now as ``database``, and under which name the one before it is kept.

    ``version`` is the schema's, ``paused`` are the channels that wait for an audit, ``notes`` what was not carried over, ``ended`` what
    people had ended in the one before it, and so is ended in this one; ``noted`` how many acts its log lacked.
    """

    database: str
    kept: str
    version: str | None
    rows: dict[str, int]
    paused: list[str]
    notes: list[str]
    ended: Ended
    noted: int


def restore(
    region: Region, file: Path, channels: Iterable[str], now: dt.datetime, tell: Listener, *, yes: bool
) -> Restored:
    """Put the database of a backup in the place of the Region's; with ``yes`` also when that one holds something.

    Raises:
        Rejected: the backup is not whole; nothing was touched.
        Refused: newer than this code, not empty, or in use; the message says what to do.
        Misconfigured: the server cannot be trusted, or our role may not make databases.
        Permanent: pg_restore failed, or restored something else than was backed up.

    """
    with backup.opened(file, tell) as (manifest, open_file):
        _check_known(manifest.version, str(file))
        kept = _check_place(region, now)
        draft = beside.draft_name(region)
        reason = f"restored from a backup of {_instant(manifest.taken_at)}: {_THEN}"
        with beside.sole_restore(region), _dropped_if_it_fails(region, draft):
            with region.alone():
                beside.check_unused(region)
                _check_wanted(region, manifest, yes=yes)
                notes = _fill(region, draft, manifest, open_file, tell)
                with _at(region, draft) as other:
                    restored = _make_ready(region, other, channels, reason, kept, notes, now)
            beside.swap(region, draft, kept)
    return restored


def _fill(region: Region, draft: str, manifest: Manifest, open_file: IO[bytes], tell: Listener) -> list[str]:
    """Restore the archive beside the Region's database, and hold it against its manifest."""
    beside.drop(region, draft)  # what a killed restore left
    notes = beside.create_like(region, draft)
    tools = archive.programs(max(manifest.program, census(region).major))
    with _at(region, draft) as other:
        notes += archive.restore(other, tools, open_file, manifest.rows, tell)
        _verify(other, manifest)
    return notes


def undo(region: Region, channels: Iterable[str], now: dt.datetime) -> Restored:
    """Put the database that was kept last in the place of the Region's, which is kept in turn.

    Raises:
        Refused: none was kept, or the database is in use.
        Misconfigured: as ``restore``.

    """
    former = next(iter(beside.kept(region)), None)
    if former is None:
        raise Refused("No database was kept by a restore: there is nothing to undo.")
    kept = _check_place(region, now)
    reason = f"a restore was undone at {_instant(now)}: {_THEN}"
    with beside.sole_restore(region):
        with region.alone(), _at(region, former) as other:
            beside.check_unused(region)
            _check_known(census(other).version, former)
            restored = _make_ready(region, other, channels, reason, kept, [], now)
        beside.swap(region, former, kept)
    return restored


def forget(region: Region) -> list[str]:
    """Drop the databases that restores kept. Returns their names."""
    with beside.sole_restore(region):
        names = beside.kept(region)
        for name in names:
            beside.drop(region, name)
    return names


def _check_place(region: Region, now: dt.datetime) -> str:
    """See that another database can take the Region's place; the name that this one gets then."""
    region.check_server()
    beside.check_able(region)
    return beside.kept_name(region, now)


def _check_known(version: str | None, what: str) -> None:
    if version is not None and not migrations.knows(version):
        raise Refused(
            f"{what} is of schema version {version}, which this code does not know: install the newer code that wrote it."
        )


def _check_wanted(region: Region, manifest: Manifest, *, yes: bool) -> None:
    held = census(region)
    rows = {name: count for name, count in held.rows.items() if count and name != "alembic_version"}
    if not rows or yes:
        return
    lines = "\n  ".join(
        f"{name}: {count:,} rows now, {manifest.rows.get(name, 0):,} in the backup"
        for name, count in rows.items()
    )
    raise Refused(
        f"The database is not empty. What it learnt since {_instant(manifest.taken_at)} would serve no more:\n  {lines}\n"
        "Add --yes to put the backup in its place; the database is kept until `boostez restore --forget`."
    )


def _verify(other: Region, manifest: Manifest) -> None:
    found = census(other)
    if found.version != manifest.version or found.rows != manifest.rows:
        names = {
            name for name in found.rows | manifest.rows if found.rows.get(name) != manifest.rows.get(name)
        }
        raise Permanent(
            f"What was restored is not what was backed up (version {found.version} for {manifest.version}; rows differ in "
            f"{', '.join(sorted(names)) or 'no table'}). The old database serves on; take another backup."
        )


def _make_ready(
    region: Region,
    other: Region,
    channels: Iterable[str],
    reason: str,
    kept: str,
    notes: list[str],
    now: dt.datetime,
) -> Restored:
    migrations.upgrade(other)
    noted = acts.carry(region, other, acts.RESTORE, now)
    ended = endings.apply(other, endings.read(region), now)
    paused = rewinding.rewind(other, channels, reason, newest=rewinding.drawn(region))
    held = census(other)
    if act_owner.missing(region) is None and (todo := act_owner.missing(other)):
        notes = [*notes, f"the log of acts is our role's again, an administrator runs: {todo}"]
    return Restored(beside.name_of(region), kept, held.version, held.rows, paused, notes, ended, noted)


@contextmanager
def _at(region: Region, name: str) -> Iterator[Region]:
    other = beside.at(region, name)
    try:
        yield other
    finally:
        other.dispose()


@contextmanager
def _dropped_if_it_fails(region: Region, name: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        beside.drop(region, name)
        raise


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
