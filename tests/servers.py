"""The PostgreSQL of the tests: the embedded one, or one that somebody else runs.

Belongs here: starting it, reaching it, its first database. Does not: which databases tests have (databases.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import create_engine, make_url, text

from connectors.region import migrations
from connectors.region.database import Region
from deployments import postgres
from tests import memory
from tests.conftest import TestServer


class Foreign:
    """A server that somebody else runs. ``url`` names one of its databases, as a superuser."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")

    def url(self, database: str) -> str:
        return self._url.set(database=database).render_as_string(hide_password=False)

    def create_database(self, name: str, template: str = "template1") -> None:
        self.drop_database(name)
        with self._engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))

    def drop_database(self, name: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@contextmanager
def serving(foreign: str | None) -> Iterator[TestServer]:
    """The server at that address, or one that is started, in memory where there is enough, and stopped."""
    if foreign:
        yield Foreign(foreign)
        return
    with memory.folder() as folder:
        server = postgres.start(folder / "data")
        with psycopg.connect(server.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET max_wal_size = '256MB'")  # memory is scarcer than a disk
            connection.execute("SELECT pg_reload_conf()")
        yield server
        server.stop()
        postgres.remove(server.data)


def migrated(server: TestServer, name: str) -> str:
    """The name, when there is an empty database of it, of the newest version."""
    server.create_database(name)
    region = Region(server.url(name))
    migrations.upgrade(region)
    region.dispose()
    return name
