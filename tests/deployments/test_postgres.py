from __future__ import annotations

import os
from pathlib import Path

import psutil
import psycopg
import pytest

from deployments import postgres
from schemas.errors import Misconfigured, Unreachable

pytestmark = pytest.mark.database


def ask(server: postgres.Server, question: str) -> object:
    with psycopg.connect(server.url("postgres", driver="x").replace("+x", "")) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return row[0]


def kill(data: Path) -> None:
    process = postgres.postmaster(data)
    assert process is not None
    process.kill()
    process.wait()


def test_a_server_is_durable_private_and_speaks_french(home: Path) -> None:
    server = postgres.start(home / "postgres")
    try:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert ask(server, f"SHOW {setting}") == "on"
        assert ask(server, "SHOW listen_addresses") == ""
        assert server.socket.stat().st_mode & 0o777 == 0o700
        assert ask(server, "SELECT lower('ÉŒ')") == "éœ"
        words = ask(server, "SELECT to_tsvector('simple', 'L\u2019emploi « à Évian »')::text")
        assert words == "'emploi':2 'l':1 'à':3 'évian':4"
    finally:
        server.stop()


def test_the_last_user_stops_the_server(home: Path) -> None:
    first, second = postgres.start(home / "postgres"), postgres.start(home / "postgres")
    first.stop()
    assert ask(second, "SELECT 1") == 1
    second.stop()
    assert postgres.postmaster(home / "postgres") is None


def test_a_killed_server_comes_back_with_what_was_committed(home: Path) -> None:
    server = postgres.start(home / "postgres")
    server.create_database("kept")
    kill(home / "postgres")
    again = postgres.start(home / "postgres")
    try:
        assert ask(again, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == 1
    finally:
        again.stop()
        server.lock.close()


def test_a_server_whose_users_were_killed_is_taken_over(home: Path) -> None:
    killed = postgres.start(home / "postgres")
    process = postgres.postmaster(home / "postgres")
    killed.lock.close()  # what the kernel does at a SIGKILL
    server = postgres.start(home / "postgres")
    assert postgres.postmaster(home / "postgres") == process
    server.stop()
    assert postgres.postmaster(home / "postgres") is None


def test_databases_are_copied_once_and_dropped(home: Path) -> None:
    server = postgres.start(home / "postgres")
    try:
        server.create_database("one")
        server.create_database("one")
        server.create_database("copy of one", "one")
        assert ask(server, "SELECT count(*) FROM pg_database WHERE datname LIKE '%one'") == 2
        server.drop_database("one")
        server.drop_database("one")
        assert ask(server, "SELECT count(*) FROM pg_database WHERE datname LIKE '%one'") == 1
    finally:
        server.stop()


def test_a_removed_server_leaves_neither_process_nor_data(home: Path) -> None:
    server = postgres.start(home / "postgres")
    process = postgres.postmaster(home / "postgres")
    assert process is not None
    postgres.remove(home / "postgres")
    postgres.remove(home / "postgres")
    server.stop()
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert not (home / "postgres").exists()
    assert not server.socket.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="root's own trouble")
def test_root_keeps_data_elsewhere_rather_than_open_a_private_folder(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    data = private / "postgres"
    postgres.start(data).stop()
    first = data.readlink()
    assert first.is_relative_to(postgres.ROOTS_PLACE)
    assert private.stat().st_mode & 0o777 == 0o700
    postgres.remove(data)
    assert not first.parent.exists()
    postgres.start(data).stop()
    assert data.readlink() != first
    postgres.remove(data)


def test_data_of_another_version_is_refused_with_the_way_out(home: Path) -> None:
    data = home / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(Misconfigured, match="made by PostgreSQL 15, this is 18"):
        postgres.start(data)


def test_a_server_that_does_not_start_shows_its_log(home: Path) -> None:
    postgres.start(home / "postgres").stop()
    with (home / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(Unreachable, match="no_such_setting"):
        postgres.start(home / "postgres")
