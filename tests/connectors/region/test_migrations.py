from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import inspect, text

from connectors.region import migrations
from connectors.region.database import Region
from connectors.settings import ROOT

pytestmark = pytest.mark.database


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Region]:
    """A Region database without a table."""
    database = Region(empty_database_url)
    yield database
    database.dispose()


def leftovers(region: Region) -> set[str]:
    """Tables, sequences, types, functions and text search configurations of ours."""
    ours = "(SELECT oid FROM pg_namespace WHERE nspname = 'public')"
    extensions = "(SELECT objid FROM pg_depend WHERE deptype = 'e')"
    with region.begin() as connection:
        found = connection.scalars(
            text(
                f"SELECT relname::text FROM pg_class WHERE relnamespace = {ours} AND oid NOT IN {extensions} "
                f"UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = {ours} AND oid NOT IN {extensions} "
                f"UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = {ours} AND oid NOT IN {extensions} "
                f"UNION ALL SELECT cfgname::text FROM pg_ts_config WHERE cfgnamespace = {ours}"
            )
        )
        return set(found)


def tables(region: Region) -> set[str]:
    with region.begin() as connection:
        return set(inspect(connection).get_table_names())


def test_an_empty_database_has_no_version(empty: Region) -> None:
    assert migrations.current(empty) is None
    assert migrations.differences(empty) != []


def test_upgrading_from_empty_makes_what_the_models_say(empty: Region) -> None:
    migrations.upgrade(empty)
    assert migrations.differences(empty) == []
    assert migrations.current(empty) == migrations.newest(empty)
    assert len(tables(empty)) > 1


def test_upgrading_twice_changes_nothing(empty: Region) -> None:
    migrations.upgrade(empty)
    before = tables(empty)
    migrations.upgrade(empty)
    assert tables(empty) == before
    assert migrations.differences(empty) == []


def test_downgrading_to_base_leaves_no_table(empty: Region) -> None:
    migrations.upgrade(empty)
    migrations.downgrade(empty, "base")
    assert tables(empty) <= {"alembic_version"}
    assert {name for name in leftovers(empty) if "alembic_version" not in name} == set()
    assert migrations.current(empty) is None


def test_up_down_and_up_again_agree_with_the_models(empty: Region) -> None:
    migrations.upgrade(empty)
    migrations.downgrade(empty, "base")
    migrations.upgrade(empty)
    assert migrations.differences(empty) == []


def test_each_version_goes_down_one_step_and_up_again(empty: Region) -> None:
    migrations.upgrade(empty)
    migrations.downgrade(empty, "-1")
    assert migrations.current(empty) != migrations.newest(empty)
    migrations.upgrade(empty)
    assert migrations.differences(empty) == []


def test_several_upgrades_at_once_do_not_disturb_each_other(empty_database_url: str) -> None:
    regions = [Region(empty_database_url) for _ in range(2)]
    with ThreadPoolExecutor(len(regions)) as pool:
        list(pool.map(migrations.upgrade, regions))
    assert migrations.differences(regions[0]) == []
    assert migrations.current(regions[0]) == migrations.newest(regions[0])
    for region in regions:
        region.dispose()


def test_several_processes_that_upgrade_at_once_do_not_disturb_each_other(empty: Region) -> None:
    program = (
        "import sys; from connectors.region.database import Region; from connectors.region import migrations; "
        "migrations.upgrade(Region(sys.argv[1]))"
    )
    url = empty.engine.url.render_as_string(hide_password=False)
    started = [subprocess.Popen([sys.executable, "-c", program, url], cwd=ROOT) for _ in range(2)]
    assert [process.wait(60) for process in started] == [0, 0]
    assert migrations.differences(empty) == []


def test_what_the_database_has_and_the_models_do_not_is_a_difference(region: Region) -> None:
    with region.begin() as connection:
        connection.execute(text("CREATE TABLE forgotten (a int)"))
    assert "forgotten" in str(migrations.differences(region))


def test_what_the_models_have_and_the_database_does_not_is_a_difference(region: Region) -> None:
    with region.begin() as connection:
        name = next(iter(sorted(tables(region) - {"alembic_version"})))
        connection.execute(text(f"DROP TABLE {name} CASCADE"))
    assert name in str(migrations.differences(region))
