"""The door to the Region's PostgreSQL.

Belongs here: connecting, the safety check of the server's settings, the locks. Does not: any table's statements.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from connectors.settings import settings
from schemas.errors import Misconfigured, Refused, Unreachable

OLDEST = 15  # PostgreSQL
_REVISIONS = 72_001  # advisory lock: offers' revisions are drawn and committed one transaction at a time
_SYNCS = 72_002  # advisory lock class: one sync a source
_WRITERS = 72_003  # advisory lock class: one writer a document


class Region:
    """A connected Region database."""

    def __init__(self, url: str) -> None:
        """``url``: any PostgreSQL address; the psycopg driver is chosen for it."""
        try:
            address = make_url(url)
        except (ArgumentError, ValueError):
            address = None
        del url  # it may hold a password, and an error may be shown with its variables
        if address is None or not address.drivername.startswith("postgres"):
            raise Misconfigured("BOOSTEZ_DATABASE_URL is not a database address (postgresql://…)")
        address = address.set(drivername="postgresql+psycopg")
        self.engine: Engine = create_engine(address, pool_size=8, max_overflow=8, pool_pre_ping=True)
        self._counting = Lock()
        self.rows_written = 0  # of offers, reasons, effects and the board, by this process
        event.listen(self.engine, "connect", _configure)

    def wrote(self, rows: int) -> None:
        """So many rows of offers, reasons, effects or the board were written."""
        with self._counting:
            self.rows_written += rows

    def _connect(self) -> Connection:
        try:
            return self.engine.connect()
        except OperationalError as error:
            trouble = error.orig
        # Outside of ``except``: the driver's frames hold the password, and an error may be shown with its variables.
        shown = self.engine.url.difference_update_query(["password"]).render_as_string()
        raise Unreachable(
            f"The Region's database does not answer at {shown}: {trouble}. Start it, or mend BOOSTEZ_DATABASE_URL."
        )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction.

        Raises:
            Unreachable: no server answers.

        """
        with self._connect() as connection:
            try:
                with connection.begin():
                    yield connection
            except OperationalError as error:
                if not error.connection_invalidated:
                    raise
                raise Unreachable(
                    f"The Region's database went away: {error.orig}. Run this again."
                ) from error

    @contextmanager
    def sole_sync(self, source: str) -> Iterator[None]:
        """Hold the source for one sync; released even by the death of the process.

        Raises:
            Refused: another sync of this source is running.
            Unreachable: no server answers.

        """
        with self._holding("pg_try_advisory_lock", _SYNCS, source) as held:
            if not held:
                raise Refused(f"Another sync of {source} is running: wait for its end, then run this again.")
            yield

    @contextmanager
    def sole_writer(self, channel: str) -> Iterator[None]:
        """Hold a channel that is one document, waiting for whoever holds it; released even by the death of the process.

        Raises:
            Unreachable: no server answers.

        """
        with self._holding("pg_advisory_lock", _WRITERS, channel):
            yield

    @contextmanager
    def _holding(self, function: str, kind: int, name: str) -> Iterator[bool]:
        names = {"kind": kind, "name": name}
        with self._connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            held = connection.scalar(text(f"SELECT {function}(:kind, hashtext(:name))"), names) is not False
            try:
                yield held
            finally:
                if held:
                    connection.execute(text("SELECT pg_advisory_unlock(:kind, hashtext(:name))"), names)

    def ping(self) -> None:
        """Ask the database for one row.

        Raises:
            Unreachable: it does not answer.

        """
        with self.begin() as connection:
            connection.execute(text("SELECT 1"))

    def check_server(self) -> None:
        """Refuse a server that could lose what it confirmed.

        Raises:
            Misconfigured: too old, or fsync, synchronous_commit or full_page_writes is off.

        """
        with self.begin() as connection:
            version = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
            if version < OLDEST:
                raise Misconfigured(f"PostgreSQL {OLDEST} or newer is needed, this server is {version}.")
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                if connection.scalar(text(f"SHOW {name}")) == "off":
                    raise Misconfigured(
                        f"PostgreSQL runs with {name} = off: a confirmed effect could be lost in a power cut and "
                        f"be done twice. Set {name} = on and restart the server."
                    )

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def lock_revisions(connection: Connection) -> None:
    """Until this transaction ends, no other draws offer revisions: a plan never misses a late commit."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _REVISIONS})


@cache
def region() -> Region:
    """The database of the settings, one pool a process.

    Raises:
        Misconfigured: BOOSTEZ_DATABASE_URL is unset and no local stack lends its own.

    """
    url = settings().database_url
    if url is None:
        raise Misconfigured(
            "BOOSTEZ_DATABASE_URL is not set. Run `boostez up` for the embedded database, or set it."
        )
    return Region(url.get_secret_value())


def wait_for(region: Region, seconds: float = 30.0) -> None:
    """Wait until the database answers.

    Raises:
        Unreachable: it did not within ``seconds``.

    """
    end = time.monotonic() + seconds
    while True:
        try:
            region.ping()
        except Unreachable:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def _configure(connection: object, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("SET TIME ZONE 'UTC'")
    cursor.execute("SET application_name = 'boostez'")
    cursor.close()
    connection.commit()  # type: ignore[attr-defined]
