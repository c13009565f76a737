"""Time in a world: what it truly is, what the hub's clock shows, and what the database's does.

Belongs here: moving it, going wrong and being put right. Does not: what happens when (world.py).

The database's ``now()`` is taken over: the world's schema stands before PostgreSQL's own in the hub's search path. So leases,
holds and everything else that the database counts keep the same time as the hub, or another when a world has it so.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import psycopg

SEARCH_PATH: Final = (
    "%20-csearch_path%3Dworld%2Cpublic%2Cpg_catalog"  # in the options of a database's address
)
_NO_ERROR: Final = dt.timedelta()
_INSTALL: Final = """
    CREATE SCHEMA world;
    CREATE TABLE world.clock (at timestamptz NOT NULL);
    INSERT INTO world.clock VALUES ('2027-01-01');
    CREATE FUNCTION world.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT at FROM world.clock';
"""


def install(connection: psycopg.Connection[Any]) -> None:
    """Give a database the clock of its world."""
    connection.execute(_INSTALL)


class Clock:
    """The clocks of one world, over a connection of the tests' own."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._truly = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
        self._hub = self._database = _NO_ERROR

    @property
    def truly(self) -> dt.datetime:
        """What time it is."""
        return self._truly

    def now(self) -> dt.datetime:
        """What the hub's clock shows."""
        return self._truly + self._hub

    @property
    def is_right(self) -> bool:
        """Whether both clocks show what time it is."""
        return self._hub == self._database == _NO_ERROR

    def set(self, truly: dt.datetime) -> None:
        """It is so late."""
        self._truly = truly
        self._show()

    def passes(self, span: dt.timedelta) -> None:
        """So much time passes."""
        self.set(self._truly + span)

    def goes_wrong(self, hub: dt.timedelta, database: dt.timedelta) -> None:
        """The clocks show so much too much, from now on: a step of NTP, or somebody's hand."""
        self._hub, self._database = hub, database
        self._show()

    def truth_of(self, shown: dt.datetime) -> dt.datetime:
        """What time it is when the hub's clock shows that."""
        return shown - self._hub

    def _show(self) -> None:
        self.connection.execute("UPDATE world.clock SET at = %s", [self._truly + self._database])
