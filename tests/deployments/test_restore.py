"""Restores: everything back, nothing delivered, nothing touched when refused or killed, and the way back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psycopg
import pytest
from sqlalchemy import Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DataError, OperationalError

from connectors.region import database, migrations
from connectors.region.access import act_owner, acts
from connectors.region.board.search import Query, search
from connectors.region.database import Region
from connectors.region.ledger import channel_state, ledger
from connectors.region.offers import offers, walks
from connectors.region.people import persons
from connectors.region.publishing import planning
from connectors.region.upkeep import beside, rewinding
from connectors.region.upkeep.endings import Ended
from connectors.registry import EVERY
from core.policy import Policy
from deployments import backup, cli_database, restore
from deployments.restore import Restored
from schemas.errors import Misconfigured, Permanent, Refused, Rejected
from tests.commands import Command
from tests.conftest import TestServer, fresh_name
from tests.deployments.test_backup import DAMAGES, back_up, forge, rewrite, silent
from tests.full_database import BACKED_UP as NOW
from tests.full_database import columns, contents, copied, copied_backup
from tests.makers import incoming, job
from tests.reminder_rules import RULES
from tests.tomorrow import NextVersion
from tests.world.walking import WHOLE
from tests.worlds import Hub

pytestmark = pytest.mark.database
LATER = NOW + dt.timedelta(hours=1)
# What a restore changes on purpose.
REWOUND = {
    "channel": {"paused", "paused_reason"},
    "source": {"etag", "cursor"},
    "officer_session": {"ended_at"},  # whoever was signed in does so anew
}


def restored(region: Region, file: Path, *, yes: bool = True, now: dt.datetime = LATER) -> Restored:
    return restore.restore(region, file, EVERY, now, silent, yes=yes)


def kept_columns(region: Region) -> Mapping[str, Collection[str]]:
    """Every column but those that a restore changes on purpose; of the log of acts it loses none, which is another test's."""
    return {
        table: set(names) - REWOUND.get(table, set())
        for table, names in columns(region).items()
        if table != "act"
    }


def same(region: Region) -> dict[str, tuple[int, str]]:
    return contents(region, {table: sorted(names) for table, names in kept_columns(region).items()})


def live_on(region: Region) -> None:
    """Everything changes: offers come, change and go, effects are delivered, rows are lost."""
    offers.merge(region, 7, "contractor", [incoming(job(f"LATER-{n}")) for n in range(20)])
    planning.plan(region, Policy("facebook_page", ("job",)), "post-9", NOW.date())
    _, intents = ledger.claim(region, "facebook_page", "post-9", 50, 600)
    assert intents
    with region.begin() as connection:
        connection.execute(text("DELETE FROM quarantine"))
        connection.execute(text("DELETE FROM board WHERE kind = 'training'"))
        connection.execute(text("UPDATE correction SET value = '\"Autre\"'"))
        connection.execute(text('UPDATE offer SET content = content || \'{"title": "Perdu"}\''))
        connection.execute(text("DELETE FROM pick"))
        connection.execute(text("DELETE FROM posting"))
        connection.execute(text("UPDATE officer_session SET name = 'Ada'"))
        connection.execute(text("DELETE FROM sign_in"))
        connection.execute(
            text("TRUNCATE firm, contact, coach, session, import, bounce, event, student CASCADE")
        )
        connection.execute(text("TRUNCATE official, moderator, venue, season, calendar CASCADE"))
        connection.execute(text("UPDATE alert SET resolved_at = now()"))
        connection.execute(text("DELETE FROM alert_mute"))
        connection.execute(text("DELETE FROM digest_approval"))
        connection.execute(text("UPDATE digest_edition SET letters = 7"))
        connection.execute(text("UPDATE digest_stop SET stopped_at = now()"))
    channel_state.resume(region, "aggregator_feed")


def scalar(region: Region, statement: str, **values: object) -> object:
    with region.begin() as connection:
        return connection.scalar(text(statement), values)


def databases(region: Region) -> list[str]:
    """Every database that a restore may have made for this one."""
    statement = (
        "SELECT datname FROM pg_database WHERE starts_with(datname, current_database() || '_') ORDER BY 1"
    )
    with region.begin() as connection:
        return list(connection.scalars(text(statement)))


def test_a_restore_brings_back_every_row_of_every_table(full: Region, written: Path) -> None:
    then = same(full)
    assert {table for table, (rows, _) in then.items() if not rows} == set(), (
        "tests/full_database.py fills all"
    )
    live_on(full)
    assert {table for table, rows in same(full).items() if rows == then[table]} <= {
        "source",
        "run",
        "channel",
    }

    done = restored(full, written)

    assert same(full) == then
    assert done.rows | {"act": 0} == backup.check(written, silent).rows | {"act": 0}
    assert done.notes == []
    assert scalar(full, "SELECT count(*) FROM collected") == 0, "a run under way has no spool any more"
    assert migrations.differences(full) == []


def test_a_restore_loses_no_act_and_is_one(full: Region, written: Path) -> None:
    with full.begin() as connection:
        acts.note(connection, "approved", "posting", [1], "Ada", LATER)
    before, head = acts.listed(full), acts.verified(full).head

    done = restored(full, written)

    assert done.noted == 1
    restoring, *rest = acts.listed(full)
    assert (restoring.did, restoring.what, restoring.at) == ("restored", "database", LATER)
    assert rest == before
    assert acts.verified(full, head).faults == (), "its chain goes on"
    restore.undo(full, EVERY, LATER + dt.timedelta(hours=1))
    assert [act.did for act in acts.listed(full)[:3]] == ["restored", "restored", "approved"]
    assert acts.verified(full, head).faults == ()
    assert act_owner.missing(full) is None


def test_after_a_restore_every_channel_is_paused_and_says_why(full: Region, written: Path) -> None:
    done = restored(full, written)

    standings = channel_state.standings(full)
    assert set(done.paused) == set(standings) == set(EVERY)
    for standing in standings.values():
        assert standing.paused
        assert standing.paused_reason is not None
        assert standing.paused_reason.startswith(
            "restored from a backup of 2026-11-24T12:30:00Z: run `boostez audit --heal`, then resume"
        )
    assert "the disk is full" in str(standings["aggregator_feed"].paused_reason), (
        "the older reason still holds"
    )
    with pytest.raises(Refused, match="restored from a backup"):
        channel_state.check_open(full, "facebook_page")


def test_after_a_restore_the_whole_catalogue_is_read(hub: Hub, tmp_path: Path) -> None:
    whole = hub.take_in().collected
    assert hub.take_in("incremental").collected < whole
    back_up(hub.region, tmp_path / "b.dump")
    restored(hub.region, tmp_path / "b.dump")
    (state,) = walks.source_states(hub.region)
    assert (state.etag, state.cursor) == (None, None)
    assert state.last_snapshot_at is not None

    assert hub.take_in("incremental").collected == whole
    restore.forget(hub.region)


def test_effects_in_every_state_come_back_in_that_state(full: Region, written: Path) -> None:
    """An intent in a backup is nobody's: its lease runs out, and settling looks it up as after any death."""

    def states() -> dict[str, int]:
        with full.begin() as connection:
            rows = connection.execute(
                text("SELECT state, count(*) AS n FROM effect WHERE channel = 'facebook_page' GROUP BY state")
            )
            return {row.state: row.n for row in rows}

    then = states()
    assert min(then.values()) >= 10
    assert then["intent"] == 10
    live_on(full)
    restored(full, written)
    assert states() == then
    with full.begin() as connection:
        connection.execute(text("UPDATE effect SET lease_until = now() WHERE state = 'intent'"))
    _, due = ledger.claim_unsettled(full, "facebook_page", 0.0, 100, 600)
    assert len(due) == then["intent"] + then["unknown"]


def test_no_marker_is_ever_used_twice_whatever_was_drawn_since(full: Region, written: Path) -> None:
    """A lease that was drawn after the backup is in markers out there: drawn again, a look-up would find the other."""
    drawn = [ledger.new_lease(full) for _ in range(5)]
    restored(full, written)
    again = [ledger.new_lease(full) for _ in range(50)]
    assert min(again) > max(drawn)
    restore.undo(full, EVERY, LATER + dt.timedelta(minutes=1))
    assert ledger.new_lease(full) > max(again)
    restore.undo(full, EVERY, LATER + dt.timedelta(minutes=2))
    assert ledger.new_lease(full) > max(again) + rewinding.GAP


def test_the_portal_searches_what_was_restored_and_new_offers_find_their_place(
    full: Region, written: Path
) -> None:
    query = Query(text="boulangere")
    with full.begin() as connection:
        connection.execute(
            text(
                "UPDATE board SET content = content || '{\"title\": \"Boulangère à Évian\"}' WHERE kind = 'job'"
            )
        )
    before = search(full, query)
    assert before.total > 100
    written.unlink()
    back_up(full, written)
    with full.begin() as connection:
        connection.execute(text("DELETE FROM board"))
    restored(full, written)

    assert search(full, query) == before
    assert scalar(full, "SELECT count(*) FROM board WHERE search @@ to_tsquery('boostez_french', 'evian')")
    plan = "EXPLAIN SELECT * FROM board WHERE search @@ to_tsquery('boostez_french', 'evian')"
    with full.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        assert "board_search_idx" in "".join(connection.scalars(text(plan)))
    highest = scalar(full, "SELECT max(id) FROM offer")
    merged = offers.merge(full, 8, "contractor", [incoming(job("AFTER-1")), incoming(job("AFTER-2"))])
    assert merged.new == 2
    assert scalar(full, "SELECT min(id) FROM offer WHERE ref LIKE 'AFTER-%'") > highest  # type: ignore[operator]
    planning.plan(full, Policy("open_portal", ("job", "training")), "board-9", NOW.date())
    walks.start_run(full, "test")


def test_an_open_portal_lives_through_the_swap(full: Region, written: Path) -> None:
    """Its pool's connections are ended, since PostgreSQL renames no database in use; it finds the other one."""
    portal = Region(full.engine.url.render_as_string(hide_password=False))

    def shown() -> object:
        with portal.begin() as connection:
            return connection.scalar(text("SELECT count(*) FROM board WHERE withdrawn_at IS NULL"))

    then = shown()
    live_on(full)
    assert shown() != then
    restored(full, written)
    assert shown() == then
    assert search(portal, Query()).total == then
    portal.dispose()


def test_a_restore_can_be_undone_and_the_undoing_too(full: Region, written: Path) -> None:
    then = same(full)
    live_on(full)
    now = same(full)
    first = restored(full, written)

    second = restore.undo(full, EVERY, LATER + dt.timedelta(minutes=1))

    assert same(full) == now
    standings = channel_state.standings(full)
    assert all(standing.paused for standing in standings.values()), (
        "what was delivered since is not in this one"
    )
    assert "a restore was undone at 2026-11-24T13:31:00Z" in str(standings["open_portal"].paused_reason)
    assert (first.kept in databases(full), second.kept in databases(full)) == (False, True)
    restore.undo(full, EVERY, LATER + dt.timedelta(minutes=2))
    assert same(full) == then
    assert restore.forget(full) != []
    assert databases(full) == []
    with pytest.raises(Refused, match="nothing to undo"):
        restore.undo(full, EVERY, LATER + dt.timedelta(hours=1))


def test_whoever_was_erased_since_the_backup_does_not_come_back_with_it(full: Region, written: Path) -> None:
    """Nor with the undoing: the restored database knows of it by then."""
    contact = scalar(full, "SELECT min(id) FROM contact")
    persons.erase(full, RULES, int(str(contact)), LATER)

    done = restored(full, written)

    erased = "SELECT erased_at IS NOT NULL AND name IS NULL AND email IS NULL FROM contact WHERE id = :id"
    assert done.ended == Ended(erased=1, sessions=1)
    assert scalar(full, erased, id=contact)
    told = "".join(cli_database._restored(done))  # noqa: SLF001 - what an admin reads
    assert "ended again, since people had ended it: 1 erased" in told
    back = restore.undo(full, EVERY, LATER + dt.timedelta(minutes=1))
    assert (back.ended, scalar(full, erased, id=contact)) == (Ended(sessions=1), True)


def test_what_is_kept_is_named_after_the_instant_and_dropped_on_demand(full: Region, written: Path) -> None:
    name = beside.name_of(full)
    restored(full, written)
    restored(full, written, now=LATER + dt.timedelta(milliseconds=5))
    assert databases(full) == [
        f"{name}_before_restore_20261124_133000_000",
        f"{name}_before_restore_20261124_133000_005",
    ]
    kept = databases(full)
    assert sorted(restore.forget(full)) == kept
    assert databases(full) == restore.forget(full) == []


# Refusals


def unchanged(region: Region, deed: Callable[[], object], error: type[BaseException], match: str) -> None:
    """The deed is refused, and nothing was touched, nor left beside."""
    before, others = contents(region), databases(region)
    with pytest.raises(error, match=match):
        deed()
    assert contents(region) == before
    assert databases(region) == others


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    full: Region, full_backup: Path, tmp_path: Path
) -> None:
    for damage in DAMAGES:
        file = copied_backup(full_backup, tmp_path / f"a backup {damage.__name__}")
        damage(file)
        unchanged(full, lambda file=file: restored(full, file), Rejected, "a backup")  # type: ignore[misc]


def test_an_archive_that_breaks_off_is_told_and_the_old_database_serves_on(
    full: Region, written: Path
) -> None:
    """A forged manifest hides it from every check but the restoring itself.

    Cut where rows are: pg_dump opens its standard output for appending, so the archive's list is at the end again.
    """
    content = written.read_bytes()
    written.write_bytes(content[: len(content) // 2])
    forge(written)
    unchanged(full, lambda: restored(full, written), Permanent, "pg_restore")


def test_rows_that_are_not_those_of_the_manifest_are_told_and_the_old_database_serves_on(
    full: Region, written: Path
) -> None:
    rows = backup.check(written, silent).rows
    rewrite(written, rows={**rows, "offer": rows["offer"] + 1})
    unchanged(full, lambda: restored(full, written), Permanent, "rows differ in offer")


def test_a_database_that_is_not_empty_wants_a_yes_and_says_what_is_lost(full: Region, written: Path) -> None:
    offers.merge(full, 7, "contractor", [incoming(job("LATER-1"))])
    held = backup.check(written, silent).rows["offer"]
    unchanged(
        full,
        lambda: restored(full, written, yes=False),
        Refused,
        rf"(?s)offer: {held + 1} rows now, {held} in the backup.*--yes",
    )


def test_an_empty_database_needs_no_yes(full: Region, written: Path, empty_database_url: str) -> None:
    region = Region(empty_database_url)
    restored(region, written, yes=False)
    assert same(region) == same(full)
    restore.forget(region)
    region.dispose()


def test_a_backup_of_newer_code_is_refused(full: Region, written: Path) -> None:
    rewrite(written, version="9999")
    unchanged(full, lambda: restored(full, written), Refused, "schema version 9999.*install the newer code")


def test_a_backup_of_an_older_version_is_brought_up_to_the_codes(
    full: Region, written: Path, next_version: NextVersion
) -> None:
    then = same(full)
    next_version()
    migrations.upgrade(full)
    done = restored(full, written)
    assert (done.version, migrations.current(full)) == ("9999", "9999")
    assert {"seen_by", *then} == set(same(full))
    restored_columns = {table: names for table, names in kept_columns(full).items() if table in then}
    restored_columns["effect"] = set(restored_columns["effect"]) - {"seen"}
    assert contents(full, {table: sorted(names) for table, names in restored_columns.items()}) == then


def test_a_backup_whose_upgrade_fails_leaves_the_old_database_serving(
    full: Region, written: Path, next_version: NextVersion
) -> None:
    next_version(up='op.execute("SELECT 1 / 0")')
    unchanged(full, lambda: restored(full, written), DataError, "division by zero")


def test_nothing_is_restored_while_a_sync_or_a_settling_is_at_work(
    full: Region, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "GOING", 0)
    worker = Region(full.engine.url.render_as_string(hide_password=False))
    with worker.sole_sync("contractor"):
        unchanged(full, lambda: restored(full, written), Refused, r"at work: boostez \(server process \d+")
    with worker.at_work():
        unchanged(full, lambda: restored(full, written), Refused, "at work")
    restored(full, written)
    worker.dispose()


def test_nobody_syncs_or_settles_while_a_restore_runs(full: Region, written: Path) -> None:
    worker = Region(full.engine.url.render_as_string(hide_password=False))
    refused: list[str] = []

    def tell(stage: str, _done: int, _total: int) -> None:
        if stage == "restore" and not refused:
            for deed in (worker.sole_sync("contractor"), worker.at_work()):
                with pytest.raises(Refused, match="being restored"), deed:
                    pytest.fail("two at work")
                refused.append("yes")

    restore.restore(full, written, EVERY, LATER, tell, yes=True)
    assert refused == ["yes", "yes"]
    worker.dispose()


def test_a_sync_that_begins_in_the_last_moment_is_not_cut(
    full: Region, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Region(full.engine.url.render_as_string(hide_password=False))
    swap = beside.swap

    def swapping(region: Region, other: str, kept: str) -> None:
        with worker.sole_sync("contractor"):
            swap(region, other, kept)

    monkeypatch.setattr(beside, "swap", swapping)
    unchanged(full, lambda: restored(full, written), Refused, "began in the last moment")
    worker.dispose()


def test_one_restore_at_a_time(full: Region, written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "GOING", 0.01)
    with beside.sole_restore(full):
        unchanged(
            full, lambda: restored(full, written), Refused, r"Another restore .*: boostez restore \(server"
        )
        unchanged(full, lambda: restore.forget(full), Refused, "Another restore")


def test_a_restore_that_has_just_died_is_waited_for(full: Region, written: Path) -> None:
    """An admin who tried again at once was refused: the server had not noticed yet that the process before was killed.

    So was, on a machine with much to do, an undoing right after its restore.
    """
    with ThreadPoolExecutor() as beside_us, beside.sole_restore(full):
        trying = beside_us.submit(restored, full, written)
        while not waited_for(full):
            assert not trying.done(), trying.result()
    assert trying.result().kept in databases(full)


def waited_for(region: Region) -> object:
    return scalar(region, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def test_somebody_elses_session_is_named_at_once_and_not_ended(full: Region, written: Path) -> None:
    url = full.engine.url.update_query_dict({"application_name": "pgadmin"}).set(drivername="postgresql")
    stages: set[str] = set()

    def heard(stage: str, _done: int, _total: int) -> None:
        stages.add(stage)

    with psycopg.connect(url.render_as_string(hide_password=False)) as other:
        unchanged(
            full,
            lambda: restore.restore(full, written, EVERY, LATER, heard, yes=True),
            Refused,
            r"Others use the database: pgadmin \(server",
        )
        assert stages == {"check"}, "the long part has not begun"
        assert other.execute("SELECT 1").fetchone() == (1,)
    restored(full, written)


def test_a_name_that_is_too_long_is_told(postgres_server: TestServer, written: Path, template: str) -> None:
    name = "a_database_of_the_region_with_a_long_name"
    postgres_server.create_database(name, template)
    region = Region(postgres_server.url(name))
    try:
        with pytest.raises(Misconfigured, match="too long"):
            restored(region, written)
    finally:
        region.dispose()
        postgres_server.drop_database(name)


# Killed


def draft_has(region: Region, statement: str) -> bool:
    """Whether the database that a restore fills is there and has this."""
    engine = create_engine(region.engine.url.set(database=beside.draft_name(region)))
    try:
        with engine.connect() as connection:
            return bool(connection.scalar(text(statement)))
    except OperationalError:
        return False
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    "moment",
    [
        "SELECT true",
        "SELECT to_regclass('offer') IS NOT NULL",
        "SELECT to_regclass('offer_pkey') IS NOT NULL",
    ][0 if WHOLE else 2 :],  # all of them: `make test-world`
)
def test_a_killed_restore_leaves_the_old_database_serving_and_the_next_one_works(
    full: Region, written: Path, tmp_path: Path, moment: str
) -> None:
    then = same(full)
    live_on(full)
    now = contents(full)
    command = Command(full, tmp_path, "restore", str(written), "--yes")
    command.until(lambda: draft_has(full, moment))
    command.kill()
    assert databases(full) == [beside.draft_name(full)]
    assert contents(full) == now

    code, told, trouble = Command(full, tmp_path, "restore", str(written), "--yes", "--json").end()

    assert code == 0, trouble
    assert databases(full) == [json.loads(told)["kept"]]
    assert same(full) == then


def test_a_restore_whose_program_dies_leaves_the_old_database_serving(full: Region, written: Path) -> None:
    draft = beside.draft_name(full)

    def end_it(stage: str, done: int, _total: int) -> None:
        if stage == "restore" and done:
            scalar(
                full,
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :draft",
                draft=draft,
            )

    unchanged(
        full,
        lambda: restore.restore(full, written, EVERY, LATER, end_it, yes=True),
        Permanent,
        "pg_restore",
    )


def test_an_interrupted_restore_leaves_nothing_beside(full: Region, written: Path) -> None:
    def interrupt(stage: str, _done: int, _total: int) -> None:
        if stage == "restore":
            raise KeyboardInterrupt

    unchanged(
        full,
        lambda: restore.restore(full, written, EVERY, LATER, interrupt, yes=True),
        KeyboardInterrupt,
        "^$",
    )


# On a server of others


class Roles(msgspec.Struct, frozen=True):
    """A server as a Region has it: ``hub`` owns the database and its tables, ``reader`` is the portal's."""

    hub: str
    reader: str
    region: Region
    admin: Engine

    def run(self, *statements: str) -> None:
        """Run statements as the administrator."""
        with self.admin.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture
def roles(postgres_server: TestServer, full_template: str) -> Iterator[Roles]:
    """A full database, as a plain role owns it."""
    hub, reader = fresh_name("hub"), fresh_name("reader")
    with copied(postgres_server, full_template) as full:
        name, commands = beside.name_of(full), owning(full, hub)
        full.dispose()
        url = make_url(postgres_server.url(name))
        own = url.set(username=hub, password=hub).render_as_string(hide_password=False)
        admin = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        given = Roles(hub, reader, Region(own), admin)
        given.run(
            f"CREATE ROLE {hub} LOGIN PASSWORD '{hub}'",
            f"CREATE ROLE {reader} LOGIN PASSWORD '{reader}'",
            f"ALTER DATABASE {name} OWNER TO {hub}",
            *commands,
        )
        yield given
        given.region.dispose()
    with create_engine(postgres_server.url("postgres")).begin() as connection:
        connection.exec_driver_sql(f"DROP ROLE {hub}, {reader}")


def owning(region: Region, role: str) -> list[str]:
    """What gives a role everything of ours."""
    statement = (
        "SELECT format('ALTER %s %I OWNER TO ', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relname) "
        "FROM pg_class c WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace "
        "AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'i')"
    )
    with region.begin() as connection:
        found = connection.scalars(text(statement)).all()
    return [
        *(f"{each}{role}" for each in found),
        f"ALTER TEXT SEARCH CONFIGURATION boostez_french OWNER TO {role}",
    ]


def test_a_plain_role_restores_and_every_right_and_setting_is_as_it_was(roles: Roles, tmp_path: Path) -> None:
    name = beside.name_of(roles.region)
    roles.run(
        f"ALTER ROLE {roles.hub} CREATEDB",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {roles.reader}",
        f'ALTER DATABASE {name} SET search_path = public, "$user"',
        f"ALTER DATABASE {name} CONNECTION LIMIT 90",
        f"GRANT SELECT ON board TO {roles.reader}",
    )

    def told(region: Region) -> object:
        with region.begin() as connection:
            return connection.execute(
                text(
                    "SELECT datacl::text, pg_get_userbyid(datdba), datconnlimit, datcollate, to_jsonb(d) ->> 'datlocale', "
                    "pg_encoding_to_char(encoding), setconfig, (SELECT array_agg(DISTINCT tableowner) FROM pg_tables "
                    "WHERE schemaname = 'public'), current_setting('search_path') "
                    "FROM pg_database d LEFT JOIN pg_db_role_setting s ON setdatabase = d.oid AND setrole = 0 "
                    "WHERE datname = current_database()"
                )
            ).one()

    roles.region.dispose()
    then = told(roles.region)
    back_up(roles.region, tmp_path / "b.dump")
    done = restored(roles.region, tmp_path / "b.dump")

    assert done.notes == []
    assert told(roles.region) == then
    reader = roles.region.engine.url.set(username=roles.reader, password=roles.reader)
    portal = Region(reader.render_as_string(hide_password=False))
    assert scalar(portal, "SELECT count(*) FROM board")
    portal.dispose()


def test_what_a_plain_role_may_not_carry_over_is_told(roles: Roles, tmp_path: Path) -> None:
    name, gone = beside.name_of(roles.region), fresh_name("gone")
    roles.run(
        f"ALTER ROLE {roles.hub} CREATEDB",
        f"CREATE ROLE {gone}",
        *act_owner.statements(roles.hub),
        f"GRANT SELECT ON offer TO {gone}",
        f"ALTER ROLE {roles.reader} IN DATABASE {name} SET statement_timeout = '5s'",
        "CREATE EXTENSION pg_stat_statements",
    )
    back_up(roles.region, tmp_path / "b.dump")
    roles.run(f"REVOKE SELECT ON offer FROM {gone}", f"DROP ROLE {gone}")
    notes = restored(roles.region, tmp_path / "b.dump").notes
    assert len(notes) == 4
    assert f"ALTER ROLE {roles.reader} IN DATABASE" in notes[0]
    assert "EXTENSION pg_stat_statements" in notes[1]
    assert f'role "{gone}" does not exist' in notes[2]
    assert "the log of acts is our role's again" in notes[3]
    assert act_owner.missing(roles.region) is not None


def test_a_table_of_others_that_we_may_not_read_is_told(roles: Roles, tmp_path: Path) -> None:
    roles.run("CREATE SCHEMA others", "CREATE TABLE others.secret (a int)")
    with pytest.raises(Misconfigured, match=r"others\.secret .*may not be read"):
        back_up(roles.region, tmp_path / "b.dump")
    assert not list(tmp_path.iterdir())


def test_a_role_that_may_not_make_databases_is_told_what_an_administrator_runs(
    roles: Roles, tmp_path: Path
) -> None:
    file, name = tmp_path / "b.dump", beside.name_of(roles.region)
    back_up(roles.region, file)
    unchanged(
        roles.region, lambda: restored(roles.region, file), Misconfigured, f"ALTER ROLE {roles.hub} CREATEDB"
    )
    admin = roles.admin.url.username
    roles.run(f"ALTER ROLE {roles.hub} CREATEDB", f'ALTER DATABASE {name} OWNER TO "{admin}"')
    unchanged(
        roles.region,
        lambda: restored(roles.region, file),
        Misconfigured,
        f"ALTER DATABASE {name} OWNER TO {roles.hub}",
    )


def test_a_session_that_we_may_not_end_is_named_before_anything_is_done(roles: Roles, tmp_path: Path) -> None:
    file = tmp_path / "b.dump"
    back_up(roles.region, file)
    roles.run(f"ALTER ROLE {roles.hub} CREATEDB")
    reader = roles.region.engine.url.set(username=roles.reader, password=roles.reader)
    portal = Region(reader.render_as_string(hide_password=False))
    portal.ping()
    unchanged(roles.region, lambda: restored(roles.region, file), Refused, f"boostez .*{roles.reader}")
    roles.run(f"GRANT pg_signal_backend TO {roles.hub}")
    restored(roles.region, file)
    portal.ping()
    portal.dispose()
