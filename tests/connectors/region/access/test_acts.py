"""The log of acts: appended to, chained, read; and by nobody edited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from connectors.region.access import act_owner, acts
from connectors.region.access.acts import Where
from connectors.region.database import Region
from core import terms
from core.act_chain import Head
from tests.conftest import TestServer, fresh_name
from tests.hands import sql
from tests.makers import NOON

pytestmark = pytest.mark.database
DAY = dt.timedelta(days=1)
EDITS = (
    "UPDATE act SET by = 'Bo'",
    "UPDATE act SET note = note WHERE false",
    "DELETE FROM act",
    "TRUNCATE act",
)


@pytest.fixture
def region(database_url: str) -> Iterator[Region]:
    database = Region(database_url)
    yield database
    database.dispose()


def noted(region: Region, *refs: int | str | None, by: str = "Ada", at: dt.datetime = NOON) -> None:
    with region.begin() as connection:
        acts.note(connection, "approved", "posting", refs, by, at)


def test_an_act_says_who_what_when_and_from_where(region: Region) -> None:
    noted(region, 1, None)
    with acts.acting(Where("portal", "192.0.2.7", "u-1")):
        noted(region, 3, by="Bo", at=NOON + DAY)
    last, nothing, first = acts.listed(region)
    assert (first.id, first.by, first.ref, first.via, first.outcome) == (1, "Ada", "1", "prefect", "done")
    assert nothing.ref is None
    assert (last.at, last.account, last.address, last.via) == (NOON + DAY, "u-1", "192.0.2.7", "portal")


def test_it_is_read_by_time_by_whom_and_on_what(region: Region) -> None:
    noted(region, 1, 12)
    noted(region, 2, by="Bo", at=NOON + DAY)

    def found(**asked: object) -> list[int]:
        return [each.id for each in acts.listed(region, **asked)]  # type: ignore[arg-type]

    assert found() == [3, 2, 1]
    assert found(since=NOON + DAY) == [3]
    assert found(by="aD") == [2, 1]
    assert found(by="%") == []
    assert found(on="posting") == [3, 2, 1]
    assert found(on="posting 12") == [2]
    assert found(on="contact") == []
    assert found(before=3, limit=1) == [2]


def test_what_the_database_chains_is_what_the_rule_says(region: Region) -> None:
    noted(region, 1, None, "é «\u202f» \U0001f600", by="Zoë, 3:-,")
    noted(region, 2, at=NOON.replace(microsecond=123_457) - 20 * 365 * DAY)
    verdict = acts.verified(region)
    assert (verdict.rows, verdict.first, verdict.faults) == (4, 1, ())
    assert verdict.head is not None
    noted(region, 3)
    assert acts.verified(region, verdict.head).faults == ()
    assert acts.verified(region, Head(2, "0" * 64)).faults


def test_numbers_and_hashes_are_not_the_writer_s_to_say(region: Region) -> None:
    """Nor does a row that only looks like one of those that drop rows keep anybody from seeing that the log holds."""
    noted(region, 1)
    sql(
        region,
        "INSERT INTO act (id, at, by, via, did, what, outcome, previous, hash) "
        "VALUES (900, :now, 'x', 'hub', 'expired', 'log', 'done', 'a', 'b')",
        now=NOON,
    )
    assert [each.id for each in acts.listed(region)] == [2, 1]
    assert acts.verified(region).faults == ()


def test_a_transaction_that_is_taken_back_leaves_no_gap(region: Region) -> None:
    noted(region, 1)
    with region.begin() as connection:
        trial = connection.begin_nested()
        acts.note(connection, "approved", "posting", [2], "Ada", NOON)
        trial.rollback()
    noted(region, 3)
    assert acts.verified(region).rows == 2
    assert acts.verified(region).faults == ()


@pytest.mark.parametrize("edit", EDITS)
def test_not_even_its_maker_edits_it(region: Region, edit: str) -> None:
    """A superuser here, whom no right keeps from anything: the triggers do, as long as they are there."""
    noted(region, 1, 2)
    with region.begin() as connection:
        changes_no_row = "WHERE false" in edit
        if changes_no_row:
            assert connection.execute(text(edit)).rowcount == 0
            return
        with pytest.raises(ProgrammingError, match="only appended to"):
            connection.execute(text(edit))
    assert acts.verified(region).rows == 2


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE act SET by = 'Bo' WHERE id = 2",
        "UPDATE act SET address = NULL WHERE id = 2",
        "DELETE FROM act WHERE id = 2",
        "DELETE FROM act WHERE id = 1",
        "UPDATE act SET at = at - interval '1 microsecond' WHERE id = 3",
        "DELETE FROM act WHERE id = 3",
    ],
)
def test_what_a_superuser_edits_behind_the_triggers_is_seen(region: Region, edit: str) -> None:
    with acts.acting(Where("portal", "192.0.2.7", "u-1")):
        noted(region, 1, 2, 3)
    head = acts.verified(region).head
    with region.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        assert connection.execute(text(edit)).rowcount == 1
    assert acts.verified(region, head).faults


def test_the_application_s_own_role_may_read_and_append_and_nothing_else(
    region: Region,
) -> None:
    """As an administrator leaves it: an ordinary role that owns the database, and the log is another's."""
    noted(region, 1)
    role, name = fresh_name("app"), str(region.engine.url.database)
    sql(region, f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    sql(region, f'ALTER DATABASE "{name}" OWNER TO {role}')
    for statement in act_owner.statements(role):
        sql(region, statement)
    ours = Region(
        region.engine.url.set(username=role, password="secret").render_as_string(hide_password=False)
    )
    assert act_owner.missing(ours) is None
    noted(ours, 2)
    assert acts.verified(ours).rows == 2
    for edit in (
        *EDITS,
        "ALTER TABLE act DISABLE TRIGGER ALL",
        "ALTER TABLE act OWNER TO CURRENT_USER",
        "DROP TRIGGER act_kept ON act",
        "CREATE OR REPLACE FUNCTION act_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        f"SET ROLE {act_owner.OWNER}",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner|must be able"):
            sql(ours, edit)
    noted(ours, 3, at=NOON - 6 * 365 * DAY)
    with ours.begin() as connection:
        assert acts.expire(connection, NOON) == 0, "what is older stands behind what is not"
    assert acts.verified(region).faults == ()
    sql(
        ours, "DROP FUNCTION act_kept() CASCADE"
    )  # as the schema's owner: its triggers go with it, and that is seen
    for edit in EDITS:
        with pytest.raises(ProgrammingError, match="permission denied"):
            sql(ours, edit)
    assert acts.verified(ours).faults == ("Triggers that keep it are gone or disabled.",)
    ours.dispose()
    sql(region, f'ALTER DATABASE "{name}" OWNER TO CURRENT_USER')
    sql(region, f"DROP OWNED BY {role}")
    sql(region, f"DROP ROLE {role}")


def test_where_our_role_still_owns_it_an_administrator_is_told_what_to_run(region: Region) -> None:
    role = fresh_name("maker")
    sql(region, f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    sql(region, f"ALTER TABLE act OWNER TO {role}")
    ours = Region(
        region.engine.url.set(username=role, password="secret").render_as_string(hide_password=False)
    )
    todo = act_owner.missing(ours)
    assert todo is not None
    assert todo.startswith(f"ALTER TABLE act OWNER TO {act_owner.OWNER}; ")
    noted(ours, 1)
    with pytest.raises(ProgrammingError, match="only appended to"):
        sql(ours, "DELETE FROM act")
    with ours.begin() as connection:
        assert not act_owner.give_away(connection), "it cannot give to a role that it is not in"
    sql(region, todo)
    assert act_owner.missing(ours) is None
    sql(region, f"GRANT {act_owner.OWNER} TO {role}")
    assert act_owner.missing(ours) == f"REVOKE {act_owner.OWNER} FROM {role};"
    ours.dispose()
    with region.begin() as connection:
        assert act_owner.give_away(connection)
    sql(region, f"DROP OWNED BY {role}")
    sql(region, f"DROP ROLE {role}")


def test_what_is_too_old_goes_with_a_row_that_says_so(region: Region) -> None:
    long_ago = terms.ACT.back(dt.datetime.now(dt.UTC)) - DAY
    noted(region, 1, 2, at=long_ago)
    noted(region, 3)
    with region.begin() as connection:
        assert acts.expire(connection, NOON) == 2
        assert acts.expire(connection, NOON) == 0
    dropped, kept = acts.listed(region)
    assert (kept.ref, dropped.did, dropped.by, dropped.ref) == ("3", "expired", "term", "2")
    assert (acts.verified(region).first, acts.verified(region).faults) == (3, ())


def test_the_term_of_the_database_is_that_of_the_rule(region: Region) -> None:
    (source,) = sql(
        region, "SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE proname IN ('act_kept', 'act_expire')"
    )
    assert source[0].count(f"interval '{terms.ACT.amount} {terms.ACT.unit}'") == 2


def test_a_younger_database_s_acts_are_carried_to_an_older_one_link_by_link(
    postgres_server: TestServer, region: Region, template: str
) -> None:
    noted(region, 1, 2)
    name = fresh_name("older")
    origin = str(region.engine.url.database)
    region.dispose()
    postgres_server.create_database(name, origin)
    older = Region(postgres_server.url(name))
    noted(region, 3, by="Bo")
    head = acts.verified(region).head
    assert acts.carry(region, older, acts.RESTORE, NOON + DAY) == 1
    assert acts.verified(older, head).faults == (), "its chain goes on as here"
    assert [each.did for each in acts.listed(older)] == ["restored", "approved", "approved", "approved"]
    assert acts.carry(older, region, acts.RESTORE, NOON + 2 * DAY) == 1, "back again"
    older.dispose()
    postgres_server.drop_database(name)

    other_name = fresh_name("other")
    postgres_server.create_database(other_name, template)
    other = Region(postgres_server.url(other_name))
    noted(other, 9, by="Zoë")
    assert acts.carry(region, other, acts.RESTORE, NOON + DAY) == 5
    assert {each.by for each in acts.listed(other)} == {"Ada", "Bo", "Zoë", "restore"}, (
        "of another hub: noted anew"
    )
    assert acts.verified(other).faults == ()
    other.dispose()
    postgres_server.drop_database(other_name)


def test_two_who_act_at_once_are_chained_one_after_the_other(region: Region) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: noted(region, number), range(40)))
    verdict = acts.verified(region)
    assert (verdict.rows, verdict.faults) == (40, ())
