"""Binary COPY into a table: the fast way in.

Belongs here: the one use of PostgreSQL's binary COPY. Does not: what is copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from sqlalchemy import Connection


def copy_rows(
    connection: Connection, table: str, columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]
) -> int:
    """Append ``rows`` to ``table``; ``columns`` maps each column to its PostgreSQL type. Returns how many.

    A jsonb value is given as the bytes of its JSON: a str would silently be stored as a JSON string.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    jsonb = [position for position, kind in enumerate(columns.values()) if kind == "jsonb"]
    count = 0
    names = ", ".join(columns)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)".encode()) as copy,
    ):
        copy.set_types(["bytea" if kind == "jsonb" else kind for kind in columns.values()])
        for row in rows:
            values = list(row)
            for position in jsonb:
                if values[position] is not None:
                    values[position] = b"\x01" + values[position]  # jsonb's binary version byte
            copy.write_row(values)
            count += 1
    return count
