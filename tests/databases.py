"""Databases for tests: each has one that is migrated and empty, and most have had it before.

Making a database copies 12 MB; emptying one that a test has used deletes a few rows. So a database is used again while it is what a
new one would be: the same tables, functions and settings, and little in it. What a test did to its server stays its own affair.
"""

from __future__ import annotations

from typing import Final

import psycopg

from tests.conftest import TestServer

FEW: Final = 2_000  # rows: emptying more of them would leave a table that is slower than a new one
USES: Final = 40  # of one database
_VERSION: Final = "alembic_version"

# What a new database has and a test may change: relations with their columns and indexes, functions, settings, the version.
_SHAPE: Final = f"""
    SELECT md5(string_agg(told, E'\\n' ORDER BY told)) FROM (
        SELECT 'r ' || c.relname || ' ' || c.relkind::text || ' ' || c.relnatts || ' ' || c.relpersistence::text || ' ' || c.relchecks
            || ' ' || c.relhastriggers || coalesce(pg_get_indexdef(i.indexrelid), '') AS told
        FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'p ' || proname || md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind <> 'a'
        UNION ALL SELECT 't ' || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'n ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
        UNION ALL SELECT 's ' || s.setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
            WHERE d.datname = current_database()
        UNION ALL SELECT 'v ' || version_num FROM {_VERSION}) told
"""
_EMPTY: Final = f"""
    DO $$ DECLARE t regclass; n bigint; total bigint := 0; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> '{_VERSION}' LOOP
            EXECUTE 'DELETE FROM ' || t; GET DIAGNOSTICS n = ROW_COUNT; total := total + n;
            IF total > {FEW} THEN RAISE EXCEPTION 'more than a few rows'; END IF;
        END LOOP;
        PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
    END $$
"""


class Databases:
    """The databases of one server that tests have one after the other."""

    def __init__(self, server: TestServer, template: str) -> None:
        self._server, self._template = server, template
        self._shape: str | None = None
        self._spare: list[tuple[str, int]] = []

    def take(self, name: str) -> tuple[str, int]:
        """A database that is empty, and how often it was used; ``name`` is for a new one."""
        if self._spare:
            return self._spare.pop()
        self._server.create_database(name, self._template)
        if self._shape is None:
            with self._connected(name) as connection:
                self._shape = self._told(connection)
        return name, 0

    def give_back(self, name: str, uses: int) -> None:
        """Keep it for the next test, or drop it when it is not what a new one would be."""
        if uses + 1 < USES and self._emptied(name):
            self._spare.append((name, uses + 1))
        else:
            self._server.drop_database(name)

    def _emptied(self, name: str) -> bool:
        try:
            with self._connected(name) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
                if self._told(connection) != self._shape:
                    return False
                connection.execute(_EMPTY)
        except psycopg.Error:  # it is gone, was renamed, takes no connections, or has too much in it
            return False
        return True

    def _connected(self, name: str) -> psycopg.Connection[tuple[str]]:
        url = self._server.url(name).replace("postgresql+psycopg", "postgresql")
        connection: psycopg.Connection[tuple[str]] = psycopg.connect(url, autocommit=True)
        return connection

    @staticmethod
    def _told(connection: psycopg.Connection[tuple[str]]) -> str:
        row = connection.execute(_SHAPE.encode()).fetchone()
        assert row is not None
        return row[0]
