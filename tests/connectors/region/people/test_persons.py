"""A person across firms: found, shown, handed out, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import pytest

from connectors.person_export import SCHEMA, exported
from connectors.region.access import acts as log
from connectors.region.database import Region
from connectors.region.dialogues import hosts
from connectors.region.offers import postings
from connectors.region.people import contacts, person_records, persons
from connectors.region.people.person_records import Kept
from connectors.region.people.persons import Erased
from connectors.region.sessions.enrolments import Enrolment
from connectors.region.tables import METADATA
from schemas import documents
from schemas.errors import Misconfigured
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from schemas.letters import NAMED, Kind
from tests.hands import sql
from tests.makers import NOON, portal_draft
from tests.programme import BEGINS, DAY, HOUR, Programme
from tests.questions import BODY, Forum
from tests.reminder_rules import RULES, WEEK

pytestmark = pytest.mark.database
ADDRESS = "camille@canary.example"


def camille(programme: Programme, **changes: Any) -> int:
    return programme.person(**{"name": "Camille Canari", "email": ADDRESS, **changes})


def erase(programme: Programme, contact: int, **more: Any) -> Erased:
    return persons.erase(programme.region, RULES, contact, programme.now, **more)


def kept(programme: Programme, contact: int) -> Kept:
    return person_records.of(programme.region, contact, "exported", "ada", programme.now)


def acts(programme: Programme) -> Sequence[tuple[str, int | None, str]]:
    return [
        (each.did, int(each.ref) if each.ref else None, each.by)
        for each in log.listed(programme.region, on="contact")
    ][::-1]


# Found


@pytest.mark.parametrize(
    "words",
    [
        ADDRESS,
        "CAMILLE@Canary.example",
        "06 12 34 56 78",
        "+33 6 12 34 56 78",
        "canari",
        "  camille  canari ",
    ],
)
def test_a_person_is_found_by_address_number_or_part_of_a_name(programme: Programme, words: str) -> None:
    other = programme.person(phone="+33611111111")
    wanted = camille(programme)
    found = persons.find(programme.region, words, "ada", NOON)
    assert [(each.contact, each.email) for each in found] == [(wanted, ADDRESS)]
    assert other != wanted


@pytest.mark.parametrize("words", ["%%%", "___", "inconnue", "camille@canary.exampl"])
def test_nobody_is_found_by_what_is_not_theirs(programme: Programme, words: str) -> None:
    camille(programme)
    assert persons.find(programme.region, words, "ada", NOON) == []


def test_two_letters_would_list_everybody(programme: Programme) -> None:
    with pytest.raises(Misconfigured, match="3 characters"):
        persons.find(programme.region, " ca ", "ada", NOON)


def test_who_was_erased_is_not_found(programme: Programme) -> None:
    erase(programme, camille(programme))
    assert persons.find(programme.region, "camille", "ada", NOON) == []


def test_who_looked_is_noted_and_not_for_what(programme: Programme) -> None:
    wanted = camille(programme)
    persons.find(programme.region, "camille", "ada", NOON)
    persons.find(programme.region, "personne d’autre", "ada", NOON)
    assert acts(programme) == [("found", wanted, "ada"), ("found", None, "ada")]
    assert "camille" not in str(sql(programme.region, "SELECT act::text FROM act")).lower()


# Erased


def test_places_to_come_are_given_back_and_who_waits_has_them(programme: Programme) -> None:
    session = programme.session(capacity=1)
    first, second = programme.enrol(session, camille(programme)), programme.enrol(session)

    erased = erase(programme, first.contact_id)

    assert (erased.contacts, erased.places) == ((first.contact_id,), 1)
    assert (programme.state(first), programme.state(second)) == ("left", "registered")
    assert programme.kinds(second) == ["waiting", "promoted"]
    assert programme.kinds(first) == ["registered"], "nobody writes to whom they forget"
    assert set(programme.reminders(second).values()) == {"waiting"}
    assert set(programme.reminders(first).values()) == {"void"}


def test_a_place_on_a_waiting_list_is_given_back_too(programme: Programme) -> None:
    session = programme.session(capacity=1)
    programme.enrol(session)
    waits = programme.enrol(session, camille(programme))
    assert erase(programme, waits.contact_id).places == 1
    assert programme.state(waits) == "left"


def test_that_somebody_came_stays_without_who(programme: Programme) -> None:
    session = programme.session()
    came = programme.enrol(session, camille(programme))
    programme.now = BEGINS + HOUR
    programme.attend(came)
    assert erase(programme, came.contact_id).places == 0
    assert programme.state(came) == "present"
    found = contacts.get(programme.region, came.contact_id)
    assert found is not None
    assert (found.name, found.email, found.phone, found.agreed) == (None, None, None, frozenset())


def due(programme: Programme) -> tuple[Enrolment, Enrolment]:
    """Camille's place and another's, in the minute in which both are to be reminded."""
    session = programme.session()
    places = programme.enrol(session, camille(programme)), programme.enrol(session)
    programme.now = BEGINS - 7 * DAY
    return places


def test_a_waiting_reminder_of_an_erased_person_never_leaves(programme: Programme) -> None:
    theirs, others = due(programme)
    erase(programme, theirs.contact_id)
    programme.minute()
    assert programme.reminders(theirs)[WEEK.name] == "void"
    assert programme.reminders(others)[WEEK.name] == "sent"
    assert len(programme.post.told["mail"]) == 1


def test_a_queued_reminder_of_an_erased_person_never_leaves(programme: Programme) -> None:
    theirs, others = due(programme)
    programme.queue()
    assert programme.reminders(theirs)[WEEK.name] == "queued"
    erase(programme, theirs.contact_id)
    programme.post.send("mail")
    programme.close()
    assert programme.reminders(theirs)[WEEK.name] == "void"
    assert programme.reminders(others)[WEEK.name] == "sent"
    assert len(programme.post.told["mail"]) == 1


def test_a_letter_that_a_worker_has_claimed_tells_an_erased_person_nothing(programme: Programme) -> None:
    """The intent is committed and nothing was handed over yet: what it may tell is asked once more, right before."""
    theirs, _ = due(programme)
    programme.queue()
    lease, intents = programme.post.claim("mail")
    erase(programme, theirs.contact_id)
    programme.post.receive(lease, [programme.post.deliver("mail", intent) for intent in intents])
    programme.close()
    assert len(programme.post.told["mail"]) == 1
    assert programme.reminders(theirs)[WEEK.name] == "void"


def test_a_parked_reminder_of_an_erased_person_is_not_sent_by_a_replay(programme: Programme) -> None:
    theirs, _ = due(programme)
    programme.post.answers["mail"] = "parked"
    programme.minute()
    told = len(programme.post.told["mail"])
    erase(programme, theirs.contact_id)
    sql(programme.region, "UPDATE effect SET state = 'planned', not_before = NULL WHERE state = 'parked'")
    programme.post.answers["mail"] = "done"
    programme.minute()
    assert len(programme.post.told["mail"]) == told + 1, "the other one's"


def test_whoever_has_the_address_in_two_firms_is_forgotten_in_both(programme: Programme) -> None:
    session = programme.session()
    one, other = camille(programme), camille(programme, email=ADDRESS.upper(), name="C. Canari")
    stranger = programme.person()
    for contact in (one, other, stranger):
        programme.enrol(session, contact)

    erased = erase(programme, other)

    assert erased.contacts == (one, other)
    assert erased.places == 2
    found = contacts.get(programme.region, stranger)
    assert found is not None
    assert found.erased_at is None


def test_without_an_address_the_telephone_number_says_who_it_is(programme: Programme) -> None:
    one, other = (programme.person(email=None, phone="+33698000001") for _ in range(2))
    with_address = camille(programme, phone="+33698000001")
    assert erase(programme, one).contacts == (one, other)
    assert erase(programme, with_address).contacts == (with_address,), "a shared number is no shared address"


def test_what_nobody_has_confirmed_goes_too(programme: Programme) -> None:
    contact = camille(programme)
    draft = Registration(
        firm=FirmDraft(siret="73282932000074", name="Fournil"),
        person=PersonDraft(name="Camille Canari", email=ADDRESS.title()),
        told_at=NOON,
        origin="form",
    )
    programme.ask(draft)
    assert erase(programme, contact).registrations == 1
    assert sql(programme.region, "SELECT count(*) FROM registration")[0][0] == 0


def test_offers_posted_with_the_address_are_told_and_left(programme: Programme) -> None:
    posted = postings.add(programme.region, portal_draft(), ADDRESS.upper(), b"origin", NOON)
    assert erase(programme, camille(programme)).postings == (posted.ref,)
    assert sql(programme.region, "SELECT contact FROM posting")[0].contact == ADDRESS.upper()


def test_they_leave_the_cohorts_that_go_on_and_stay_counted_in_those_that_are_over(
    programme: Programme,
) -> None:
    contact, open_one, over = camille(programme), programme.cohort(), programme.cohort()
    sql(programme.region, "UPDATE cohort SET state = 'finished', finished_at = now() WHERE id = :id", id=over)
    for cohort in (open_one, over):
        sql(
            programme.region,
            "INSERT INTO cohort_member (cohort_id, contact_id, joined_at, why) VALUES (:cohort, :contact, :now, 'Camille')",
            cohort=cohort,
            contact=contact,
            now=NOON,
        )
    erase(programme, contact)
    rows = sql(
        programme.region, "SELECT cohort_id, left_at IS NULL AS stays, why FROM cohort_member ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [(open_one, False, None), (over, True, None)]


def test_a_dry_run_tells_what_would_be_and_touches_nothing(programme: Programme) -> None:
    session = programme.session(capacity=1)
    place = programme.enrol(session, camille(programme))
    programme.enrol(session)
    before = programme.letters()
    told = erase(programme, place.contact_id, dry_run=True)
    assert (programme.state(place), programme.letters(), acts(programme)) == ("registered", before, [])
    assert erase(programme, place.contact_id) == told
    assert told == Erased((place.contact_id,), places=1, reminders=3 + len(_after()))


def _after() -> list[str]:
    """The rules that speak after a seminar."""
    return [rule.name for rule in RULES if not rule.is_before and "seminar" in rule.kinds]


def test_erasing_twice_is_once(programme: Programme) -> None:
    contact = camille(programme)
    erase(programme, contact)
    assert erase(programme, contact) == Erased()
    assert acts(programme) == [("erased", contact, "themselves")]


def test_whoever_is_not_known_cannot_be_erased(programme: Programme) -> None:
    with pytest.raises(Misconfigured, match="No contact 7"):
        erase(programme, 7)


def test_who_comes_back_after_an_erasure_is_somebody_new(programme: Programme) -> None:
    first = camille(programme)
    erase(programme, first)
    assert camille(programme) != first


def test_of_every_kind_of_letter_it_is_known_whom_it_goes_to() -> None:
    """An export, a journey and a bounce find a letter's reader by it."""
    assert set(NAMED) == set(get_args(Kind))


# Handed out


def filled(programme: Programme) -> int:
    """Camille, in every table that can name somebody."""
    region, session = programme.region, programme.session()
    contact = camille(programme, role="gérante canari")
    draft = Registration(
        firm=FirmDraft(siret="73282932000074", name="Fournil"),
        person=PersonDraft(name="Camille Canari", email=ADDRESS),
        told_at=NOON,
        origin="form",
        consents=(Consent("sessions", "mail"),),
        session=session.ref,
    )
    programme.ask(draft)
    confirmed = programme.ask(Registration(draft.firm, PersonDraft("X", "x@canary.example"), NOON, "form"))
    sql(
        region,
        "UPDATE registration SET draft = NULL, email = NULL, contact_id = :contact, confirmed_at = :now WHERE id = :id",
        contact=contact,
        now=NOON,
        id=confirmed.id,
    )
    place = programme.enrol(session, contact)
    contacts.withdraw(region, contact, "preferences", NOON, purpose="invitations")
    programme.now = BEGINS - 7 * DAY
    programme.minute()
    programme.now = BEGINS + HOUR
    programme.attend(place)
    for statement in (
        (
            "INSERT INTO answer (contact_id, about, enrolment_id, content, at) VALUES (:c, 'satisfaction', :e, "
            '\'{"overall": 5, "text": "réponse canari"}\', :now)'
        ),
        "INSERT INTO cohort_member (cohort_id, contact_id, joined_at, why) VALUES (:g, :c, :now, 'raison canari')",
        "INSERT INTO bounce (marker, kind, status, contact_id, at) VALUES ('registered.1-f', 'soft', '4.2.2', :c, :now)",
        "INSERT INTO coach (name, email) VALUES ('Coach Canari', :address)",
        "UPDATE contact SET mail_stopped = 'boîte canari', availability = '[\"tue-evening\"]' WHERE id = :c",
    ):
        sql(region, statement, c=contact, e=place.id, g=programme.cohort(), now=NOON, address=ADDRESS.title())
    postings.add(region, portal_draft(), ADDRESS, b"origin", NOON)
    _ask(Forum(programme), contact)
    return contact


def _ask(forum: Forum, contact: int) -> None:
    """Camille asks, watches, and has not confirmed something else; she is an official and a moderator, too."""
    own, others = forum.waiting(f"Canari ? {BODY}"), forum.published(BODY, email="autre@example.fr")
    asked = forum.confirm(forum.watch(others, "encore@example.fr").ref).contact
    for table in ("question", "ask", "watch"):
        sql(
            forum.region,
            f"UPDATE {table} SET contact_id = :contact WHERE contact_id IN (:own, :asked)",
            contact=contact,
            own=own.contact_id,
            asked=asked,
        )
    forum.ask(f"Canari encore ? {BODY}", email=ADDRESS)
    hosts.keep_official(forum.region, "Élue Canari", "conseillère", ADDRESS)
    hosts.keep_moderator(forum.region, "Modératrice Canari", ADDRESS)
    _cover(forum.region)


def _cover(region: Region) -> None:
    """Camille is a student's guardian."""
    for statement in (
        """INSERT INTO event (ref, name, place, department, first_day, last_day, created_at)
        VALUES ('e1', 'Musilac', 'Aix-les-Bains', '73', '2027-07-08', '2027-07-11', :now)""",
        """INSERT INTO student (name, email, born, guardian_name, guardian_email, created_at)
        VALUES ('Élève Canari', 'eleve@lycee.example', '2010-01-01', 'Camille Canari', :address, :now)""",
        "INSERT INTO crew_member (event_id, student_id, role) SELECT e.id, s.id, 'cadreuse' FROM event e, student s",
        """INSERT INTO media_consent (student_id, kind, scopes, given_by, given_at, proof, expires_at)
        SELECT id, 'image', '["portal"]', 'guardian', :now, 'papier', '2030-01-01' FROM student""",
    ):
        sql(region, statement, now=NOON, address=ADDRESS)


def test_an_export_holds_everything_and_fits_its_schema(programme: Programme) -> None:
    contact = filled(programme)
    persons.find(programme.region, ADDRESS, "ada", NOON)

    told = exported(kept(programme, contact), "https://portail.example", NOON)

    assert documents.report(SCHEMA, told) == []
    (record,) = told["contacts"]
    empty = [name for name, part in record.items() if part in (None, [], {}) and name != "sms_stopped"]
    assert empty == [], "this test fills every part"
    assert all(part for part in told.values()), "of what the address alone tells, too"
    for word in (
        "Camille Canari",
        "gérante canari",
        "réponse canari",
        "raison canari",
        "boîte canari",
        "Coach Canari",
        "Élue Canari",
        "Modératrice Canari",
        "Élève Canari",
        f"Canari ? {BODY}",
        f"Canari encore ? {BODY}",
    ):
        assert word in str(told)
    assert {letter["kind"] for letter in record["letters"]} == {
        *("confirm", "registered", "reminder"),
        *("confirm_question", "confirm_watch"),
    }
    assert {each["state"] for each in record["reminders"]} >= {"sent", "waiting"}
    assert told["kept_for"]["contact"] == "P3Y"
    assert told["privacy_page"] == "https://portail.example/vie-privee"
    assert record["acts"] == [{"act": "found", "at": "2026-11-24T12:00:00Z"}]
    assert "ada" not in str(told), "who of the staff it was is not theirs to know"


def test_an_export_of_whom_little_is_known_fits_the_schema_too(programme: Programme) -> None:
    with programme.region.begin() as connection:
        contact = contacts.keep(
            connection, None, PersonDraft("Ada", None, "+33612345678"), (), "sheet.csv", NOON
        )
    told = exported(kept(programme, contact), "https://portail.example", NOON)
    assert documents.report(SCHEMA, told) == []
    assert told["contacts"][0]["firm"] is None


def test_an_export_is_of_one_person_alone(programme: Programme) -> None:
    stranger = programme.enrol(programme.session(), programme.person(name="Étrangère"))
    contact = filled(programme)
    sql(
        programme.region,
        "INSERT INTO bounce (marker, kind, contact_id, at) VALUES ('x', 'hard', :c, now())",
        c=stranger.contact_id,
    )
    told = exported(kept(programme, contact), "https://portail.example", NOON)
    assert len(told["contacts"]) == 1
    assert "Étrangère" not in str(told)
    assert len(told["contacts"][0]["bounces"]) == 1
    assert f"'number': {stranger.id}" not in str(told)


def test_every_table_that_can_name_somebody_is_read() -> None:
    """A table that comes later and names people by number or address must be in the export, or this fails."""
    naming = {
        table.name
        for table in METADATA.tables.values()
        if any(key.column.table.name == "contact" for key in table.foreign_keys)
        or {"email", "contact", "phone"} & set(table.columns.keys())
    }
    assert naming | {"contact"} == person_records.READ


def test_that_somebody_was_handed_what_is_kept_is_noted(programme: Programme) -> None:
    one, other = camille(programme), camille(programme)
    kept(programme, one)
    assert acts(programme) == [("exported", one, "ada"), ("exported", other, "ada")]


def test_of_whom_was_erased_nothing_can_be_handed_out(programme: Programme) -> None:
    contact = camille(programme)
    erase(programme, contact)
    with pytest.raises(Misconfigured, match="was erased"):
        kept(programme, contact)


def test_after_an_erasure_no_table_holds_a_word_of_theirs(programme: Programme) -> None:
    """Every row of every table, as text. Offers posted with the address, a host's and a student's entry have terms of their own."""
    contact = filled(programme)
    sql(programme.region, "DELETE FROM posting")
    for table in ("coach", "official", "moderator"):
        sql(programme.region, f"DELETE FROM {table} WHERE lower(email) = :address", address=ADDRESS)
    for table in ("crew_member", "media_consent", "student"):
        sql(programme.region, f"DELETE FROM {table}")
    assert _naming(programme.region) >= {"contact", "registration", "answer", "cohort_member"}
    erase(programme, contact)
    assert _naming(programme.region) == set()


def test_the_ledger_and_the_queue_name_nobody_even_before(programme: Programme) -> None:
    """What was sent and what waits names people by number: no address, name or telephone number is in a row of theirs."""
    filled(programme)
    ours = {"effect", "reminder", "enrolment", "session", "bounce", "act", "consent"}
    assert _naming(programme.region) & ours == set()
    ((letters,),) = sql(
        programme.region, "SELECT count(*) FROM effect WHERE content ->> 'about' = 'programme'"
    )
    assert letters >= 4


def _naming(region: Region) -> set[str]:
    """The tables with a row in which something of Camille's stands."""
    words = ("%canari%", "%canary%", "%camille@%", "%33612345678%")
    return {
        name
        for name in METADATA.tables
        if sql(
            region,
            f'SELECT count(*) FROM "{name}" WHERE "{name}"::text ILIKE ANY(:words)',
            words=list(words),
        )[0][0]
    }
