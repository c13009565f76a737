"""The small programs that containers run."""

from __future__ import annotations

import http.server
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from connectors.settings import Settings
from deployments import postgres
from deployments.container import answers, idle, make_secrets
from tests.conftest import TestServer
from tests.deployments.production.files import CONTAINER, program, run
from tests.ports import free_port


@pytest.fixture
def web() -> Iterator[str]:
    """Says 204 to /odd and 200 to everything else."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204 if self.path == "/odd" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_part_is_well_when_it_answers_200(web: str) -> None:
    file = str(CONTAINER / "answers.py")
    assert answers.answers(web)
    assert not answers.answers(f"{web}/odd")
    assert subprocess.run([sys.executable, file, web], check=False).returncode == 0
    assert (
        subprocess.run([sys.executable, file, f"http://127.0.0.1:{free_port()}"], check=False).returncode == 1
    )


def test_runs_are_told_from_other_processes(tmp_path: Path) -> None:
    for pid, line in (
        ("1", b"tini\0"),
        ("7", b"python\0-m\0prefect\0worker\0"),
        ("12", b"python\0-m\0prefect.engine\0"),
    ):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_bytes(line)
    (tmp_path / "13").mkdir()  # it ended
    assert list(idle.runs(tmp_path)) == [12]


def test_a_worker_s_end_waits_for_its_runs_but_not_for_ever() -> None:
    run_under_way = subprocess.Popen(
        [sys.executable, "-c", "input()", "prefect.engine"], stdin=subprocess.PIPE
    )
    waiting = subprocess.Popen([sys.executable, str(CONTAINER / "idle.py"), "60"])
    assert run_under_way.pid in idle.runs()
    assert idle.main(0) == 1
    assert waiting.poll() is None
    run_under_way.communicate(b"\n")
    assert waiting.wait(60) == 0


def test_secrets_are_drawn_agree_and_are_their_owner_s_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "secrets"
    assert make_secrets.main(folder) == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    held = {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    assert held["region_password"] in held["boostez_database_url"]
    assert held["prefect_database_password"] in held["boostez_prefect_database_url"]
    assert held["redis.conf"].split()[1] in held["boostez_redis_url"]
    drawn = [held[name] for name in ("postgres_password", "region_password", "boostez_portal_secret")]
    assert len(set(drawn)) == 3
    assert min(map(len, drawn)) >= 32
    assert all(f"To be filled: {folder / name}" in capsys.readouterr().out for name in make_secrets.GIVEN[:1])
    read = Settings(_secrets_dir=folder)
    assert read.prefect_password
    assert read.prefect_password.get_secret_value() == held["boostez_prefect_password"]

    (folder / "boostez_facebook_token").chmod(0o644)
    (folder / "boostez_facebook_token").write_text("given", "utf-8")
    held["boostez_facebook_token"] = "given"
    assert make_secrets.main(folder) == 0
    assert {file.name: file.read_text("utf-8") for file in folder.iterdir()} == held

    (folder / "redis.conf").unlink()
    assert make_secrets.main(folder) == 1


@pytest.mark.parametrize("words", [("validate", "--adapter", "caddyfile", "--config"), ("fmt", "--diff")])
def test_the_proxy_takes_its_file(words: tuple[str, ...]) -> None:
    names = {"PORTAL_HOST": "a.example", "PREFECT_HOST": "b.example", "ACME_EMAIL": "c@a.example"}
    run(program("caddy"), *words, str(CONTAINER / "Caddyfile"), **names, STAFF_NETWORKS="10.0.0.0/8 fd00::/8")


@pytest.mark.database
def test_each_role_has_its_own_database_and_enters_no_other(
    postgres_server: TestServer, tmp_path: Path
) -> None:
    """As the image of PostgreSQL runs it, on an empty server."""
    if not isinstance(postgres_server, postgres.Server):
        pytest.skip("roles are not made on a server of somebody else's")
    server = postgres.start(tmp_path / "data")
    try:
        for name in ("region_password", "prefect_database_password"):
            (tmp_path / name).write_text("it's \\ a password", "utf-8")
        path = f"{postgres.binaries()}:{os.environ['PATH']}"
        place = {"PGHOST": str(server.socket), "SECRETS": str(tmp_path), "POSTGRES_USER": "postgres"}
        run("sh", str(CONTAINER / "databases.sh"), PATH=path, **place)

        def enter(role: str, database: str) -> psycopg.Connection[tuple[object, ...]]:
            return psycopg.connect(host=str(server.socket), user=role, dbname=database, autocommit=True)

        with enter("boostez", "boostez") as connection:
            connection.execute("CREATE EXTENSION unaccent")
            connection.execute("CREATE DATABASE beside")  # as a restore does
        with enter("prefect", "prefect") as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE DATABASE beside")
        for role, other in (("boostez", "prefect"), ("prefect", "boostez")):
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                enter(role, other)
        with enter("postgres", "postgres") as connection:
            stored = connection.execute(
                "SELECT rolpassword FROM pg_authid WHERE rolname = 'boostez'"
            ).fetchone()
        assert stored
        assert str(stored[0]).startswith("SCRAM-SHA-256$")
    finally:
        server.stop()
        postgres.remove(server.data)
