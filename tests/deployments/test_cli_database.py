"""`boostez db`, `backup` and `restore` as a person or a timer calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from connectors.region import migrations
from connectors.region.database import Region
from connectors.region.ledger import channel_state
from connectors.region.upkeep import beside
from connectors.region.upkeep.census import census
from connectors.registry import EVERY
from tests.commands import Command

pytestmark = pytest.mark.database


def test_from_a_backup_to_a_restore_and_back(full: Region, tmp_path: Path) -> None:
    file, offers = tmp_path / "b.dump", census(full).rows["offer"]
    code, told, _ = Command(full, tmp_path, "backup", str(file), "--json").end()
    made = json.loads(told)
    assert (code, made["file"], made["manifest"]["rows"]["offer"]) == (0, str(file), offers)
    assert Command(full, tmp_path, "backup", "--check", str(file), "--json").end()[:2] == (0, told)

    code, told, trouble = Command(full, tmp_path, "restore", str(file)).end()
    assert (code, told) == (3, "")
    assert f"offer: {offers:,} rows now, {offers:,} in the backup" in trouble

    code, told, _ = Command(full, tmp_path, "restore", str(file), "--yes").end()
    assert code == 0
    kept = beside.kept(full)
    assert f"kept as {kept[0]}" in told
    assert told.index("audit --heal") < told.index("channel resume") < told.index("sync offers")

    code, told, _ = Command(full, tmp_path, "restore", "--undo", "--json").end()
    undone = json.loads(told)
    assert (code, undone["database"], undone["version"]) == (0, beside.name_of(full), migrations.newest(full))
    assert undone["paused"] == sorted(EVERY)
    assert Command(full, tmp_path, "restore", "--forget", "--json").end()[:2] == (
        0,
        json.dumps([undone["kept"]], indent=2) + "\n",
    )
    assert beside.kept(full) == []


def test_a_timer_keeps_as_many_as_it_is_told(full: Region, tmp_path: Path) -> None:
    for _ in range(2):
        code, told, _ = Command(full, tmp_path, "backup", "--keep", "1", "--json").end()
        assert code == 0
    assert [str(file) for file in Path(json.loads(told)["file"]).parent.glob("*.dump")] == [
        json.loads(told)["file"]
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("restore",),
        ("restore", "a", "--undo"),
        ("restore", "--undo", "--forget"),
        ("backup", "a", "--check", "b"),
        ("backup", "a", "--keep", "2"),
    ],
)
def test_what_makes_no_sense_is_bad_usage(full: Region, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, _, trouble = Command(full, tmp_path, *words).end()
    assert code == 2
    assert trouble.startswith("boostez: Name ")


def test_a_file_that_is_no_backup_ends_with_three(full: Region, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Bonjour")
    for words in (("backup", "--check", str(file)), ("restore", str(file), "--yes")):
        code, told, trouble = Command(full, tmp_path, *words).end()
        assert (code, told) == (3, "")
        assert "letter.txt.manifest.json" in trouble


def test_an_unsafe_database_is_written_by_no_command(full: Region, tmp_path: Path) -> None:
    with full.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {full.engine.url.database} SET synchronous_commit = off"))
    before = channel_state.standings(full)
    pausing = ("channel", "pause", "facebook_page", "--reason", "x")
    for command in (pausing, ("db", "upgrade"), ("db", "check")):
        code, _, trouble = Command(full, tmp_path, *command).end()
        assert code == 2, command
        assert "synchronous_commit = off" in trouble
    assert channel_state.standings(full) == before
    assert Command(full, tmp_path, "backup").end()[0] == 0, "a backup is what one wants then"


def test_upgrade_and_check_say_the_version(full: Region, tmp_path: Path) -> None:
    assert Command(full, tmp_path, "db", "upgrade").end() == (
        0,
        f"The database is at version {migrations.newest(full)}.\n",
        "",
    )
    assert Command(full, tmp_path, "db", "check").end()[0] == 0
