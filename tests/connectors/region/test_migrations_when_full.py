"""Migrations of a database that has been used: nothing lost, nobody kept waiting, two at once.

The versions are those that Alembic finds, so the next one is tested by being there. What a version of tomorrow could do
wrong is shown by versions made up here.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable

import msgspec
import psutil
import pytest
from sqlalchemy import text

from connectors.region import migrations
from connectors.region.database import Region
from connectors.settings import ROOT
from schemas.errors import Refused
from schemas.letters import PostingLetter
from tests.full_database import columns, common, contents, states
from tests.hands import sql
from tests.programme import Programme
from tests.tomorrow import GOOD_UP, HEAD, TEMPLATE, NextVersion, versions

pytestmark = pytest.mark.database
BOUND = 30.0  # seconds for any migration of this database
PATIENCE = 60


def check_way(region: Region, older: str, newer: str) -> None:
    """Go down from ``newer`` to ``older``, which makes a full database of that version, and up again.

    Of what both versions have no row is lost on the way down, and nothing at all changes on the way up.
    """
    at_newer = columns(region)
    before = counts(region)
    migrations.downgrade(region, older)
    shared = common(at_newer, columns(region))
    after = counts(region)
    assert {table: after[table] for table in shared} == {table: before[table] for table in shared}
    # What a mail is about is said since 0006: the one thing that is added to a row that was there.
    shared["effect"] = ["content - 'about'" if name == "content" else name for name in shared["effect"]]
    down = contents(region, shared)

    begun = time.monotonic()
    migrations.upgrade(region, newer)

    assert time.monotonic() - begun < BOUND
    assert columns(region) == at_newer
    assert contents(region, shared) == down, "nothing is lost or changed on the way up"


def counts(region: Region) -> dict[str, int]:
    """Each table's rows; but once-only effects, which have no offer: 0001 has no place for what they say."""
    found = contents(region, only={"effect": "offer_id IS NOT NULL"})
    return {table: rows for table, (rows, _) in found.items()}


def filled(region: Region) -> list[str]:
    """The tables that have rows."""
    return [table for table, (rows, _) in contents(region).items() if rows]


@pytest.mark.parametrize("version", versions())
def test_a_full_database_of_any_version_becomes_the_newest_and_loses_nothing(
    full: Region, version: str
) -> None:
    assert {"offer", "effect", "board", "quarantine", "correction", "pick"} <= set(filled(full))
    with full.begin() as connection:
        found = connection.scalars(text("SELECT DISTINCT state FROM effect")).all()
    assert set(found) == set(states())

    check_way(full, version, versions()[-1])

    assert migrations.current(full) == migrations.newest(full)
    assert migrations.differences(full) == []


def test_letters_of_before_0006_are_about_postings_and_go_down_again_as_they_were(full: Region) -> None:
    """Since then others are written too: on the way down those that 0005 cannot read are gone, with what they were for."""
    mails = "SELECT id, content, encode(wanted_hash, 'hex') AS hash FROM effect WHERE channel = 'mail' ORDER BY id"
    migrations.downgrade(full, "0005")
    old = [tuple(row) for row in sql(full, mails)]
    assert old
    assert all("about" not in content for _, content, _ in old)

    migrations.upgrade(full, "0006")
    assert [tuple(row) for row in sql(full, mails)] == [
        (number, {**content, "about": "posting"}, wanted) for number, content, wanted in old
    ], "what was planned stays planned: its hash is that of before"
    for _, content, _ in old:
        assert msgspec.convert({**content, "about": "posting"}, PostingLetter).posting

    migrations.upgrade(full)
    programme = Programme(full)
    programme.enrol(programme.session())
    assert len(sql(full, mails)) == len(old) + 1
    migrations.downgrade(full, "0005")
    assert [tuple(row) for row in sql(full, mails)] == old


# Versions made up


def test_a_version_that_adds_loses_nothing(full: Region, next_version: NextVersion) -> None:
    next_version()
    migrations.upgrade(full)
    assert "seen" in columns(full)["effect"]
    check_way(full, HEAD, "9999")


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("op.execute(\"DELETE FROM effect WHERE state = 'unknown'\")", "pass"),
        (
            "op.execute(\"UPDATE board SET content = content || '{}'::jsonb || '{\\\"title\\\": null}'\")",
            "pass",
        ),
        ('op.execute("DROP TABLE pick")', "pass"),
        ("pass", 'op.execute("DELETE FROM correction")'),
    ],
)
def test_a_version_that_loses_something_is_caught(
    full: Region, next_version: NextVersion, up: str, down: str
) -> None:
    next_version("pass", down)
    migrations.upgrade(full)
    (migrations.SCRIPTS / "versions" / "9999_tomorrow.py").write_text(
        TEMPLATE.format(head=HEAD, up=up, down=down), "utf-8"
    )
    with pytest.raises(AssertionError):
        check_way(full, HEAD, "9999")


def test_an_upgrade_behind_a_sync_gives_up_soon_and_says_who(
    full: Region, next_version: NextVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version()
    monkeypatch.setattr(migrations, "LOCK", dt.timedelta(milliseconds=200))
    before = contents(full)
    with full.begin() as reading:
        reading.execute(text("SELECT count(*) FROM effect"))
        begun = time.monotonic()
        with pytest.raises(Refused, match=r"boostez \(server process \d+.*`boostez db upgrade`"):
            migrations.upgrade(full)
        assert time.monotonic() - begun < 10
    assert contents(full) == before
    assert migrations.current(full) == HEAD
    migrations.upgrade(full)
    assert migrations.current(full) == "9999"


def test_a_step_that_takes_too_long_is_ended_and_changes_nothing(
    full: Region, next_version: NextVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version(up=f'{GOOD_UP}; op.execute("SELECT pg_sleep(30)")')
    monkeypatch.setattr(migrations, "STATEMENT", dt.timedelta(milliseconds=500))
    before = contents(full)
    with pytest.raises(Refused, match=r"took longer than 0:00:00\.5"):
        migrations.upgrade(full)
    assert contents(full) == before
    assert migrations.current(full) == HEAD


def test_the_patience_of_the_role_is_not_that_of_a_migration(full: Region, next_version: NextVersion) -> None:
    """A statement_timeout for the portal's sake must not end an upgrade."""
    next_version(up=f'{GOOD_UP}; op.execute("SELECT pg_sleep(0.2)")')
    with full.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {full.engine.url.database} SET statement_timeout = '100ms'"))
    full.dispose()
    migrations.upgrade(full)
    assert migrations.current(full) == "9999"


def test_an_upgrade_waits_for_another_one_but_not_for_ever(
    full: Region, next_version: NextVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version()
    monkeypatch.setattr(migrations, "TURN", dt.timedelta(milliseconds=200))
    with full.begin() as upgrading:
        upgrading.execute(text("SELECT pg_advisory_xact_lock(72000)"))
        with pytest.raises(Refused, match="Another upgrade"):
            migrations.upgrade(full)
    migrations.upgrade(full)


def test_two_processes_that_upgrade_a_full_database_at_once_do_it_once(
    full: Region, next_version: NextVersion
) -> None:
    """Both wait their turn; the second finds it done, or its CREATE TABLE would fail."""
    next_version()
    program = (
        "import sys; from pathlib import Path; from connectors.region.database import Region; "
        "from connectors.region import migrations; migrations.SCRIPTS = Path(sys.argv[2]); "
        "migrations.upgrade(Region(sys.argv[1]))"
    )
    url = full.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", program, url, str(migrations.SCRIPTS)]
    with full.begin() as first:
        first.execute(text("SELECT pg_advisory_xact_lock(72000)"))
        started = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
        until(lambda: waiting(full) == 2)
        assert migrations.current(full) == HEAD
    assert [process.wait(PATIENCE) for process in started] == [0, 0]
    assert migrations.current(full) == "9999"


def waiting(region: Region) -> int:
    with region.begin() as connection:
        count = connection.scalar(
            text(
                "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
            )
        )
    return int(count or 0)


def until(condition: Callable[[], bool]) -> None:
    """Wait for other processes."""
    for _ in range(PATIENCE * 20):
        if condition():
            return
        psutil.Process().cpu_percent(0.05)
    pytest.fail("nothing happened")
