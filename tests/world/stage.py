"""The stage: what worlds are played on, one after the other, in one process.

Belongs here: the database, the sandbox, the settings, small batches; making all of it new; letting an hour pass. Does not:
what is played (scenario.py).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
import pytest
import stamina
from prefect import Task
from prefect.logging import disable_run_logger

from connectors import registry
from connectors.channel import Channel
from connectors.contractor import client as contractor
from connectors.graph import client as graph_client
from connectors.graph import edge as graph_edge
from connectors.region.database import Region
from connectors.region.tables import METADATA
from connectors.settings import Settings
from flows import offers, reminders, settle
from sandbox.app import create_app
from sandbox.server import running
from tasks import run, tell
from tests.world import seams
from tests.world.serving import JOBS, SEED, TRAININGS
from tests.worlds import Sandbox, settings_of

BATCH: Final = 5  # small, so that twelve offers take several calls and several pages
HOUR: Final = 3600
PATIENCE: Final = 30.0  # seconds
TABLES: Final = tuple(table.name for table in reversed(METADATA.sorted_tables))


class Stage:
    """A migrated database, a sandbox and a folder. ``direct`` is a test's own connection, which no fault strikes."""

    def __init__(self, database_url: str, sandbox: Sandbox, home: Path) -> None:
        self.database_url, self.sandbox, self.home = database_url, sandbox, home
        self.direct = Region(database_url)
        self.region = self.direct  # of the hub that lives now
        self.connection = psycopg.connect(
            database_url.replace("postgresql+psycopg", "postgresql"), autocommit=True
        )
        self.idle: list[seams.Raw] = []  # connections that hubs borrow
        self.impatient: list[
            seams.Raw
        ] = []  # and those of a hub that must not wait for one that stands still
        self.settings = settings_of(sandbox, home)

    def close(self) -> None:
        """Let go of the database."""
        self.direct.dispose()
        for connection in (self.connection, *self.idle, *self.impatient):
            connection.close()

    @property
    def impatient_url(self) -> str:
        """The database for a hub that gives up when it would have to wait."""
        return f"{self.database_url}%20-clock_timeout%3D5s"

    def written_now(self) -> frozenset[str]:
        """The channels that somebody holds as their only writer."""
        rows = self.connection.execute(
            "SELECT name FROM channel JOIN pg_locks ON classid = 72003 AND objid::bigint = hashtext(name)::bigint & 4294967295 "
            "WHERE locktype = 'advisory' AND granted"
        )
        return frozenset(name for (name,) in rows)

    def reset(self) -> None:
        """Nothing ever happened."""
        with self.connection.transaction():
            self.connection.execute("SET LOCAL session_replication_role = replica")  # no trigger, no order
            for table in TABLES:
                self.connection.execute(f"DELETE FROM {table}".encode())
        self.sandbox.tell("/reset")
        for folder in ("feeds", "spool"):
            shutil.rmtree(self.home / folder, ignore_errors=True)

    def an_hour_passes(self) -> None:
        """For every lease, hold and look-up, and outside."""
        with self.connection.transaction():
            self.connection.execute(
                "UPDATE effect SET lease_until = lease_until - interval '1 hour', "
                "not_before = not_before - interval '1 hour', looked_up_at = looked_up_at - interval '1 hour'"
            )
            self.connection.execute(
                "UPDATE channel SET not_before = not_before - interval '1 hour', "
                "next_call_at = next_call_at - interval '1 hour'"
            )
        self.sandbox.tell("/clock", advance_seconds=HOUR)

    def wait_for_the_dead(self) -> None:
        """Until the server has noticed that a killed process's connections are gone."""
        self.direct.dispose()
        others = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'boostez' AND datname = current_database()"
        end = time.monotonic() + PATIENCE
        while self.connection.execute(others).fetchone() != (0,):
            assert time.monotonic() < end, "a dead process's connection lives on"


@contextmanager
def set_up(database_url: str, home: Path, *, threads: bool = False, options: str = "") -> Iterator[Stage]:
    """A stage in this process, its sandbox included. ``database_url`` is a migrated database, of the stage alone.

    ``threads``: pools are real ones, where a test needs several hubs at once rather than the same points each time. ``options``
    are the server's for every hub's connections, as they stand in an address.
    """
    with (
        seams.installed(threads=threads),
        pytest.MonkeyPatch.context() as patch,
        running(create_app(None, jobs=JOBS, trainings=TRAININGS, seed=SEED)) as base,
        disable_run_logger(),
    ):
        make_small(patch, batch=BATCH, in_flight=1)
        patch.setattr(os, "fsync", lambda _: None)  # a process dies here, not the machine
        stamina.set_testing(True, attempts=6, cap=True)
        stamina.instrumentation.set_on_retry_hooks(())  # thousands of lines nobody reads
        stage = Stage(f"{database_url}&options=-csynchronous_commit%3Doff{options}", Sandbox(base), home)
        without_orchestrator(patch, stage)
        try:
            yield stage
        finally:
            stage.close()
            stage.sandbox.http.close()
            stamina.set_testing(False)
            stamina.instrumentation.set_on_retry_hooks(None)


def without_orchestrator(patch: pytest.MonkeyPatch, stage: Stage) -> None:
    """The flows as they are written, their tasks as plain functions, on what is on the stage."""
    for module in (offers, reminders, settle, tell):
        for name, task in vars(module).copy().items():
            if isinstance(task, Task):
                patch.setattr(module, name, task.fn)
    patch.setattr(offers, "report", lambda run: run.close())
    for module in (run, reminders, settle):
        patch.setattr(module, "settings", lambda: stage.settings)
        patch.setattr(module, "safe_region", lambda: stage.region)


def make_small(patch: pytest.MonkeyPatch, *, batch: int, in_flight: int) -> None:
    """Every channel with small batches and so many calls at once, every outside with small pages."""
    for name, build in list(registry.CHANNELS.items()):
        patch.setitem(registry.CHANNELS, name, _small(build, batch, in_flight))
    seams.one_ssl_context(patch)
    for module, constant in ((contractor, "PAGE"), (graph_edge, "PAGE"), (graph_client, "BATCH")):
        patch.setattr(module, constant, batch)


def _small(
    build: Callable[[Settings, Region], Channel], batch: int, in_flight: int
) -> Callable[[Settings, Region], Channel]:
    def built(settings: Settings, region: Region) -> Channel:
        channel: Any = build(settings, region)
        able = channel.capabilities
        channel.capabilities = msgspec.structs.replace(
            able, batch=min(able.batch, batch), in_flight=in_flight
        )
        return channel  # type: ignore[no-any-return]

    return built
