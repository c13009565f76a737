"""Retention: each term at its last moment and at the one after, and a dry run that tells the same."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest

from connectors.region.access import acts
from connectors.region.cohorts import coaches
from connectors.region.dialogues import hosts
from connectors.region.dialogues.hosts import Moderator, Official
from connectors.region.people import contacts, persons, programme_retention
from connectors.region.people.programme_retention import Tidied
from connectors.region.sessions import enrolments
from core import terms
from core.terms import Term
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, HOUR, Programme
from tests.questions import Forum, count
from tests.reminder_rules import RULES

pytestmark = pytest.mark.database
SECOND = dt.timedelta(seconds=1)
DRAFT = Registration(
    firm=FirmDraft(siret="73282932000074", name="Fournil"),
    person=PersonDraft(name="Ada", email="ada@fournil.example"),
    told_at=NOON,
    origin="form",
)


def tidy(programme: Programme, now: dt.datetime, *, dry_run: bool = False) -> Tidied:
    return programme_retention.tidy(programme.region, RULES, now, dry_run=dry_run)


def end_of(term: Term, since: dt.datetime) -> dt.datetime:
    """The first instant at which it is over."""
    if term.unit == "years":
        return since.replace(year=since.year + term.amount)
    return since + dt.timedelta(**{term.unit: term.amount})


def check(programme: Programme, field: str, since: dt.datetime, rows: int = 1) -> None:
    """That ``field`` has ``rows`` to go when its term is over, not a second before, told by a dry run and done once."""
    end = end_of(terms.TERMS[field], since)
    assert getattr(tidy(programme, end - SECOND), field) == 0
    told = tidy(programme, end, dry_run=True)
    assert getattr(told, field) == rows
    assert tidy(programme, end) == told
    assert tidy(programme, end) == Tidied()


def insert(programme: Programme, statement: str, **values: Any) -> None:
    sql(programme.region, statement, **values)


def one(programme: Programme, statement: str, **values: Any) -> Any:
    return sql(programme.region, statement, **values)[0][0]


def test_with_nothing_to_do_nothing_is_done(programme: Programme) -> None:
    programme.enrol(programme.session())
    assert tidy(programme, NOON + DAY) == Tidied()


def test_a_registration_that_nobody_confirms_is_deleted_after_48_hours(programme: Programme) -> None:
    programme.ask(DRAFT)
    insert(programme, "UPDATE registration SET origin = NULL")
    check(programme, "registration", NOON)
    assert one(programme, "SELECT count(*) FROM registration") == 0


def test_the_hash_of_a_network_address_is_kept_for_a_day(programme: Programme) -> None:
    """Of a registration that was confirmed, and of one that still may be."""
    programme.ask(DRAFT)
    insert(
        programme,
        "INSERT INTO registration (ref, siret, contact_id, origin, created_at, confirmed_at) VALUES ('I-1', '1', :c, 'x', :now, :now)",
        c=programme.person(),
        now=NOON,
    )
    check(programme, "origin", NOON, rows=2)
    assert one(programme, "SELECT count(*) FROM registration") == 2


def test_the_free_text_of_an_answer_goes_after_two_years_and_the_numbers_stay(programme: Programme) -> None:
    place = programme.enrol(programme.session())
    insert(
        programme,
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'satisfaction', :e, "
        '\'{"overall": 4, "text": "Merci à Camille"}\', :now)',
        c=place.contact_id,
        e=place.id,
        now=NOON,
    )
    check(programme, "free_text", NOON)
    assert one(programme, "SELECT content FROM answer") == {"overall": 4}


def test_a_bounce_is_kept_for_a_year(programme: Programme) -> None:
    insert(
        programme,
        "INSERT INTO bounce (marker, kind, contact_id, at) VALUES ('a-1', 'hard', :c, :now)",
        c=programme.person(),
        now=NOON,
    )
    check(programme, "bounce", NOON)
    assert one(programme, "SELECT count(*) FROM bounce") == 0


def test_the_proof_of_a_consent_is_kept_for_five_years_after_its_end(programme: Programme) -> None:
    contact = programme.person()
    contacts.withdraw(programme.region, contact, "one-click", NOON, purpose="sessions", transport="mail")
    insert(programme, "UPDATE contact SET seen_at = :then", then=NOON.replace(year=2031))
    check(programme, "proof", NOON)
    kept = sql(programme.region, "SELECT proof, withdrawn_at FROM consent ORDER BY id")
    assert [(row.proof == {}, row.withdrawn_at == NOON) for row in kept] == [(True, True)] + [
        (False, False)
    ] * 5


def test_a_coach_is_forgotten_a_year_after_their_end(programme: Programme) -> None:
    coaches.keep(programme.region, "Claire Petit", "claire@region.example")
    stays = coaches.keep(programme.region, "Ali Roux", "ali@region.example")
    programme.now = BEGINS + HOUR
    session = programme.session(starts_wall=dt.datetime.fromisoformat("2026-12-15T17:00"))
    came = programme.enrol(session)
    programme.now = BEGINS + 4 * HOUR
    enrolments.sheet(programme.region, session.ref, [came.id], "Claire Petit", programme.now)
    coaches.end(programme.region, "claire@region.example", NOON)

    check(programme, "coach", NOON)

    assert coaches.listed(programme.region, every=True) == [stays]
    assert one(programme, "SELECT count(*) FROM coach WHERE name IS NULL AND email IS NULL") == 1
    assert one(programme, "SELECT attended_by FROM enrolment") == "sheet", "their name was signed there too"


def test_a_coach_who_comes_back_after_they_were_forgotten_is_a_new_one(programme: Programme) -> None:
    first = coaches.keep(programme.region, "Claire Petit", "claire@region.example")
    coaches.end(programme.region, "claire@region.example", NOON)
    tidy(programme, NOON.replace(year=2028))
    assert coaches.keep(programme.region, "Claire Petit", "claire@region.example").id != first.id


def test_acts_on_people_s_data_are_kept_for_five_years(programme: Programme) -> None:
    """By the database's clock, too: no worker whose clock is wrong drops what is younger."""
    long_ago = NOON.replace(year=2019)
    for year in (2019, 2026):
        persons.find(programme.region, "quelqu’un", "ada", NOON.replace(year=year))
    check(programme, "act", long_ago)
    assert tidy(programme, NOON.replace(year=2062)).act == 0
    assert acts.verified(programme.region).faults == ()


# Without a sign of life


def test_whoever_shows_no_sign_of_life_for_three_years_is_forgotten(programme: Programme) -> None:
    contact = programme.person()
    end = NOON.replace(year=2029)
    assert tidy(programme, end - SECOND).contact == 0
    assert tidy(programme, end, dry_run=True).contact == 1
    assert tidy(programme, end).contact == 1
    found = contacts.get(programme.region, contact)
    assert found is not None
    assert (found.erased_at, found.email) == (end, None)
    assert [(each.did, each.by) for each in acts.listed(programme.region, on="contact")] == [
        ("erased", "term")
    ]
    assert tidy(programme, end).contact == 0


LATER = NOON.replace(year=2028)
SIGNS = {
    "they enrolled": "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at) VALUES (:s, :c, 'left', :at, :at)",
    "they came": "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at, attended_at) "
    "VALUES (:s, :c, 'present', :at, :long_ago, :at)",
    "they have a place to come": "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at) "
    "VALUES (:future, :c, 'registered', :long_ago, :long_ago)",
    "they wait for a place": "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at) "
    "VALUES (:future, :c, 'waiting', :long_ago, :long_ago)",
    "they agreed to something": "INSERT INTO consent (contact_id, purpose, transport, given_at, proof) "
    "VALUES (:c, 'follow_up', 'sms', :at, '{}')",
    "they are in a cohort that goes on": "INSERT INTO cohort_member (cohort_id, contact_id, joined_at) VALUES (:g, :c, :long_ago)",
    "they were in a cohort that ended since": "WITH over AS (UPDATE cohort SET state = 'finished', finished_at = :at) "
    "INSERT INTO cohort_member (cohort_id, contact_id, joined_at) VALUES (:g, :c, :long_ago)",
    "they wrote to us themselves": "UPDATE contact SET seen_at = :at WHERE id = :c",
    "they are known in another firm": "INSERT INTO contact (email, origin, created_at, seen_at) SELECT upper(email), 'portal', :at, :at "
    "FROM contact WHERE id = :c",
}
NO_SIGNS = {
    "they missed an old session": "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at) "
    "VALUES (:s, :c, 'absent', :at, :long_ago)",
    "a session to come was cancelled": "WITH off AS (UPDATE session SET state = 'cancelled' WHERE id = :future) "
    "INSERT INTO enrolment (session_id, contact_id, state, since, enrolled_at) VALUES (:future, :c, 'registered', :long_ago, :long_ago)",
    "they left a cohort long ago": "INSERT INTO cohort_member (cohort_id, contact_id, joined_at, left_at) "
    "VALUES (:g, :c, :long_ago, :long_ago)",
    "they were proposed for a cohort that nobody wanted": "WITH no AS (UPDATE cohort SET state = 'refused') "
    "INSERT INTO cohort_member (cohort_id, contact_id, joined_at) VALUES (:g, :c, :long_ago)",
    "somebody has their telephone number": "INSERT INTO contact (email, phone, origin, created_at, seen_at) "
    "VALUES ('x@other.example', '+33612345678', 'portal', :at, :at)",
}


@pytest.mark.parametrize("sign", [*SIGNS, *NO_SIGNS])
def test_a_sign_of_life_is_one_and_what_others_did_is_none(programme: Programme, sign: str) -> None:
    contact, session, cohort = programme.person(consents=()), programme.session(), programme.cohort()
    future = programme.session(starts_wall=dt.datetime.fromisoformat("2031-01-07T14:00"))
    insert(
        programme,
        {**SIGNS, **NO_SIGNS}[sign],
        c=contact,
        s=session.id,
        future=future.id,
        g=cohort,
        at=LATER,
        long_ago=NOON,
    )
    tidy(programme, NOON.replace(year=2029))
    found = contacts.get(programme.region, contact)
    assert found is not None
    assert (found.erased_at is None) == (sign in SIGNS)


def test_an_answer_is_a_sign_of_life(programme: Programme) -> None:
    place = programme.enrol(programme.session(), programme.person(consents=()))
    insert(
        programme,
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'outcome_6', :e, '{}', :at)",
        c=place.contact_id,
        e=place.id,
        at=LATER,
    )
    assert tidy(programme, NOON.replace(year=2029)).contact == 0


def test_an_unsubscription_is_no_sign_of_life(programme: Programme) -> None:
    """Who does not want to be written to is not kept for longer because they said so."""
    contacts.withdraw(programme.region, programme.person(), "one-click", LATER)
    assert tidy(programme, NOON.replace(year=2029)).contact == 1


def test_a_person_of_two_firms_goes_when_both_records_are_silent(programme: Programme) -> None:
    for _ in range(2):
        programme.person(email="deux@firmes.example")
    assert tidy(programme, NOON.replace(year=2029)).contact == 2
    assert one(programme, "SELECT count(*) FROM contact WHERE erased_at IS NULL") == 0
    assert one(programme, "SELECT count(*) FROM act WHERE did = 'erased'") == 2


# What is made good


def test_a_place_that_an_erased_person_still_has_is_given_back(programme: Programme) -> None:
    """Somebody pressed « S’inscrire » and « Effacer » at once, or a restore erased them anew."""
    session = programme.session(capacity=1)
    first, second = programme.enrol(session), programme.enrol(session)
    programme.erase(first.contact_id)
    assert tidy(programme, NOON, dry_run=True) == Tidied(places=1)
    assert programme.state(first) == "registered", "nothing was touched"
    assert tidy(programme, NOON) == Tidied(places=1)
    assert (programme.state(first), programme.state(second)) == ("left", "registered")
    assert tidy(programme, NOON) == Tidied()


def test_a_dry_run_of_everything_at_once_tells_what_is_done(programme: Programme) -> None:
    for year in (2019, 2026):
        persons.find(programme.region, "quelqu’un", "ada", NOON.replace(year=year))
    programme.ask(DRAFT)
    place = programme.enrol(programme.session(), programme.person(consents=(Consent("sessions", "mail"),)))
    contacts.withdraw(programme.region, place.contact_id, "preferences", NOON)
    coaches.keep(programme.region, "Claire Petit", "claire@region.example")
    coaches.end(programme.region, "claire@region.example", NOON)
    insert(programme, "INSERT INTO bounce (marker, kind, at) VALUES ('a-1', 'hard', :now)", now=NOON)
    insert(
        programme,
        "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'satisfaction', :e, '{\"text\": \"a\"}', :now)",
        c=place.contact_id,
        e=place.id,
        now=NOON,
    )
    end = NOON.replace(year=2032)
    told = tidy(programme, end, dry_run=True)
    assert {name for name, number in msgspec.structs.asdict(told).items() if number} == {*terms.TERMS} - {
        "origin"
    }
    assert tidy(programme, end) == told
    assert tidy(programme, end) == Tidied()


# Dialogues


def test_what_residents_asked_and_nobody_confirmed_goes_after_48_hours(programme: Programme) -> None:
    forum = Forum(programme)
    kept = forum.waiting()
    forum.ask("Celle-ci, personne ne la confirme jamais ?")
    forum.follow(forum.dialogue()[1])
    check(programme, "registration", NOON, rows=3)
    assert forum.read(kept).state == "waiting"
    assert count(programme.region, "question") == 1
    assert count(programme.region, "ask") == 1


def test_where_asks_questions_and_votes_came_from_is_forgotten_after_a_day(programme: Programme) -> None:
    forum = Forum(programme)
    question = forum.published()
    forum.vote(question)
    forum.anonymous("Sans adresse, est-ce possible de demander ?")
    check(programme, "origin", NOON, rows=3)
    assert forum.read(question).votes == 1


def test_who_officials_and_moderators_were_is_forgotten_a_year_after_their_end(programme: Programme) -> None:
    hosts.keep_official(programme.region, "Ada Roux", "conseillère", "ada@region.example")
    hosts.keep_moderator(programme.region, "Inès", "ines@region.example")
    hosts.end(programme.region, Official, "ada@region.example", NOON)
    hosts.end(programme.region, Moderator, "ines@region.example", NOON)
    check(programme, "coach", NOON, rows=2)
