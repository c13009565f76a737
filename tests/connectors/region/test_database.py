from __future__ import annotations

import threading
import time
import traceback
from contextlib import ExitStack

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DataError, DBAPIError

from connectors.region import database
from connectors.region.database import Region
from deployments import postgres
from schemas.errors import Misconfigured, Refused, Unreachable
from tests.conftest import TestServer, fresh_name

pytestmark = pytest.mark.database
PASSWORD = "s3cret-canary"


def alter(url: str, statement: str) -> None:
    """Run a statement outside any transaction; new connections see what it changes."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_server_that_keeps_what_it_confirmed_is_accepted(region: Region) -> None:
    region.check_server()


def test_a_database_with_synchronous_commit_off_is_refused(database_url: str) -> None:
    alter(database_url, f"ALTER DATABASE {make_url(database_url).database} SET synchronous_commit = off")
    region = Region(database_url)
    with pytest.raises(Misconfigured, match=r"synchronous_commit = off.*Set synchronous_commit = on"):
        region.check_server()
    region.dispose()


@pytest.mark.parametrize("weaker", ["local", "remote_write", "remote_apply"])
def test_a_commit_that_is_on_this_servers_disk_is_enough(database_url: str, weaker: str) -> None:
    alter(database_url, f"ALTER DATABASE {make_url(database_url).database} SET synchronous_commit = {weaker}")
    region = Region(database_url)
    region.check_server()
    region.dispose()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_could_lose_what_it_confirmed_is_refused(
    postgres_server: TestServer, database_url: str, setting: str
) -> None:
    if not isinstance(postgres_server, postgres.Server):
        pytest.skip("the whole server would change, and this one is not ours")
    url = postgres_server.url("postgres")
    region = Region(database_url)
    try:
        alter(url, f"ALTER SYSTEM SET {setting} = off")
        reload_until(url, setting, "off")
        with pytest.raises(Misconfigured, match=f"{setting} = off.*restart"):
            region.check_server()
    finally:
        alter(url, f"ALTER SYSTEM RESET {setting}")
        reload_until(url, setting, "on")
        region.dispose()


def test_a_setting_is_refused_wherever_it_was_set_and_the_way_out_is_told(database_url: str) -> None:
    url, name = make_url(database_url), make_url(database_url).database
    role = fresh_name("careless")
    own = url.set(username=role, password=role)
    alter(database_url, f"CREATE ROLE {role} LOGIN PASSWORD '{role}'")
    cases = (
        (f"ALTER DATABASE {name}", own, f"ALTER DATABASE {name} RESET synchronous_commit"),
        (f"ALTER ROLE {role}", own, f"ALTER ROLE {role} RESET synchronous_commit"),
        (f"ALTER ROLE {role} IN DATABASE {name}", own, f"ALTER ROLE {role} IN DATABASE {name} RESET"),
        (None, own.update_query_dict({"options": "-c synchronous_commit=off"}), "BOOSTEZ_DATABASE_URL"),
    )
    try:
        for place, address, way_out in cases:
            if place:
                alter(database_url, f"{place} SET synchronous_commit = off")
            region = Region(address.render_as_string(hide_password=False))
            with pytest.raises(Misconfigured, match="synchronous_commit = off") as caught:
                region.check_server()
            assert way_out in str(caught.value)
            region.dispose()
            if place:
                alter(database_url, f"{place} RESET synchronous_commit")
        region = Region(own.render_as_string(hide_password=False))
        region.check_server()
        region.dispose()
    finally:
        alter(database_url, f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize("setting", ["zero_damaged_pages", "ignore_checksum_failure"])
def test_a_server_that_reads_over_damage_is_refused(database_url: str, setting: str) -> None:
    alter(database_url, f"ALTER DATABASE {make_url(database_url).database} SET {setting} = on")
    region = Region(database_url)
    with pytest.raises(Misconfigured, match=f"{setting} = on.*Set {setting} = off: ALTER DATABASE"):
        region.check_server()
    region.dispose()


def test_a_read_only_database_is_refused(database_url: str) -> None:
    name = make_url(database_url).database
    alter(database_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    region = Region(database_url)
    with pytest.raises(Misconfigured, match=f"read-only.*ALTER DATABASE {name} RESET"):
        region.check_server()
    region.dispose()


def test_a_standby_is_refused_and_serves_the_portal(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("standby") / "data"
    primary = postgres.start(data)
    primary.create_database("boostez")
    primary.stop()
    (data / "standby.signal").touch()
    standby = postgres.start(data)
    region = Region(standby.url("boostez"))
    try:
        region.ping()
        with pytest.raises(Misconfigured, match=r"standby.*primary.*target_session_attrs=read-write"):
            region.check_server()
    finally:
        region.dispose()
        standby.stop()
        postgres.remove(data)


def test_a_database_that_cannot_hold_every_letter_is_refused(postgres_server: TestServer) -> None:
    name = fresh_name("latin")
    locale = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
    alter(postgres_server.url("postgres"), f"CREATE DATABASE {name} TEMPLATE template0 {locale}")
    region = Region(postgres_server.url(name))
    with pytest.raises(Misconfigured, match=r"LATIN1.*ENCODING 'UTF8'"):
        region.check_server()
    region.dispose()
    postgres_server.drop_database(name)


def test_a_process_checks_its_server_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    region = Region(database_url)
    monkeypatch.setattr(database, "region", lambda: region)
    database.safe_region.cache_clear()
    assert database.safe_region() is region
    alter(database_url, f"ALTER DATABASE {make_url(database_url).database} SET synchronous_commit = off")
    region.dispose()
    assert database.safe_region() is region
    database.safe_region.cache_clear()
    with pytest.raises(Misconfigured):
        database.safe_region()
    region.dispose()


def reload_until(url: str, setting: str, value: str) -> None:
    """Reload the server's configuration; each new connection waits for the postmaster, so a few see it."""
    alter(url, "SELECT pg_reload_conf()")
    for _ in range(500):
        engine = create_engine(url)
        with engine.connect() as connection:
            found = connection.scalar(text(f"SHOW {setting}"))
        engine.dispose()
        if found == value:
            return
    pytest.fail(f"{setting} never became {value}")


def test_a_server_that_is_too_old_is_refused(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "OLDEST", 99)
    with pytest.raises(Misconfigured, match="PostgreSQL 99 or newer"):
        region.check_server()


@pytest.mark.parametrize("deed", ["ping", "check_server"])
def test_a_database_that_does_not_answer_names_its_setting_and_hides_the_password(deed: str) -> None:
    region = Region(f"postgresql://boostez:{PASSWORD}@127.0.0.1:1/region?connect_timeout=2")
    with pytest.raises(Unreachable, match="BOOSTEZ_DATABASE_URL") as caught:
        getattr(region, deed)()
    assert PASSWORD not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    region.dispose()


def test_a_password_in_the_query_of_the_address_is_not_shown() -> None:
    region = Region(f"postgresql://boostez@127.0.0.1:1/region?connect_timeout=2&password={PASSWORD}")
    with pytest.raises(Unreachable) as caught:
        region.ping()
    assert PASSWORD not in str(caught.value)
    region.dispose()


def test_one_sync_of_a_database_that_does_not_answer_is_unreachable_too() -> None:
    region = Region("postgresql://boostez@127.0.0.1:1/region?connect_timeout=2")
    with pytest.raises(Unreachable, match="BOOSTEZ_DATABASE_URL"), region.sole_sync("contractor"):
        pytest.fail("nothing answered")
    region.dispose()


def test_a_database_that_does_not_exist_names_its_setting(postgres_server: postgres.Server) -> None:
    region = Region(postgres_server.url("nobody_made_it"))
    with pytest.raises(Unreachable, match="nobody_made_it"):
        region.ping()
    region.dispose()


def test_waiting_for_a_database_ends() -> None:
    region = Region("postgresql://boostez@127.0.0.1:1/region?connect_timeout=2")
    with pytest.raises(Unreachable):
        database.wait_for(region, seconds=0)
    region.dispose()


def test_waiting_for_a_database_that_is_there_is_no_wait(region: Region) -> None:
    database.wait_for(region, seconds=0)


@pytest.mark.parametrize(
    "url",
    ["", "not an address", f"{PASSWORD}", "postgresql://a:b:c:d/x", f"postgresql://u:{PASSWORD}@host:port/x"],
)
def test_what_is_no_address_is_misconfigured_and_not_shown(url: str) -> None:
    with pytest.raises(Misconfigured, match="BOOSTEZ_DATABASE_URL") as caught:
        Region(url)
    assert PASSWORD not in str(caught.value)


def test_an_address_of_another_database_is_misconfigured() -> None:
    for url in ("mysql://u@host/x", "sqlite:///file.db"):
        with pytest.raises(Misconfigured, match="BOOSTEZ_DATABASE_URL"):
            Region(url)


def test_any_driver_of_an_address_becomes_ours(database_url: str) -> None:
    for scheme in ("postgresql", "postgresql+psycopg", "postgresql+asyncpg", "postgres"):
        region = Region(database_url.replace("postgresql+psycopg", scheme))
        region.ping()
        region.dispose()


def test_times_are_read_in_utc(region: Region) -> None:
    with region.begin() as connection:
        assert connection.scalar(text("SHOW TimeZone")) == "UTC"
        assert connection.scalar(text("SHOW application_name")) == "boostez"


def test_a_transaction_that_fails_leaves_nothing(region: Region) -> None:
    broken = "CREATE TABLE left_over (a int); SELECT 1 / 0"
    with pytest.raises(DataError), region.begin() as connection:
        connection.execute(text(broken))
    with region.begin() as connection:
        assert connection.scalar(text("SELECT to_regclass('left_over')")) is None


def test_one_sync_of_a_source_at_a_time(region: Region) -> None:
    with region.sole_sync("contractor"):
        with pytest.raises(Refused, match="contractor"), region.sole_sync("contractor"):
            pytest.fail("two at once")
        with region.sole_sync("lheo"):
            pass
    with region.sole_sync("contractor"):
        pass


def test_a_sync_that_fails_frees_its_source(region: Region) -> None:
    with pytest.raises(LookupError), region.sole_sync("contractor"):
        raise LookupError
    with region.sole_sync("contractor"):
        pass


def test_a_document_has_one_writer_at_a_time(region: Region) -> None:
    """Two syncs of different sources wrote the same feed at once."""
    entered = threading.Event()

    def second() -> None:
        with region.sole_writer("aggregator_feed"):
            entered.set()

    with region.sole_writer("aggregator_feed"):
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.3)
        with region.sole_writer("another_document"):
            pass
    assert entered.wait(10)
    thread.join()


def test_any_number_are_at_work_and_whoever_wants_to_be_alone_is_told_of_them(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "GOING", 0)
    with (
        region.at_work(),
        region.at_work(),
        region.sole_sync("contractor"),
        pytest.raises(Refused, match=r"at work: boostez \(server process \d+.*; boostez"),
        region.alone(),
    ):
        pytest.fail("not alone")
    with region.alone():
        with pytest.raises(Refused, match="being restored"), region.at_work():
            pytest.fail("not alone")
        with pytest.raises(Refused, match="being restored"), region.sole_sync("contractor"):
            pytest.fail("not alone")
        with pytest.raises(Refused, match="at work"), region.alone():
            pytest.fail("two alone")
    with region.at_work():
        pass


def test_whoever_is_to_be_alone_waits_a_moment_for_those_who_died(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server notices a moment after a process was killed; a restore that was begun at once was refused."""
    with ExitStack() as dying:
        dying.enter_context(region.at_work())
        monkeypatch.setattr(time, "sleep", lambda _: dying.close())
        with region.alone():
            pass


def test_being_at_work_in_another_database_is_no_matter(region: Region, empty_database_url: str) -> None:
    other = Region(empty_database_url)
    with other.at_work(), region.alone():
        pass
    other.dispose()


@pytest.mark.parametrize("kind", ["sync", "writer"])
def test_a_lock_that_went_with_its_connection_needs_no_unlocking(region: Region, kind: str) -> None:
    """When the server restarted during a sync, the sync ended in a raw OperationalError of its own unlocking.

    Found by the world tests (restart_before, restart_after): the error hid the Unreachable that says what to do, and was
    none of the errors that the channels and the command line know.
    """
    held = region.sole_sync("contractor") if kind == "sync" else region.sole_writer("aggregator_feed")
    with pytest.raises(Unreachable, match="went away"), held:
        _restart(region)
    with region.sole_sync("contractor"):
        pass


def _restart(region: Region) -> None:
    """Every connection that holds a lock breaks, and then this one."""
    with region.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        )
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("INSERT INTO t VALUES (:of), (:of)", 'duplicate key value violates unique constraint "t_pkey"'),
        ("INSERT INTO t VALUES (:of, 1)", 'violates check constraint "t_age_check"'),
        ("SELECT CAST(:of AS date)", "invalid input syntax for type date"),
        ("SELECT :of FROM nowhere", 'relation "nowhere" does not exist'),
    ],
)
def test_an_error_tells_what_is_wrong_and_of_whom_nothing(region: Region, wrong: str, says: str) -> None:
    """Tracebacks are logged, and Prefect keeps them: each repeated the statement's values, and PostgreSQL's details the row."""
    person = "jeanne-martin"
    with region.begin() as connection:
        connection.execute(text("CREATE TEMP TABLE t (email text PRIMARY KEY, age integer CHECK (age > 15))"))
        with pytest.raises(DBAPIError) as told:
            connection.execute(text(wrong), {"of": person})
    shown = "".join(traceback.format_exception(told.value))
    assert says in shown
    assert person not in shown


def test_an_error_of_the_client_itself_says_something_too(region: Region) -> None:
    with region.begin() as connection, pytest.raises(DBAPIError, match="refused before it was sent"):
        connection.execute(text("SELECT CAST(:of AS text)"), {"of": "jeanne\0martin"})
