"""What condition the database is in, for whoever asks whether all is well: quick, and changing nothing.

Belongs here: asking it, within bounds, over a connection of one's own, for a pool that is used up says nothing of the server.
Does not: what is to be done (deployments/doctor) or what a server must be (database.py).
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import msgspec
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from connectors.region import migrations
from connectors.region.database import Region
from schemas.errors import Unreachable

SECONDS = 2  # for each of connecting and one statement; libpq knows nothing shorter for the first
EXTENSIONS = ("unaccent",)


class Condition(msgspec.Struct, frozen=True):
    """``now`` is the server's clock; ``version`` that of the tables, None when there are none."""

    now: dt.datetime
    server: int
    version: str | None
    missing: tuple[str, ...]
    heartbeat_at: dt.datetime | None

    @property
    def is_current(self) -> bool:
        """Whether its tables are those that this code needs."""
        return self.version == needed()


@cache
def needed() -> str:
    """The version of the tables that this code needs."""
    return str(migrations.newest())


def condition(region: Region) -> Condition:
    """How the database stands.

    Raises:
        Unreachable: it does not answer in time. The message names no address: this is shown to anybody.

    """
    engine = create_engine(region.engine.url, poolclass=NullPool, connect_args={"connect_timeout": SECONDS})
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SET statement_timeout = '{SECONDS}s'"))
            server = int(connection.scalar(text("SHOW server_version_num")) or 0)
            there = set(connection.scalars(text("SELECT extname FROM pg_extension")))
            known = connection.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL"))
            version = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
            return Condition(
                connection.execute(text("SELECT clock_timestamp()")).scalar_one().astimezone(dt.UTC),
                server // 10_000,
                version,
                tuple(name for name in EXTENSIONS if name not in there),
                connection.scalar(
                    text("SELECT max(finished_at) FROM run WHERE flow = 'heartbeat'")
                    if version
                    else text("SELECT NULL::timestamptz")
                ),
            )
    except DBAPIError as error:
        trouble = type(error.orig).__name__
    raise Unreachable(f"The Region's database does not answer ({trouble}).")


def beat(region: Region) -> None:
    """Note that a schedule ran and the database takes writes: one row, whatever number of times."""
    with region.begin() as connection:
        seen = "UPDATE run SET finished_at = now() WHERE flow = 'heartbeat'"
        if not connection.execute(text(seen)).rowcount:
            connection.execute(text("INSERT INTO run (flow, finished_at) VALUES ('heartbeat', now())"))
