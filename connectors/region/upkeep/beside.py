"""Databases beside the Region's, on the same server: made like it, put in its place, dropped.

Belongs here: the server's statements on whole databases. Does not: what is in them, or when (deployments/restore.py).

PostgreSQL renames no database that somebody is connected to, so the statements run from the database ``postgres``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from connectors.region import backends
from connectors.region.access import act_owner
from connectors.region.database import GOING, WORK, Region
from schemas.errors import Misconfigured, Refused, Unreachable

_TRIES = 3  # of the swap; PostgreSQL itself waits 5 s in each for the last session to leave
_LONGEST = 63  # bytes of a database's name
_RESTORING = "_restoring"
_RESTORES = 72_005  # advisory lock class, in the database postgres: one restore of a database at a time
_KEPT = "_before_restore_"


def name_of(region: Region) -> str:
    """The Region's database's name."""
    with region.begin() as connection:
        return str(connection.scalar(text("SELECT current_database()")))


def owner_of(region: Region) -> str:
    """The role that owns the Region's database."""
    with region.begin() as connection:
        return str(
            connection.scalar(
                text("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()")
            )
        )


def draft_name(region: Region) -> str:
    """The name of the database that a restore fills."""
    return name_of(region) + _RESTORING


def kept_name(region: Region, now: dt.datetime) -> str:
    """The name under which the Region's database is kept when another takes its place.

    Raises:
        Misconfigured: its name is too long for that.

    """
    name = name_of(region)
    kept = f"{name}{_KEPT}{now.astimezone(dt.UTC):%Y%m%d_%H%M%S}_{now.microsecond // 1000:03}"
    if len(kept.encode()) > _LONGEST:
        raise Misconfigured(
            f"The database's name is too long to be kept as {kept}: a name has at most {_LONGEST} bytes. "
            "Give it a shorter one (ALTER DATABASE … RENAME TO …) and name that in BOOSTEZ_DATABASE_URL."
        )
    return kept


def at(region: Region, name: str) -> Region:
    """The database of that name, on the same server and with the same rights."""
    return Region(region.engine.url.set(database=name).render_as_string(hide_password=False))


def kept(region: Region) -> list[str]:
    """The databases that were kept when another took their place, newest first."""
    pattern = re.compile(re.escape(name_of(region) + _KEPT) + r"\d{8}_\d{6}_\d{3}")
    with region.begin() as connection:
        names = connection.scalars(text("SELECT datname FROM pg_database ORDER BY datname DESC")).all()
    return [name for name in names if pattern.fullmatch(name)]


def check_able(region: Region) -> None:
    """See that the role may make and rename databases.

    Raises:
        Misconfigured: it may not; the message says what an administrator has to run.

    """
    with region.begin() as connection:
        row = connection.execute(
            text(
                "SELECT quote_ident(rolname) AS role, quote_ident(datname) AS database, "
                "rolsuper OR rolcreatedb AS creates, rolsuper OR pg_has_role(rolname, datdba, 'USAGE') AS owns, "
                "(SELECT min(quote_ident(tableowner)) FROM pg_tables WHERE schemaname = 'public' "
                f"AND tableowner NOT IN (pg_get_userbyid(datdba), '{act_owner.OWNER}')) AS another "
                "FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
            )
        ).one()
    wanting = [
        *([] if row.creates else [f"ALTER ROLE {row.role} CREATEDB"]),
        *([] if row.owns else [f"ALTER DATABASE {row.database} OWNER TO {row.role}"]),
        *([f"ALTER DATABASE {row.database} OWNER TO {row.another}"] if row.owns and row.another else []),
    ]
    if wanting:
        raise Misconfigured(
            f"The role {row.role} may not put another database in the place of {row.database}, whose owner must own "
            f"its tables too. An administrator has to run: {'; '.join(wanting)}."
        )


@contextmanager
def sole_restore(region: Region) -> Iterator[None]:
    """Be the only one who puts another database in the place of the Region's; the draft of one is ours then.

    Waits a moment for the server to notice that the one before has ended or died.

    Raises:
        Refused: another restore is running; the message says who.
        Unreachable: the database ``postgres`` does not let us in.

    """
    name = name_of(region)
    with _server(region) as server:
        server.execute(text(f"SET lock_timeout = '{GOING}s'"))
        try:
            server.execute(
                text("SELECT pg_advisory_lock(:kind, hashtext(:name))"), {"kind": _RESTORES, "name": name}
            )
        except OperationalError as error:
            if not isinstance(error.orig, errors.LockNotAvailable):
                raise
            who = "; ".join(backends.holding(server, _RESTORES, "postgres", name))
            raise Refused(
                f"Another restore is running: {who or 'it has just ended'}. Wait for its end, or stop it, then run this again."
            ) from error
        yield  # the lock ends with the connection


def create_like(region: Region, name: str) -> list[str]:
    """Create an empty database with the owner, locale, grants and settings of the Region's.

    Returns what could not be carried over, as words.
    """
    source = name_of(region)
    with _server(region) as server:
        _run(server, _CREATE, name=name, source=source)
        _run(server, _GRANT, name=name, source=source)
        settings = server.execute(text(_SETTINGS), {"name": name, "source": source}).all()
        return [note for row in settings for note in _set(server, row.name, row.value, row.altering)]


# to_jsonb, because the columns of pg_database differ from version to version.
_CREATE = """
    SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L LOCALE_PROVIDER %s',
        cast(:name AS text), pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype,
        CASE datlocprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END)
        || CASE datlocprovider WHEN 'i' THEN format(' ICU_LOCALE %L', coalesce(d ->> 'datlocale', d ->> 'daticulocale'))
            WHEN 'b' THEN format(' BUILTIN_LOCALE %L', d ->> 'datlocale') ELSE '' END
        || coalesce(' ICU_RULES ' || quote_literal(d ->> 'daticurules'), '')
        || CASE spcname WHEN 'pg_default' THEN '' ELSE format(' TABLESPACE %I', spcname) END
        || format(' CONNECTION LIMIT %s', datconnlimit)
    FROM pg_database JOIN pg_tablespace t ON t.oid = dattablespace, LATERAL to_jsonb(pg_database) d
    WHERE datname = :source
"""
_GRANT = """
    SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', cast(:name AS text))
    FROM pg_database WHERE datname = :source AND datacl IS NOT NULL
    UNION ALL
    SELECT format('GRANT %s ON DATABASE %I TO %s%s', privilege_type, cast(:name AS text),
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM pg_database, LATERAL aclexplode(datacl) WHERE datname = :source AND grantee <> datdba
"""
_SETTINGS = """
    SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value,
        CASE setrole WHEN 0 THEN 'ALTER ' ELSE format('ALTER ROLE %I IN ', pg_get_userbyid(setrole)) END
        || format('DATABASE %I SET %I', cast(:name AS text), split_part(setting, '=', 1)) AS altering
    FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase, LATERAL unnest(setconfig) setting
    WHERE datname = :source
"""


def _run(server: Connection, composing: str, **names: str) -> None:
    for statement in server.scalars(text(composing), names).all():
        server.exec_driver_sql(statement.replace("%", "%%"))


def _set(server: Connection, name: str, value: str, altering: str) -> list[str]:
    """Carry a setting over; FROM CURRENT, because only PostgreSQL knows which values are lists."""
    try:
        with server.engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
            connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})
            connection.exec_driver_sql(f"{altering} FROM CURRENT".replace("%", "%%"))
    except ProgrammingError as error:
        if not isinstance(error.orig, errors.InsufficientPrivilege):
            raise
        place, _, _ = altering.partition(" DATABASE ")
        return [f"a setting that only an administrator may give: {place} DATABASE … SET {name} = {value}"]
    return []


def drop(region: Region, name: str) -> None:
    """Drop a database, and end whoever is connected to it; none is no error."""
    with _server(region) as server:
        _run(
            server, "SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', cast(:name AS text))", name=name
        )


def check_unused(region: Region) -> None:
    """See that only the hub's own processes are connected, and none of another program.

    Raises:
        Refused: another is; the message says who.

    """
    with region.begin() as connection:
        found = backends.strangers(connection, name_of(region))
    if found:
        raise Refused(f"Others use the database: {'; '.join(found)}. End them, then run this again.")


def swap(region: Region, other: str, kept_as: str) -> None:
    """Put the database ``other`` in the place of the Region's, which is kept under another name: both or neither.

    The hub's idle sessions (a portal's, say) are ended, and find the other database when they come again.

    Raises:
        Refused: somebody is at work, or somebody else's session does not leave; nothing was changed.

    """
    name = name_of(region)
    region.dispose()
    with _server(region) as server:
        for _ in range(_TRIES):
            _end_idle(server, name, other)
            if found := backends.holding(server, WORK, name):
                raise Refused(
                    f"A sync began in the last moment: {'; '.join(found)}. Run this again when it has ended."
                )
            try:
                return _rename(server.engine, (name, kept_as), (other, name))
            except OperationalError as error:
                if not isinstance(error.orig, errors.ObjectInUse):
                    raise
        found = backends.strangers(server, name)
    raise Refused(f"Others use the database: {'; '.join(found)}. End them, then run this again.")


def _end_idle(server: Connection, name: str, other: str) -> None:
    server.execute(
        text(
            "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE a.datname IN (:name, :other) "
            f"AND a.application_name = :ours AND {backends.ENDABLE} AND NOT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
            "WHERE l.locktype = 'advisory' AND l.classid = :work AND l.objsubid = 2 AND d.datname = :name)"
        ),
        {"name": name, "other": other, "ours": backends.OURS, "work": WORK},
    )


def _rename(engine: Engine, *pairs: tuple[str, str]) -> None:
    with engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
        for old, new in pairs:
            _run(
                connection,
                "SELECT format('ALTER DATABASE %I RENAME TO %I', cast(:old AS text), cast(:new AS text))",
                old=old,
                new=new,
            )


@contextmanager
def _server(region: Region) -> Iterator[Connection]:
    """A connection to the server's own database, each statement its own transaction."""
    engine = create_engine(
        region.engine.url.set(database="postgres"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"application_name": "boostez restore"},
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise Unreachable(
            f"Databases are made and renamed from the database postgres of the same server, which does not answer: "
            f"{error.orig}. An administrator may have to run: GRANT CONNECT ON DATABASE postgres TO the hub's role."
        ) from error
    with connection:
        yield connection
