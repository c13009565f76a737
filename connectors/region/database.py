"""The door to the Region's PostgreSQL.

Belongs here: connecting, the safety check of the server's settings, the locks. Does not: any table's statements.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock

from psycopg import errors
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from connectors.region import backends
from connectors.settings import settings
from schemas.errors import Misconfigured, Refused, Unreachable

OLDEST = 15  # PostgreSQL
_REVISIONS = 72_001  # advisory lock: offers' revisions are drawn and committed one transaction at a time
_SYNCS = 72_002  # advisory lock class: one sync a source
_WRITERS = 72_003  # advisory lock class: one writer a document
_RUNS = 72_015  # advisory lock class: one decides whether a run that died is run again
WORK = 72_004  # advisory lock class: shared by whoever delivers or settles, held alone by a restore
GOING = 5.0  # seconds: for a moment a server process and its locks outlive its client
_PAUSE, _LONG_PAUSE = 0.05, 1.0  # seconds between two tries, when one waits for a moment and for long
# Settings with which PostgreSQL loses what it confirmed, or reads over what it lost. Which standby has a commit too
# (synchronous_commit = local, remote_write) is the Region's choice: after a failover that lost commits the ledger is
# older than the world, as after a restore, and docs/runbook/restore.md tells what to press.
_UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "zero_damaged_pages": "on",
    "ignore_checksum_failure": "on",
}


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
        self.engine: Engine = create_engine(
            address, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True
        )
        self._counting = Lock()
        self.rows_written = 0  # of offers, reasons, effects and the board, by this process
        event.listen(self.engine, "connect", _configure)
        event.listen(self.engine, "handle_error", _without_values)

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
    def sole_sync(self, source: str, patience: float = 0) -> Iterator[None]:
        """Hold the source for one sync; released even by the death of the process. Waits ``patience`` seconds for another to end.

        Raises:
            Refused: another sync of this source is running still, or the database is being restored.
            Unreachable: no server answers.

        """
        with self._holding("pg_try_advisory_lock", _SYNCS, source, patience=patience) as held:
            if not held:
                raise Refused(f"Another sync of {source} is running: wait for its end, then run this again.")
            with self.at_work():
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
    def sole_keeper(self) -> Iterator[None]:
        """Hold the firms for an import or a merge, waiting for whoever holds them; released even by the death of the process.

        Raises:
            Unreachable: no server answers.

        """
        with self._holding("pg_advisory_lock", _WRITERS, "firm"):
            yield

    @contextmanager
    def sole_recovery(self, run: str) -> Iterator[None]:
        """Hold a run that died; released even by the death of the process. Waits a moment for whoever holds it.

        Raises:
            Refused: somebody else holds it.
            Unreachable: no server answers.

        """
        with self._holding("pg_try_advisory_lock", _RUNS, run, patience=GOING) as held:
            if not held:
                raise Refused(f"Somebody else decides whether run {run} is run again.")
            yield

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Be known as one who delivers or settles: no restore begins meanwhile. Shared by any number.

        Raises:
            Refused: the database is being restored.
            Unreachable: no server answers.

        """
        with self._holding("pg_try_advisory_lock", WORK, "", shared=True) as held:
            if not held:
                raise Refused("The database is being restored: wait for its end, then run this again.")
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See that nobody delivers or settles, and that nobody begins to. Waits a moment for those who have just ended or died.

        Raises:
            Refused: somebody is at work; the message says who.
            Unreachable: no server answers.

        """
        with self._holding("pg_try_advisory_lock", WORK, "", patience=GOING) as held:
            if not held:
                raise Refused(
                    f"A sync, a settling or a restore is at work: {'; '.join(self._at_work())}. "
                    "Wait for its end, or stop it, then run this again."
                )
            yield

    def _at_work(self) -> list[str]:
        with self.begin() as connection:
            name = str(connection.scalar(text("SELECT current_database()")))
            return backends.holding(connection, WORK, name) or ["it has just ended"]

    @contextmanager
    def _holding(
        self, function: str, kind: int, name: str, *, shared: bool = False, patience: float = 0
    ) -> Iterator[bool]:
        names: dict[str, int | str] = {"kind": kind, "name": name}
        mode = "_shared" if shared else ""
        with self._connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            locking = text(f"SELECT {function}{mode}(:kind, hashtext(:name))")
            end = time.monotonic() + patience
            # Tried again rather than waited for: whoever waits in the server's queue keeps out those who come after.
            while (locked := connection.scalar(locking, names)) is False and time.monotonic() < end:
                time.sleep(_PAUSE if patience <= GOING else _LONG_PAUSE)
            held = locked is not False
            try:
                yield held
            finally:
                if held:
                    _unlock(connection, mode, names)

    def ping(self) -> None:
        """Ask the database for one row.

        Raises:
            Unreachable: it does not answer.

        """
        with self.begin() as connection:
            connection.execute(text("SELECT 1"))

    def check_server(self) -> None:
        """Refuse a server that cannot be written, or could lose what it confirmed.

        Raises:
            Misconfigured: too old, a standby or read-only, not in UTF-8, or with a setting of ``_UNSAFE``; wherever
                that is set (file, database, role), since what counts is what our own session has.

        """
        with self.begin() as connection:
            version = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
            if version < OLDEST:
                raise Misconfigured(f"PostgreSQL {OLDEST} or newer is needed, this server is {version}.")
            _check_writable(connection)
            encoding = connection.scalar(text("SHOW server_encoding"))
            if encoding != "UTF8":
                raise Misconfigured(
                    f"The database is encoded in {encoding}, which cannot hold every offer: create another with "
                    "TEMPLATE template0 ENCODING 'UTF8', and name it in BOOSTEZ_DATABASE_URL."
                )
            for name, unsafe in _UNSAFE.items():
                if connection.scalar(text(f"SHOW {name}")) == unsafe:
                    raise Misconfigured(
                        f"PostgreSQL runs with {name} = {unsafe}: a confirmed effect could be lost in a power cut and "
                        f"be done twice. {_way_out(connection, name, 'on' if unsafe == 'off' else 'off')}"
                    )

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _check_writable(connection: Connection) -> None:
    if connection.scalar(text("SELECT pg_is_in_recovery()")):
        raise Misconfigured(
            "This PostgreSQL is a standby and takes no writes: name its primary in BOOSTEZ_DATABASE_URL, or every "
            "server with target_session_attrs=read-write."
        )
    if connection.scalar(text("SHOW transaction_read_only")) == "on":
        raise Misconfigured(
            "This database is read-only (default_transaction_read_only = on). "
            + _way_out(connection, "default_transaction_read_only", "off")
        )


def _way_out(connection: Connection, name: str, value: str) -> str:
    """What to do for a setting to have its safe value, told from where it was set."""
    row = connection.execute(
        text(
            "SELECT source, quote_ident(current_database()) AS database, quote_ident(current_user) AS role "
            "FROM pg_settings WHERE name = :name"
        ),
        {"name": name},
    ).one()
    places = {
        "database": f"ALTER DATABASE {row.database} RESET {name}",
        "user": f"ALTER ROLE {row.role} RESET {name}",
        "database user": f"ALTER ROLE {row.role} IN DATABASE {row.database} RESET {name}",
        "client": "take it out of BOOSTEZ_DATABASE_URL and PGOPTIONS",
    }
    return (
        f"Set {name} = {value}: {places.get(row.source, 'change its configuration and restart the server')}."
    )


def _unlock(connection: Connection, mode: str, names: Mapping[str, int | str]) -> None:
    try:
        connection.execute(text(f"SELECT pg_advisory_unlock{mode}(:kind, hashtext(:name))"), names)
    except OperationalError as error:
        if not error.connection_invalidated:  # the lock went with its connection
            raise


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


@cache
def safe_region() -> Region:
    """The database of the settings, seen once by this process to keep what it confirms: for whoever writes.

    The portal asks for ``region``: it only reads, so a standby serves it too.

    Raises:
        Misconfigured: as ``region``, and as ``Region.check_server``.

    """
    database = region()
    database.check_server()
    return database


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
    cursor.execute(f"SET application_name = '{backends.OURS}'")
    cursor.close()
    connection.commit()  # type: ignore[attr-defined]


def _without_values(context: ExceptionContext) -> None:
    """Errors are logged and shown: they say what is wrong with a row, and PostgreSQL would repeat the row."""
    error, told = context.original_exception, context.sqlalchemy_exception
    if isinstance(error, errors.IntegrityError | errors.DataError) and told:
        error.args = ((error.diag.message_primary or "refused before it was sent").partition(": ")[0],)
        told.args = (f"({type(error).__name__}) {error}",)
