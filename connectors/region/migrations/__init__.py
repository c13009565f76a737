"""The Region's database, version by version.

Belongs here: running Alembic on a given address, its patience with others, and telling whether the models and the
database agree. Does not: the versions themselves (versions/).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import errors
from sqlalchemy.exc import OperationalError

from connectors.region import backends
from connectors.region.access import act_owner
from connectors.region.database import Region
from connectors.region.tables import METADATA
from schemas.errors import Refused

SCRIPTS = Path(__file__).parent
# Who waits for a table makes everybody wait who comes after, readers too: so not for long. One statement may take its
# time, an index on every offer say, but not for ever; and whoever finds another upgrade under way waits for its end.
LOCK = dt.timedelta(seconds=5)
STATEMENT = dt.timedelta(minutes=15)
TURN = dt.timedelta(minutes=30)
_ALONE = Lock()  # Alembic's context is the process's; among processes, env.py's lock keeps order


def _config(region: Region | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    if region:
        patience = {"lock": LOCK, "statement": STATEMENT, "turn": TURN}
        config.attributes.update(engine=region.engine, **patience)
    return config


def upgrade(region: Region, revision: str = "head") -> None:
    """Bring the database to a version, the newest by default; safe to run twice and by two at once.

    Raises:
        Refused: somebody uses its tables, or it takes too long. Nothing was changed.

    """
    with _ALONE:
        try:
            command.upgrade(_config(region), revision)
            with region.begin() as connection:
                act_owner.give_away(connection)
        except OperationalError as error:
            _explain(region, error)
            raise


def downgrade(region: Region, revision: str) -> None:
    """Take the database back to a version; ``base`` is empty. Raises as ``upgrade``."""
    with _ALONE:
        try:
            command.downgrade(_config(region), revision)
        except OperationalError as error:
            _explain(region, error)
            raise


def _explain(region: Region, error: OperationalError) -> None:
    again = "Nothing was changed. Run `boostez db upgrade` again"
    if isinstance(error.orig, errors.QueryCanceled):
        raise Refused(
            f"A step of the upgrade took longer than {STATEMENT}. {again} when the server has less to do."
        ) from error
    if not isinstance(error.orig, errors.LockNotAvailable):
        return
    if "advisory" in str(error.statement):
        raise Refused(f"Another upgrade has been under way for {TURN}. {again} when it has ended.") from error
    with region.begin() as connection:
        who = "; ".join(backends.in_transactions(connection)) or "it has just ended"
    raise Refused(
        f"The tables are in use, and an upgrade waits {LOCK} at most, since everybody waits behind it: {who}. "
        f"{again} when the sync has ended (`boostez status`), or stop the worker first."
    ) from error


def current(region: Region) -> str | None:
    """The database's version, None when it is empty."""
    with region.begin() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(region: Region | None = None) -> str | None:
    """The newest version this code knows."""
    return ScriptDirectory.from_config(_config(region)).get_current_head()


def knows(revision: str) -> bool:
    """Whether this code knows the version; not when it was written by newer code."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def differences(region: Region) -> list[Any]:
    """What the models say and the database does not, or the other way round; empty when they agree."""
    with region.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))
