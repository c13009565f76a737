"""A census: what a database holds, as of one moment.

Belongs here: the version, the rows of every table, and the moment itself, lent to pg_dump. Does not: what the rows mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from alembic.migration import MigrationContext
from psycopg import errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from connectors.region.database import Region
from schemas.errors import Misconfigured

_PATIENCE = (
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
)  # the last: 17, newer


class Census(msgspec.Struct, frozen=True):
    """``version`` is Alembic's, None in an empty database; ``rows`` counts each table.

    Unlogged tables are left out: what they hold is for the run under way, and no crash or backup keeps it.
    """

    version: str | None
    server: str
    rows: dict[str, int]

    @property
    def major(self) -> int:
        """The server's major version."""
        return int(self.server.split(".")[0])


def census(region: Region) -> Census:
    """What the database holds now."""
    with region.begin() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        return _taken(connection)


@contextmanager
def moment(region: Region) -> Iterator[tuple[str, Census]]:
    """One moment, held still while inside: the name under which other sessions can see it, and its census."""
    with region.begin() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        connection.execute(
            text("SELECT set_config(name, '0', true) FROM pg_settings WHERE name = ANY(:names)"),
            {"names": list(_PATIENCE)},
        )
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        yield snapshot, _taken(connection)


def _taken(connection: Connection) -> Census:
    server = str(connection.scalar(text("SHOW server_version"))).split()[0]
    return Census(MigrationContext.configure(connection).get_current_revision(), server, _rows(connection))


def _rows(connection: Connection) -> dict[str, int]:
    """Each table's rows; a table of ``public`` by its bare name."""
    tables = connection.execute(
        text(
            "SELECT CASE nspname WHEN 'public' THEN relname ELSE nspname || '.' || relname END AS name, "
            "format('SELECT count(*) FROM ONLY %I.%I', nspname, relname) AS counting "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relkind = 'r' AND relpersistence = 'p' AND nspname <> 'information_schema' AND nspname !~ '^pg_' "
            "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid "
            "AND d.deptype = 'e') ORDER BY 1"
        )
    ).all()
    return {table.name: _count(connection, table.name, table.counting) for table in tables}


def _count(connection: Connection, table: str, counting: str) -> int:
    try:
        return int(connection.exec_driver_sql(counting.replace("%", "%%")).scalar_one())
    except ProgrammingError as error:
        if not isinstance(error.orig, errors.InsufficientPrivilege):
            raise
        raise Misconfigured(
            f"The table {table} in the Region's database may not be read by the hub's role, so no backup of the whole "
            "can be made: an administrator has to grant that, or move the table to a database of its own."
        ) from error
