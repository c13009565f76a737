"""A database that holds something in every table and effects of every state, and what tells two such databases apart."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, NullPool, create_engine, text

from connectors import clock, registry
from connectors.alert_rules import addresses, alert_rules
from connectors.region.access import officer_sessions
from connectors.region.alerting import alerts, mutes, notices
from connectors.region.coverage import events
from connectors.region.database import Region
from connectors.region.ledger import channel_state
from connectors.region.offers import offers, postings, walks
from connectors.region.offers.walks import Item
from connectors.region.people import persons
from connectors.region.publishing import planning
from connectors.region.tables import METADATA
from core.policy import Policy
from deployments import backup
from sandbox.app import create_app
from sandbox.server import running
from schemas.firm import FirmDraft, PersonDraft, Registration
from tests.conftest import TestServer, fresh_name
from tests.coverage import Covering
from tests.hands import sql
from tests.makers import NOON, portal_draft
from tests.programme import DAY, Programme
from tests.questions import Forum
from tests.worlds import Hub, Sandbox, settings_of

TODAY = dt.date(2026, 11, 24)
BACKED_UP = dt.datetime(2026, 11, 24, 12, 30, tzinfo=dt.UTC)
Columns = Mapping[str, Collection[str]]


def states() -> list[str]:
    """Every state of an effect that the database allows."""
    (check,) = (
        constraint
        for constraint in METADATA.tables["effect"].constraints
        if isinstance(constraint, CheckConstraint) and str(constraint.sqltext).startswith("state IN")
    )
    return re.findall(r"'(\w+)'", str(check.sqltext))


def fill(hub: Hub, sandbox: Sandbox) -> None:
    """Sync twice with changes between, correct, pick, pause, and leave effects in every state and a run under way."""
    hub.take_in()
    form = form_of(hub, "facebook_page")
    planning.plan(hub.region, Policy("facebook_page", ("job", "training"), 10), form, TODAY)
    for channel in ("open_portal", "aggregator_feed", "facebook_page", "contractor"):
        hub.put_out(channel)
    sandbox.tell("/contractor/change", share=0.3, close=10, appear=10)
    hub.take_in("incremental")
    with hub.region.begin() as connection:
        ref = connection.scalar(text("SELECT ref FROM offer WHERE status = 'open' ORDER BY id LIMIT 1"))
    offers.correct(hub.region, "contractor", str(ref), "title", "Chef d’équipe « fournil »", "j.martin")
    hub.put_out("open_portal")
    planning.plan(hub.region, Policy("facebook_page", ("job", "training")), form, TODAY)
    _spread(hub.region)
    _stop_and_tell(hub)
    posted = postings.add(hub.region, portal_draft(), "contact@fournil.example", b"origin", NOON)
    postings.confirm(hub.region, posted.ref, NOON)
    officer_sessions.begin(hub.region, "u-1", "Camille", ["postings"], "192.0.2.1", NOON)
    officer_sessions.leave(hub.region, "state", "/agents", NOON)
    _accompany(hub.region)
    _meet(hub.region)
    _cover(hub.region)
    for name in registry.EVERY:  # whatever a restore pauses has a row to come back to
        channel_state.pause(hub.region, name, "the disk is full")
        if name != "aggregator_feed":
            channel_state.resume(hub.region, name)
    _digest(hub.region)
    under_way = walks.start_run(hub.region, "test", "contractor", "full")
    walks.index(hub.region, under_way, [Item(0, "J-1", 1, b"hash", 0, 1)])


def _accompany(region: Region) -> None:
    """The programme: somebody registers, comes, is reminded, answers, is in a cohort; two firms were one; a letter came back."""
    programme = Programme(region)
    programme.ask(
        Registration(
            firm=FirmDraft(siret="73282932000074", name="Fournil des Pentes"),
            person=PersonDraft(name="Ada", email="ada@fournil.example"),
            told_at=NOON,
            origin="form",
        )
    )
    place = programme.enrol(programme.session(coach_id=programme.coach()))
    persons.find(region, "Personne", "Camille", NOON)
    firm = scalar(region, "SELECT firm_id FROM contact WHERE id = :c", c=place.contact_id)
    values = {"c": place.contact_id, "e": place.id, "f": firm, "g": programme.cohort(), "now": NOON}
    for statement in (
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'satisfaction', :e, '{\"overall\": 5}', :now)",
        "INSERT INTO cohort_member (cohort_id, contact_id, joined_at) VALUES (:g, :c, :now)",
        "INSERT INTO bounce (marker, kind, status, contact_id, at) VALUES ('a-1', 'soft', '4.2.2', :c, :now)",
        "INSERT INTO firm_merge (kept, dropped, contacts, by, reason, at) VALUES (:f, '{}', '[]', 'Camille', 'la même', :now)",
        "INSERT INTO import (name, digest, by, at, figures) VALUES ('lyon.csv', '\\x00', 'Camille', :now, '{}')",
    ):
        sql(region, statement, **values)


def _meet(region: Region) -> None:
    """Dialogues: a season with one in it, which somebody would move; residents ask, watch and vote; a comment was read."""
    forum = Forum(Programme(region))
    dialogue, session = forum.dialogue("on_air")
    question = forum.published(dialogue_id=dialogue.id, email="lea@example.fr", author="Léa")
    forum.vote(question)
    forum.watching(question)
    forum.follow(session)
    season = scalar(
        region,
        "INSERT INTO season (name, first_day, last_day, created_at) VALUES ('Hiver', '2027-01-04', '2027-03-31', :now) RETURNING id",
        now=NOON,
    )
    values = {"d": dialogue.id, "o": dialogue.official_id, "s": season, "now": NOON, "then": NOON + DAY}
    for statement in (
        "UPDATE dialogue SET season_id = :s WHERE id = :d",
        "INSERT INTO venue (name, address, department, kind, seats) VALUES ('Studio', '1 rue Neuve, Lyon', '69', 'studio', 12)",
        "INSERT INTO busy (official_id, starts_at, ends_at, origin) VALUES (:o, :now, :then, 'calendar')",
        "INSERT INTO calendar (name, token, read_at) VALUES ('ada.roux', 'sync-1', :now)",
        "INSERT INTO dialogue_step (dialogue_id, step, by, why, at) VALUES (:d, 'on_air', 'Camille', 'l’heure', :now)",
        "INSERT INTO move_proposal (dialogue_id, starts_wall, minutes, calendar, at) VALUES (:d, '2026-12-16T14:00', 60, 'ada.roux', :now)",
        "INSERT INTO comments_read (dialogue_id, channel, cursor, read_at) VALUES (:d, 'facebook_live', 'c-1', :now)",
    ):
        sql(region, statement, **values)


def _digest(region: Region) -> None:
    """A digest that was approved and sent, and somebody who wants none."""
    for statement in (
        (
            "INSERT INTO digest_edition (role, week, due_at, until, state, figures, made_at, ended_at) "
            "VALUES ('press', '2026-W48', :now, :now, 'sent', '{}', :now, :now)"
        ),
        (
            "INSERT INTO digest_approval (role, form, readers, state, raised_at, decided_at, decided_by) "
            "VALUES ('press', 'words', ARRAY['somebody'], 'approved', :now, :now, 'Camille')"
        ),
        "INSERT INTO digest_stop (role, reader, stopped_at) VALUES ('press', 'somebody', :now)",
    ):
        sql(region, statement, now=NOON)


def _cover(region: Region) -> None:
    """A covered event: a student of its crew agreed to be shown, and is."""
    world = Covering(region, NOON)
    child = world.agreed()
    events.join(region, world.event.ref, child.id, "cadreuse")
    world.slot("live", child)
    world.published(child)


def scalar(region: Region, statement: str, **values: object) -> Any:
    """The one value of one row."""
    return sql(region, statement, **values)[0][0]


def form_of(hub: Hub, name: str) -> str:
    """The form of what a channel writes now."""
    channel = registry.channel(name, hub.settings, hub.region)
    try:
        return channel.capabilities.form
    finally:
        channel.close()


def _stop_and_tell(hub: Hub) -> None:
    """A feed without jobs, by mistake: the guard stops the plan, and an alert waits to be sent."""
    mistaken = Policy("aggregator_feed", ("training",))
    planned = planning.plan(hub.region, mistaken, form_of(hub, "aggregator_feed"), TODAY)
    assert planned.stopped is not None
    held = planned.stopped.plan
    now = clock.now()
    alerts.sound(hub.region, held.cause, "A plan was stopped", held.message, now)
    assert notices.give(hub.region, alert_rules(hub.settings.alerts_file), addresses(hub.settings), now)
    mutes.mute(hub.region, "drift *", "Ada", "we know", now + dt.timedelta(days=1), now)


def _spread(region: Region) -> None:
    """Put effects of the Page in every state, ten of each, with what goes with it."""
    with region.begin() as connection:
        for number, state in enumerate(states()):
            connection.execute(
                text(
                    "UPDATE effect SET state = :state, operation = 'update', intent_hash = wanted_hash, intent_at = now(), "
                    "lease = nextval('effect_lease_seq'), "
                    "lease_until = CASE WHEN :state = 'intent' THEN now() + interval '10 minutes' END, "
                    "marker = subject || '-ff', attempts = attempts + 1, error = 'told by a test' WHERE id IN "
                    "(SELECT id FROM effect WHERE channel = 'facebook_page' ORDER BY id LIMIT 10 OFFSET :offset)"
                ),
                {"state": state, "offset": number * 10},
            )


@pytest.fixture(scope="session")
def full_template(
    postgres_server: TestServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a full database, to be copied."""
    name = fresh_name("full")
    postgres_server.create_database(name, template)
    region = Region(postgres_server.url(name))
    with running(create_app(None, jobs=200, trainings=200)) as base:
        sandbox = Sandbox(base)
        fill(Hub(region, settings_of(sandbox, tmp_path_factory.mktemp("full"))), sandbox)
        sandbox.http.close()
    region.dispose()
    return name


@pytest.fixture(scope="session")
def full_backup(
    postgres_server: TestServer, full_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A backup of the full database, made at ``BACKED_UP``; to be copied."""
    file = tmp_path_factory.mktemp("backup") / "full.dump"
    region = Region(postgres_server.url(full_template))
    backup.back_up(region, file, file.parent, BACKED_UP, lambda *_: None)
    region.dispose()
    return file


@pytest.fixture
def written(full_backup: Path, tmp_path: Path) -> Path:
    """A backup of the full database, of the test's own."""
    return copied_backup(full_backup, tmp_path / "a backup.dump")


def copied_backup(file: Path, to: Path) -> Path:
    """The same backup, elsewhere."""
    shutil.copy(file, to)
    shutil.copy(backup.manifest_of(file), backup.manifest_of(to))
    return to


@contextmanager
def copied(server: TestServer, template: str) -> Iterator[Region]:
    """A copy of a database; what is made beside it is dropped with it."""
    name = fresh_name("test")
    server.create_database(name, template)
    region = Region(server.url(name))
    try:
        yield region
    finally:
        region.dispose()
        for each in (*beside(server, name), name):
            server.drop_database(each)


def beside(server: TestServer, name: str) -> list[str]:
    """The databases whose names begin with that of this one."""
    engine = create_engine(server.url("postgres"), poolclass=NullPool)
    statement = "SELECT datname FROM pg_database WHERE starts_with(datname, :name) ORDER BY 1"
    with engine.connect() as connection:
        return list(connection.scalars(text(statement), {"name": f"{name}_"}))


@pytest.fixture
def full(postgres_server: TestServer, full_template: str) -> Iterator[Region]:
    """A full database of the test's own."""
    with copied(postgres_server, full_template) as region:
        yield region


def columns(region: Region) -> dict[str, list[str]]:
    """Every logged table's columns, by name, in alphabetical order."""
    with region.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT relname, array_agg(attname::text ORDER BY attname) FROM pg_class c "
                "JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped "
                "WHERE relkind = 'r' AND relpersistence = 'p' AND relnamespace = 'public'::regnamespace "
                "AND relname <> 'alembic_version' GROUP BY relname ORDER BY relname"
            )
        )
        return {table: list(names) for table, names in rows}


def common(one: Columns, other: Columns) -> dict[str, list[str]]:
    """The columns that both have."""
    return {table: sorted({*one[table]} & {*other[table]}) for table in sorted({*one} & {*other})}


def contents(
    region: Region, wanted: Columns | None = None, only: Mapping[str, str] | None = None
) -> dict[str, tuple[int, str]]:
    """Each table's rows and the hash of them all, in order; of the ``wanted`` columns, or of every column.

    ``only`` gives a table's rows a condition.
    """
    with region.begin() as connection:
        return {
            table: tuple(
                connection.execute(
                    text(
                        "SELECT count(*), md5(coalesce(string_agg(line, chr(10) ORDER BY line COLLATE \"C\"), '')) FROM ("
                        f'SELECT ROW({", ".join(names)})::text AS line FROM "{table}" '
                        f"WHERE {(only or {}).get(table, 'true')}) lines"
                    )
                ).one()
            )
            for table, names in (wanted or columns(region)).items()
        }
