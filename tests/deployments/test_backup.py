"""Backups: whole, consistent, private, and refused when they are not what was written."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import pytest

from connectors.region import migrations
from connectors.region.database import Region
from connectors.region.offers import offers
from connectors.region.publishing import planning
from connectors.region.upkeep.census import census
from core.policy import Policy
from deployments import archive, backup
from deployments.backup import Backup, Manifest
from schemas.errors import Misconfigured, Refused, Rejected
from tests.commands import PASSWORD, PATIENCE, Command, held
from tests.full_database import BACKED_UP as NOW
from tests.full_database import contents
from tests.makers import incoming, job

pytestmark = pytest.mark.database


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def back_up(region: Region, file: Path) -> Backup:
    return backup.back_up(region, file, file.parent, NOW, silent)


def rewrite(file: Path, **changes: object) -> None:
    """Give a backup a manifest that says something else."""
    manifest = msgspec.json.decode(backup.manifest_of(file).read_bytes(), type=Manifest)
    told = msgspec.structs.replace(manifest, **changes)
    backup.manifest_of(file).write_bytes(msgspec.json.encode(told))


def forge(file: Path) -> None:
    """Have the manifest agree with whatever the archive is now."""
    content = file.read_bytes()
    rewrite(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())


def test_a_backup_tells_what_it_holds_and_is_its_owners_alone(full: Region, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = backup.back_up(full, None, tmp_path / "backups", NOW, silent)
    finally:
        os.umask(before)
    file = Path(made.file)
    assert file == tmp_path / "backups" / f"boostez-20261124T123000Z-{migrations.newest(full)}.dump"
    assert sorted(path.name for path in file.parent.iterdir()) == [file.name, f"{file.name}.manifest.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert made.manifest.rows == census(full).rows
    assert made.manifest.rows["offer"] > 400
    assert "collected" not in made.manifest.rows
    assert backup.check(file, silent) == made.manifest


def test_as_many_as_are_wanted_are_kept_the_newest(tmp_path: Path) -> None:
    pairs = [
        f"boostez-2026112{day}T010000Z-000{version}.dump" for day, version in ((1, 9), (2, 1), (3, 1), (4, 1))
    ]
    others = ["before-the-move.dump", "boostez-by-hand.dump", "boostez-20261120T010000Z-0001.dump.part"]
    for name in [*pairs, *(f"{pair}.manifest.json" for pair in pairs), *others]:
        (tmp_path / name).touch()

    assert backup.keep_newest(tmp_path, 2) == [str(tmp_path / name) for name in (pairs[1], pairs[0])]

    left = {*pairs[2:], *(f"{pair}.manifest.json" for pair in pairs[2:]), *others}
    assert {path.name for path in tmp_path.iterdir()} == left
    assert backup.keep_newest(tmp_path, 2) == []


def test_progress_reaches_its_end(full: Region, tmp_path: Path) -> None:
    told: dict[str, list[tuple[int, int]]] = {}
    backup.back_up(
        full, tmp_path / "b.dump", tmp_path, NOW, lambda s, d, t: told.setdefault(s, []).append((d, t))
    )
    for stage in ("backup", "checksum"):
        done = [d for d, _ in told[stage]]
        assert done == sorted(done)
        assert told[stage][-1][0] == told[stage][-1][1]
    assert len(told["backup"]) > 5


def test_a_backup_never_overwrites(full: Region, tmp_path: Path) -> None:
    written = tmp_path / "b.dump"
    back_up(full, written)
    before = written.read_bytes()
    with pytest.raises(Refused, match="is there already"):
        back_up(full, written)
    assert written.read_bytes() == before
    assert not written.with_name(f"{written.name}.part").exists()


def test_two_backups_to_one_file_do_not_mix(full: Region, tmp_path: Path) -> None:
    file = tmp_path / "b.dump"
    with (
        backup._part(file),  # noqa: SLF001 - the other one, half way
        pytest.raises(Refused, match="Another backup is writing"),
    ):
        back_up(full, file)


def test_an_empty_database_is_nothing_to_back_up(empty_database_url: str, tmp_path: Path) -> None:
    region = Region(empty_database_url)
    with pytest.raises(Refused, match="empty"):
        back_up(region, tmp_path / "b.dump")
    region.dispose()


def test_a_folder_that_is_not_there_is_named(full: Region, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        back_up(full, tmp_path / "nowhere" / "b.dump")


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def lengthen(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"\0")


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-50] ^= 1
    file.write_bytes(content)


def make_rubbish(file: Path) -> None:
    file.write_bytes(b"rubbish" * 999)
    forge(file)


def empty(file: Path) -> None:
    file.write_bytes(b"")
    forge(file)


def lose_the_manifest(file: Path) -> None:
    backup.manifest_of(file).unlink()


def break_the_manifest(file: Path) -> None:
    backup.manifest_of(file).write_bytes(b'{"rows": 1}')


def lose_the_archive(file: Path) -> None:
    file.unlink()


def make_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def ask_for_another_table(file: Path) -> None:
    rewrite(file, rows={"offer": 1, "a_table_that_never_was": 1})


DAMAGES: tuple[Callable[[Path], None], ...] = (
    *(truncate, lengthen, flip_a_bit, make_rubbish, empty, lose_the_manifest, break_the_manifest),
    *(lose_the_archive, make_a_folder, ask_for_another_table),
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_backup_that_is_not_whole_is_refused(written: Path, damage: Callable[[Path], None]) -> None:
    backup.check(written, silent)
    damage(written)
    with pytest.raises(Rejected, match=r"a backup\.dump"):
        backup.check(written, silent)


def test_a_backup_while_a_sync_writes_is_of_one_moment(region: Region, tmp_path: Path) -> None:
    """Each round writes three offers and their three effects, in one transaction each; a dump sees both or neither."""
    stop, policy = threading.Event(), Policy("open_portal", ("job",))
    migrated = migrations.newest(region)

    def sync() -> None:
        number = 0
        while not stop.is_set():
            number += 3
            rows = [incoming(job(f"J-{number + n}")) for n in range(3)]
            offers.merge(region, 1, "contractor", rows)
            planning.plan(region, policy, "board-1", NOW.date())

    syncing = threading.Thread(target=sync)
    syncing.start()
    try:
        made = [back_up(region, tmp_path / f"{n}.dump").manifest for n in range(4)]
    finally:
        stop.set()
        syncing.join()
    counts = [manifest.rows["offer"] for manifest in made]
    assert counts == sorted(set(counts)), "a sync wrote between any two"
    assert {manifest.version for manifest in made} == {migrated}
    for number, manifest in enumerate(made):
        rows = rows_in(tmp_path / f"{number}.dump")
        assert rows["offer"] == manifest.rows["offer"] == rows["offer_change"]
        assert rows["effect"] == manifest.rows["effect"]
        assert 0 <= rows["offer"] - rows["effect"] <= 3
        assert rows["offer"] % 3 == rows["effect"] % 3 == 0


def rows_in(file: Path) -> dict[str, int]:
    """How many rows an archive really holds, by PostgreSQL's own script of it."""
    tools = archive.programs(18)
    script = subprocess.run(
        [tools.pg_restore, "--data-only", "--file=-", str(file)], capture_output=True, text=True, check=True
    ).stdout
    counts: dict[str, int] = {}
    for part in script.split("\nCOPY public.")[1:]:
        table, _, lines = part.partition(" ")
        counts[table] = lines.partition("FROM stdin;\n")[2].partition("\\.\n")[0].count("\n")
    return counts


def test_a_killed_backup_leaves_no_file_of_that_name_and_the_next_one_works(
    full: Region, tmp_path: Path
) -> None:
    with held(full, "collected") as waited_for:
        command = Command(full, tmp_path, "backup")
        command.until(waited_for)
        (dumping,) = (child for child in command.children() if child.name() == "pg_dump")
        seen = [*dumping.cmdline(), *psutil.Process(command.popen.pid).cmdline()]
        assert PASSWORD not in " ".join(seen), "everybody on the machine reads a command line"
        assert dumping.environ()["PGPASSWORD"] == PASSWORD
        command.kill()
        psutil.wait_procs([dumping], PATIENCE)
        assert not dumping.is_running(), "nobody dumps for nobody"
    folder = tmp_path / "backups"
    assert [path.suffix for path in folder.iterdir()] == [".part"]

    code, told, trouble = Command(full, tmp_path, "backup", "--json").end()

    assert code == 0, trouble
    made = json.loads(told)
    assert sorted(path.suffix for path in folder.iterdir()) == [".dump", ".json"], "what was left is gone"
    assert Command(full, tmp_path, "backup", "--check", made["file"]).end()[0] == 0


def test_a_disk_without_space_leaves_nothing_and_says_so(full: Region, tmp_path: Path) -> None:
    file = tmp_path / "b.dump"
    code, _, trouble = Command(full, tmp_path, "backup", str(file), limit=50_000).end()
    assert code == 2
    assert "pg_dump" in trouble
    assert "SIGXFSZ" in trouble or "File too large" in trouble
    assert PASSWORD not in trouble
    assert not list(tmp_path.glob("b.dump*"))
    back_up(full, file)


def test_a_server_that_does_not_let_us_in_tells_no_password(full: Region, tmp_path: Path) -> None:
    nowhere = Region(
        full.engine.url.set(password=PASSWORD, database="no_such").render_as_string(hide_password=False)
    )
    code, _, trouble = Command(nowhere, tmp_path, "backup").end()
    assert code == 4
    assert "no_such" in trouble
    assert PASSWORD not in trouble


def test_a_backup_changes_nothing(full: Region, tmp_path: Path) -> None:
    before = contents(full)
    back_up(full, tmp_path / "b.dump")
    assert contents(full) == before
