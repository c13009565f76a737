"""The Region's database, version by version.

Belongs here: running Alembic on a given address, and telling whether the models and the database agree.
Does not: the versions themselves (versions/).
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from connectors.region.database import Region
from connectors.region.models import METADATA

_ALONE = Lock()  # Alembic's context is the process's; among processes, env.py's lock keeps order


def _config(region: Region) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["engine"] = region.engine
    return config


def upgrade(region: Region, revision: str = "head") -> None:
    """Bring the database to a version, the newest by default; safe to run twice and by two at once."""
    with _ALONE:
        command.upgrade(_config(region), revision)


def downgrade(region: Region, revision: str) -> None:
    """Take the database back to a version; ``base`` is empty."""
    with _ALONE:
        command.downgrade(_config(region), revision)


def current(region: Region) -> str | None:
    """The database's version, None when it is empty."""
    with region.begin() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(region: Region) -> str | None:
    """The newest version this code knows."""
    return ScriptDirectory.from_config(_config(region)).get_current_head()


def differences(region: Region) -> list[Any]:
    """What the models say and the database does not, or the other way round; empty when they agree."""
    with region.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))
