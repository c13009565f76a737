"""What people ended since a backup is ended in what the backup brings back, and nothing of anybody else's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from connectors.region.access import acts, officer_sessions
from connectors.region.cohorts import coaches
from connectors.region.coverage import coverage_rights, media
from connectors.region.database import Region
from connectors.region.dialogues import hosts
from connectors.region.digests import editions, readers
from connectors.region.people import contacts, programme_retention
from connectors.region.upkeep import endings, rewinding
from connectors.region.upkeep.endings import Ended, Endings
from schemas.firm import Consent
from tests.conftest import TestServer, fresh_name
from tests.coverage import Covering
from tests.hands import sql
from tests.makers import NOON
from tests.officers import ACCESS
from tests.programme import DAY, Programme
from tests.reminder_rules import RULES

pytestmark = pytest.mark.database
THEN = NOON + DAY
MAIL = Consent("sessions", "mail")


class Older:
    """The database as it was when this was made."""

    def __init__(self, server: TestServer, region: Region) -> None:
        self._server, self._name = server, fresh_name("older")
        name = str(region.engine.url.database)
        region.dispose()
        server.create_database(self._name, name)
        self.region = Region(server.url(self._name))

    def end_the_same_as(self, region: Region) -> Ended:
        return endings.apply(self.region, endings.read(region), THEN)

    def drop(self) -> None:
        self.region.dispose()
        self._server.drop_database(self._name)


@pytest.fixture
def backed_up(postgres_server: TestServer, programme: Programme) -> Iterator[tuple[int, Older]]:
    """Somebody who agrees to everything, and the database as it was before they ended anything."""
    contact = programme.person()
    older = Older(postgres_server, programme.region)
    yield contact, older
    older.drop()


def agreed(region: Region, contact: int) -> frozenset[Consent]:
    found = contacts.get(region, contact)
    assert found is not None
    return found.agreed


def test_whoever_was_erased_since_is_erased_again(programme: Programme, backed_up: tuple[int, Older]) -> None:
    contact, older = backed_up
    programme.now = THEN
    programme.erase(contact)

    assert older.end_the_same_as(programme.region) == Ended(erased=1)

    found = contacts.get(older.region, contact)
    assert found is not None
    assert (found.erased_at, found.name, found.email, found.agreed) == (THEN, None, None, frozenset())
    assert [(each.did, each.ref, each.by) for each in acts.listed(older.region)] == [
        ("erased", str(contact), "restore")
    ]
    assert older.end_the_same_as(programme.region) == Ended(), "twice is once"


def test_a_place_that_came_back_with_them_is_given_back_in_the_next_night(
    postgres_server: TestServer, programme: Programme
) -> None:
    session = programme.session(capacity=1)
    place, waits = programme.enrol(session), programme.enrol(session)
    older = Older(postgres_server, programme.region)
    programme.erase(place.contact_id)
    older.end_the_same_as(programme.region)
    assert programme_retention.tidy(older.region, RULES, THEN).places == 1
    then = Programme(older.region)
    assert (then.state(place), then.state(waits)) == ("left", "registered")
    older.drop()


def test_whoever_unsubscribed_since_is_not_written_to_again(
    programme: Programme, backed_up: tuple[int, Older]
) -> None:
    contact, older = backed_up
    contacts.withdraw(programme.region, contact, "one-click", THEN, purpose="sessions", transport="mail")
    assert older.end_the_same_as(programme.region) == Ended(withdrawn=1)
    assert agreed(older.region, contact) == agreed(programme.region, contact)
    assert MAIL not in agreed(older.region, contact)
    (row,) = sql(
        older.region, "SELECT withdrawn_at, withdrawn_by FROM consent WHERE withdrawn_at IS NOT NULL"
    )
    assert tuple(row) == (THEN, "one-click")


def test_whoever_agreed_anew_after_a_withdrawal_that_the_backup_knows_still_agrees(
    postgres_server: TestServer, programme: Programme
) -> None:
    contact = programme.person()
    contacts.withdraw(programme.region, contact, "preferences", THEN, purpose="sessions", transport="mail")
    with programme.region.begin() as connection:
        contacts.agree(connection, contact, [MAIL], {"how": "preferences"}, THEN)
    older = Older(postgres_server, programme.region)
    assert older.end_the_same_as(programme.region) == Ended()
    assert MAIL in agreed(older.region, contact)
    older.drop()


def test_an_address_that_bounced_since_takes_no_mail(
    programme: Programme, backed_up: tuple[int, Older]
) -> None:
    contact, older = backed_up
    with programme.region.begin() as connection:
        contacts.stop(connection, contact, "mail", "it bounced")
    assert older.end_the_same_as(programme.region) == Ended(stopped=1)
    found = contacts.get(older.region, contact)
    assert found is not None
    assert (found.mail_stopped, found.sms_stopped) == ("it bounced", None)
    assert older.end_the_same_as(programme.region) == Ended()


def test_coaches_who_ended_since_are_ended_and_whoever_is_signed_in_does_so_anew(
    postgres_server: TestServer, programme: Programme
) -> None:
    coaches.keep(programme.region, "Claire", "claire@region.example")
    token = officer_sessions.begin(programme.region, "u-1", "Ada", ["postings"], None, NOON)
    older = Older(postgres_server, programme.region)
    coaches.end(programme.region, "claire@region.example", THEN)
    assert older.end_the_same_as(programme.region) == Ended(coaches=1, sessions=1)
    assert coaches.listed(older.region) == []
    assert officer_sessions.opened(older.region, token, ACCESS, NOON) is None
    older.drop()


def test_who_wants_no_digest_since_has_none_and_what_was_sent_is_not_sent_again(
    postgres_server: TestServer, programme: Programme
) -> None:
    """A restore of Sunday's backup on a Monday would have sent every digest of that Monday a second time."""
    region = programme.region
    mine = hosts.keep_official(region, "Ada", "élue", "ada@region.example").id
    older = Older(postgres_server, region)
    other = hosts.keep_official(region, "Bo", "élu", "bo@region.example").id
    readers.stop(region, "officials", str(mine), THEN)
    readers.stop(region, "officials", str(other), THEN)
    readers.stop(region, "press", "hash", THEN)
    sql(
        region,
        "INSERT INTO digest_edition (role, week, due_at, until, state, figures, letters, made_at, ended_at) VALUES "
        "('press', '2026-W48', :now, :now, 'sent', '{\"jobs\": 2}', 3, :now, :now), ('coaches', '2026-W48', :now, :now, 'waiting', '{}', 0, :now, NULL)",
        now=THEN,
    )
    assert older.end_the_same_as(region) == Ended(digests=2, editions=1)
    assert older.end_the_same_as(region) == Ended()
    (sent,) = editions.listed(older.region, limit=5)
    assert (sent.role, sent.state, sent.letters, sent.figures) == ("press", "sent", 3, {"jobs": 2})
    with older.region.begin() as connection:
        assert readers.stopped(connection, "officials") == {str(mine)}
        assert readers.stopped(connection, "press") == {"hash"}
    older.drop()


def test_a_backup_of_another_hub_has_other_people_of_the_same_numbers(
    postgres_server: TestServer, template: str, programme: Programme
) -> None:
    other_name = fresh_name("other")
    postgres_server.create_database(other_name, template)
    other = Region(postgres_server.url(other_name))
    theirs = Programme(other, now=NOON + dt.timedelta(microseconds=1)).person()
    contact = programme.person()
    assert contact == theirs
    programme.erase(contact)
    assert endings.apply(other, endings.read(programme.region), THEN) == Ended()
    assert agreed(other, theirs)
    other.dispose()
    postgres_server.drop_database(other_name)


def test_a_database_without_people_has_ended_nothing(empty_database_url: str) -> None:
    empty = Region(empty_database_url)
    assert endings.read(empty) == Endings((), (), (), ())
    empty.dispose()


def test_who_is_known_after_a_restore_has_a_number_that_no_link_out_there_names(
    programme: Programme, backed_up: tuple[int, Older]
) -> None:
    """A link names a contact by number: drawn twice, the link of whoever was lost would open another's preferences."""
    _, older = backed_up
    lost = programme.person()
    place = programme.enrol(programme.session(), lost)
    rewinding.rewind(older.region, [], "a test", newest=rewinding.drawn(programme.region))
    then = Programme(older.region)
    session = then.session(title="Une autre")
    again = then.enrol(session, then.person(name="Nouvelle", email="nouvelle@firme.example"))
    assert again.contact_id > lost + rewinding.NUMBERS_GAP
    assert again.id > place.id + rewinding.NUMBERS_GAP
    with older.region.begin() as connection:
        assert connection.scalar(text("SELECT nextval('question_id_seq')")) > rewinding.NUMBERS_GAP


@pytest.mark.parametrize("deed", ["withdrawn", "erased"])
def test_nobody_is_shown_again_who_withdrew_or_was_erased_since(
    postgres_server: TestServer, programme: Programme, deed: str
) -> None:
    """A backup brought back the face of a minor whose guardian had withdrawn: consents of that table were not carried over."""
    world = Covering(programme.region, NOON)
    child, other = world.agreed(), world.agreed()
    medium, kept = world.published(child), world.published(other)
    older = Older(postgres_server, programme.region)
    try:
        if deed == "withdrawn":
            world.withdraw(child, "guardian")
        else:
            coverage_rights.erase(world.region, child.email, "Ada", world.now)
        done = older.end_the_same_as(world.region)
        assert done == (Ended(shown=3) if deed == "withdrawn" else Ended(students=1))
        assert older.end_the_same_as(world.region) == Ended(), "twice is once"
        assert media.served(older.region, medium.ref, world.now) is None
        assert [each.ref for each, _ in media.wall(older.region, world.event.id, world.now)] == [kept.ref]
        wanted = "SELECT subject FROM effect WHERE channel = 'instagram' AND wanted_hash IS NOT NULL"
        assert [row.subject for row in sql(older.region, wanted)] == [kept.ref]
    finally:
        older.drop()
