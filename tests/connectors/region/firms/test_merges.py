"""Two firms made one, and two again: whatever they had, every row of every table is as it was."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from connectors.region.access import acts
from connectors.region.database import Region
from connectors.region.firms import merges, registrations, unmerging
from connectors.region.people import contacts, persons
from core.firm_merging import Moves
from schemas.errors import Misconfigured, Refused
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.hands import sql
from tests.makers import NOON
from tests.programme import DAY, ENDS, EVERYTHING, STARTS, Programme

pytestmark = pytest.mark.database
WHY = "même établissement"
MAIL = Consent("invitations", "mail")


def dump(region: Region) -> dict[str, list[Any]]:
    """Every row of every table but those that say that a merge was made, and undone, and by whom."""
    with region.begin() as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        ).all()
        return {
            table: list(connection.scalars(text(f'SELECT to_jsonb(t)::text FROM "{table}" t ORDER BY 1')))
            for table in tables
            if table not in {"firm_merge", "act"}
        }


def merge(programme: Programme, keep: int, drop: int) -> merges.Merge:
    return merges.merge(programme.region, programme.rules, keep, drop, "Camille", WHY, programme.now)


def unmerge(programme: Programme, number: int) -> merges.Merge:
    return unmerging.unmerge(programme.region, number, "Camille", programme.now)


def firm_of(programme: Programme, contact: int) -> int | None:
    found = contacts.get(programme.region, contact)
    assert found is not None
    return found.firm_id


def held(programme: Programme, contact: int) -> set[Consent]:
    found = contacts.get(programme.region, contact)
    assert found is not None
    return set(found.agreed)


def two(programme: Programme, **changes: Any) -> tuple[int, int, int, int]:
    """Two firms with the same person: the numbers of both firms, and of both records."""
    keep, drop = programme.firm(), programme.firm()
    ours = programme.person(firm=keep, name="Ada Roux", email="ada@roux.example", **changes)
    theirs = programme.person(firm=drop, name="ROUX Ada", email="Ada@roux.example", **changes)
    return keep, drop, ours, theirs


STATES = st.sampled_from(["registered", "waiting", "left", "present", "absent"])
CONSENTS = st.lists(st.sampled_from(EVERYTHING), unique=True)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Ada Roux", "Roux Ada", "Bob Noir"]),
            "email": st.sampled_from(["ada@roux.example", "ADA@roux.example", "bob@noir.example"]),
            "phone": st.sampled_from([None, "+33612345678"]),
            "consents": CONSENTS,
            "withdrawn": CONSENTS,
            "places": st.dictionaries(st.integers(0, 2), STATES),
            "cohorts": st.dictionaries(st.integers(0, 1), st.booleans()),
            "erased": st.sampled_from([False, False, False, True]),
        }
    ),
    max_size=4,
)


class World:
    """Two firms with whatever they may have; the sessions are two to come and one that is over."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        starts = (STARTS, STARTS + 7 * DAY, STARTS + 14 * DAY)
        self.sessions = [programme.session(starts_wall=each, capacity=1000) for each in starts]
        self.cohorts = [programme.cohort(), programme.cohort()]

    def people(self, firm: int, wanted: list[dict[str, Any]]) -> None:
        programme, region = self.programme, self.programme.region
        for each in wanted:
            with region.begin() as connection:
                person = PersonDraft(each["name"], each["email"], each["phone"])
                contact = contacts.add(connection, firm, person, (), "portal", programme.now)
                contacts.agree(connection, contact, each["consents"], {"how": "test"}, programme.now - DAY)
            for consent in each["withdrawn"]:
                contacts.withdraw(
                    region,
                    contact,
                    "preferences",
                    programme.now,
                    purpose=consent.purpose,
                    transport=consent.transport,
                )
            for number, state in each["places"].items():
                enrolled = programme.enrol(self.sessions[number], contact)
                at = ENDS if state == "present" else None
                sql(
                    region,
                    "UPDATE enrolment SET state = :state, attended_at = :at WHERE id = :id",
                    state=state,
                    at=at,
                    id=enrolled.id,
                )
                sql(
                    region,
                    "INSERT INTO answer (contact_id, about, enrolment_id, content, at) "
                    "VALUES (:c, 'satisfaction', :e, '{}', :now)",
                    c=contact,
                    e=enrolled.id,
                    now=programme.now,
                )
            for number, over in each["cohorts"].items():
                sql(
                    region,
                    "INSERT INTO cohort_member (cohort_id, contact_id, joined_at, left_at) VALUES (:g, :c, :now, :left)",
                    g=self.cohorts[number],
                    c=contact,
                    now=programme.now,
                    left=programme.now if over else None,
                )
            sql(
                region,
                "INSERT INTO bounce (marker, kind, contact_id, at) VALUES (:m, 'soft', :c, :now)",
                m=f"m-{contact}",
                c=contact,
                now=programme.now,
            )
            if each["erased"]:
                programme.erase(contact)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ours=PEOPLE, theirs=PEOPLE, place=st.sampled_from([None, "69001"]))
def test_whatever_two_firms_had_a_merge_that_is_undone_leaves_every_row_as_it_was(
    programme: Programme, ours: list[dict[str, Any]], theirs: list[dict[str, Any]], place: str | None
) -> None:
    programme.now = NOON
    sql(programme.region, "TRUNCATE firm, firm_merge, contact, session, cohort, reminder, effect CASCADE")
    world = World(programme)
    keep = programme.firm(postal_code=place)
    drop = programme.firm(naf="47.11B", headcount="1-2", city="Lyon")
    world.people(keep, ours)
    world.people(drop, theirs)
    sql(programme.region, "UPDATE session SET capacity = 0")  # nobody who waits has what is given back
    before = dump(programme.region)
    programme.now += DAY

    made = merge(programme, keep, drop)

    between = dump(programme.region)
    assert len(between["firm"]) == len(before["firm"]) - 1
    for table in ("contact", "consent", "enrolment", "reminder", "answer", "bounce", "cohort_member"):
        assert len(between[table]) == len(before[table]), "nothing is deleted but a firm"
    doubled = sql(
        programme.region,
        "SELECT count(*) FROM enrolment e JOIN contact c ON c.id = e.contact_id "
        "WHERE c.merged_into IS NOT NULL AND e.state <> 'left'",
    )
    assert doubled[0][0] == 0, "nobody has two places"
    assert "example" not in str(
        sql(programme.region, "SELECT moves FROM firm_merge WHERE id = :id", id=made.id)
    )
    undone = unmerge(programme, made.id)
    assert undone.undone_at == programme.now
    assert dump(programme.region) == before


def test_the_same_person_of_both_is_one_and_what_is_anothers_stays_theirs(programme: Programme) -> None:
    keep, drop, ours, theirs = two(programme)
    other = programme.person(firm=drop, name="Bob Noir", email="bob@roux.example")
    session, only = programme.session(), programme.session(starts_wall=STARTS + DAY)
    programme.enrol(session, ours)
    twice = programme.enrol(session, theirs)
    once = programme.enrol(only, theirs)

    made = merge(programme, keep, drop)

    assert (made.joined, sorted(made.contacts)) == (1, [theirs, other])
    (act,) = acts.listed(programme.region, on=f"firm {drop}")
    assert (act.did, act.by, act.note) == ("merged", "Camille", f"into {keep}, merge {made.id}")
    assert firm_of(programme, other) == keep
    assert contacts.get(programme.region, theirs) == contacts.get(programme.region, ours)
    assert programme.state(twice) == "left"
    assert set(programme.reminders(twice).values()) == {"void"}
    rows = sql(programme.region, "SELECT contact_id FROM reminder WHERE enrolment_id = :id", id=once.id)
    assert {row.contact_id for row in rows} == {ours}
    assert programme.read(session).taken == 1


def test_a_mailbox_that_two_people_share_makes_them_no_one(programme: Programme) -> None:
    keep, drop = programme.firm(), programme.firm()
    ours = programme.person(firm=keep, name="Ada Roux", email="contact@roux.example")
    theirs = programme.person(firm=drop, name="Bob Noir", email="contact@roux.example")
    assert merge(programme, keep, drop).joined == 0
    assert firm_of(programme, ours) == firm_of(programme, theirs) == keep


def test_the_better_place_counts_with_its_reminders(programme: Programme) -> None:
    keep, drop, ours, theirs = two(programme)
    session = programme.session(capacity=1)
    has, waits = programme.enrol(session, theirs), programme.enrol(session, ours)

    made = merge(programme, keep, drop)

    owners = dict(sql(programme.region, "SELECT id, contact_id FROM enrolment"))
    assert owners == {has.id: ours, waits.id: theirs}
    assert (programme.state(has), programme.state(waits)) == ("registered", "left")
    unmerge(programme, made.id)
    assert dict(sql(programme.region, "SELECT id, contact_id FROM enrolment")) == {
        has.id: theirs,
        waits.id: ours,
    }


def test_a_place_that_somebody_had_twice_goes_to_who_waits(programme: Programme) -> None:
    keep, drop, ours, theirs = two(programme)
    session = programme.session(capacity=2)
    programme.enrol(session, ours)
    programme.enrol(session, theirs)
    waiting = programme.enrol(session)
    merge(programme, keep, drop)
    assert programme.state(waiting) == "registered"
    assert programme.kinds(waiting) == ["waiting", "promoted"]


def test_what_somebody_said_last_counts(programme: Programme) -> None:
    keep, drop, ours, theirs = two(programme, consents=[MAIL])
    programme.now += DAY
    contacts.withdraw(programme.region, theirs, "one-click", programme.now)
    made = merge(programme, keep, drop)
    assert held(programme, ours) == set()
    unmerge(programme, made.id)
    assert held(programme, ours) == {MAIL}


def test_an_old_link_goes_on_to_end_what_is_sent(programme: Programme) -> None:
    keep, drop, ours, theirs = two(programme, consents=[MAIL])
    made = merge(programme, keep, drop)
    programme.now += DAY
    assert contacts.withdraw(programme.region, theirs, "one-click", programme.now) == 1
    assert held(programme, ours) == set()
    unmerge(programme, made.id)
    assert held(programme, ours) == held(programme, theirs) == set(), "undoing revives no consent"


def test_whoever_is_erased_is_erased_in_both_records_and_does_not_come_back(programme: Programme) -> None:
    keep, drop, ours, theirs = two(programme)
    session = programme.session()
    programme.enrol(session, ours)
    twice = programme.enrol(session, theirs)
    made = merge(programme, keep, drop)
    programme.now += DAY
    erased = persons.erase(programme.region, programme.rules, ours, programme.now)
    assert set(erased.contacts) == {ours, theirs}
    unmerge(programme, made.id)
    assert firm_of(programme, theirs) == drop
    assert programme.state(twice) == "left"
    assert sql(programme.region, "SELECT FROM consent WHERE withdrawn_at IS NULL") == []


def test_a_siret_that_was_merged_is_the_other_firm_s(programme: Programme) -> None:
    keep = programme.firm(siret="73282932000074")
    drop = programme.firm(siret="55208131766522", name="Fournil")
    made = merge(programme, keep, drop)
    draft = Registration(
        firm=FirmDraft("55208131766522", "Fournil"),
        person=PersonDraft("Ada", "ada@roux.example"),
        told_at=NOON,
        origin="form",
    )
    asked = programme.ask(draft)
    confirmed = registrations.confirm(programme.region, programme.rules, asked.ref, programme.now)
    assert firm_of(programme, confirmed.contact) == keep
    unmerge(programme, made.id)
    assert firm_of(programme, confirmed.contact) == keep, "who came since stays"


def test_a_merge_on_top_of_another_is_undone_first(programme: Programme) -> None:
    one, other, third = programme.firm(), programme.firm(), programme.firm()
    moved = programme.person(firm=one)
    before = dump(programme.region)
    first, second = merge(programme, other, one), merge(programme, third, other)
    with pytest.raises(Refused, match=f"Merge {second.id} was made on top"):
        unmerge(programme, first.id)
    assert firm_of(programme, moved) == third
    unmerge(programme, second.id)
    unmerge(programme, first.id)
    assert dump(programme.region) == before
    with pytest.raises(Refused, match="was undone on"):
        unmerge(programme, first.id)


def test_undoing_is_refused_when_the_session_of_a_doubled_place_was_moved(programme: Programme) -> None:
    keep, drop, ours, theirs = two(programme)
    session = programme.session()
    programme.enrol(session, ours)
    programme.enrol(session, theirs)
    made = merge(programme, keep, drop)
    programme.now += DAY
    programme.change(session, starts_wall=STARTS + dt.timedelta(days=3))
    before = dump(programme.region)
    with pytest.raises(Refused, match=f"Session {session.ref} was changed since"):
        unmerge(programme, made.id)
    assert dump(programme.region) == before


def test_undoing_is_refused_when_the_siret_is_another_firm_s(programme: Programme) -> None:
    keep, drop = programme.firm(), programme.firm(siret="73282932000074")
    made = merge(programme, keep, drop)
    sql(programme.region, "UPDATE firm SET siret = '73282932000074' WHERE id = :id", id=keep)
    with pytest.raises(Refused, match="has the SIRET 73282932000074"):
        unmerge(programme, made.id)


def test_near_firms_are_suggested_with_their_reasons(programme: Programme) -> None:
    keep, drop = programme.firm(siret="73282932000074"), programme.firm(siret="55208131766522")
    for firm in (keep, drop):
        programme.person(firm=firm, email="ada@roux.example")
    programme.person()
    (found,) = merges.suggestions(programme.region)
    assert ({found.one.id, found.other.id}, found.reasons[0]) == ({keep, drop}, "email")
    merge(programme, keep, drop)
    assert merges.suggestions(programme.region) == []
    (listed,) = merges.listed(programme.region)
    assert (listed.kept, listed.by, listed.reason) == (keep, "Camille", WHY)


def test_what_is_no_firm_is_not_merged(programme: Programme) -> None:
    firm = programme.firm()
    with pytest.raises(Misconfigured, match="is one already"):
        merge(programme, firm, firm)
    with pytest.raises(Misconfigured, match="No firm 999"):
        merge(programme, firm, 999)
    with pytest.raises(Misconfigured, match="No merge 1"):
        unmerge(programme, 1)


def test_a_merge_s_own_changes_hold_no_word_of_a_person() -> None:
    assert set(Moves.__struct_fields__) == {"rows", "members", "ended", "filled", "joined"}
