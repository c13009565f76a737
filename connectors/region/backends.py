"""Who is connected to a database of the Region's server.

Belongs here: reading PostgreSQL's own lists of sessions and locks, for refusals that name somebody. Does not: ending a
session (upkeep/beside.py) or the locks themselves (database.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, text

OURS = "boostez"  # the application name of every connection of ours
_SHOWN = 5  # sessions in a message
# Other roles' sessions show neither type nor start to who is no member of pg_read_all_stats: they count as clients.
_CLIENTS = "coalesce(a.backend_type, 'client backend') = 'client backend' AND a.pid <> pg_backend_pid()"
ENDABLE = "(pg_has_role(a.usesysid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE'))"
_COLUMNS = "a.pid, a.usename, a.application_name, a.client_addr::text AS address, a.backend_start"


def holding(connection: Connection, lock: int, database: str, name: str = "") -> list[str]:
    """Who holds the advisory lock of this class and name in a database, as words."""
    return _told(
        connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM pg_stat_activity a JOIN pg_locks l USING (pid) JOIN pg_database d "
                "ON d.oid = l.database WHERE l.locktype = 'advisory' AND l.classid = :lock AND l.objsubid = 2 "
                "AND l.objid::bigint = hashtext(:name)::bigint & 4294967295 AND l.granted AND d.datname = :database "
                f"AND {_CLIENTS} ORDER BY a.backend_start"
            ),
            {"lock": lock, "database": database, "name": name},
        )
    )


def strangers(connection: Connection, database: str) -> list[str]:
    """Who is connected to a database and is no process of the hub, or is one that we may not end, as words."""
    return _told(
        connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM pg_stat_activity a WHERE a.datname = :database AND {_CLIENTS} "
                f"AND (a.application_name IS DISTINCT FROM :ours OR NOT {ENDABLE}) ORDER BY a.backend_start"
            ),
            {"database": database, "ours": OURS},
        )
    )


def in_transactions(connection: Connection) -> list[str]:
    """Who has a transaction open in the connection's database, as words."""
    return _told(
        connection.execute(
            text(
                f"SELECT {_COLUMNS} FROM pg_stat_activity a WHERE a.datname = current_database() AND {_CLIENTS} "
                "AND a.xact_start IS NOT NULL ORDER BY a.xact_start"
            )
        )
    )


def _told(rows: Iterable[Row[Any]]) -> list[str]:
    """Sessions as words; a process of several sessions is told once a session."""
    told = [
        f"{row.application_name or 'an unnamed program'} (server process {row.pid}, {row.usename} from "
        f"{row.address or 'this machine'}{f', since {row.backend_start:%Y-%m-%d %H:%M:%S}' if row.backend_start else ''})"
        for row in rows
    ]
    return [*told[:_SHOWN], *([f"{len(told) - _SHOWN} more"] if len(told) > _SHOWN else [])]
