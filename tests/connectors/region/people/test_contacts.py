"""Contacts: who is known, what they agreed to and how that is known, and what ends it."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest

from connectors.region.database import Region
from connectors.region.firms import firms
from connectors.region.people import contacts
from connectors.region.people.contacts import Contact
from schemas.firm import Consent, FirmDraft, PersonDraft
from tests.at_once import ROUNDS, at_once
from tests.hands import sql
from tests.makers import NOON
from tests.programme import DAY, EVERYTHING, HOUR, Programme

pytestmark = pytest.mark.database
REMINDERS, NEWS = Consent("sessions", "mail"), Consent("invitations", "mail")
ADA = PersonDraft(name="Ada Martin", email="ada@fournil.example", phone="+33612345678", role="gérante")


def keep(
    region: Region, person: PersonDraft = ADA, firm: int | None = None, *slots: str, now: dt.datetime = NOON
) -> int:
    with region.begin() as connection:
        return contacts.keep(connection, firm, person, slots, "portal", now)


def agree(region: Region, contact: int, *consents: Consent, now: dt.datetime = NOON, **proof: Any) -> None:
    with region.begin() as connection:
        contacts.agree(connection, contact, consents, proof, now)


def stop(region: Region, contact: int, **why: str) -> None:
    with region.begin() as connection:
        for transport, each in why.items():
            assert transport in {"mail", "sms"}
            contacts.stop(connection, contact, "mail" if transport == "mail" else "sms", each)


def read(region: Region, contact: int) -> Contact:
    found = contacts.get(region, contact)
    assert found is not None
    return found


def consents(region: Region, contact: int) -> list[Any]:
    return sql(
        region,
        "SELECT purpose, transport, given_at, proof, withdrawn_at, withdrawn_by FROM consent WHERE contact_id = :id ORDER BY id",
        id=contact,
    )


# Who they are


def test_a_person_is_kept_as_they_say(programme: Programme) -> None:
    firm = programme.firm()
    contact = keep(programme.region, ADA, firm, "tue-evening")
    assert read(programme.region, contact) == Contact(
        contact, firm, "Ada Martin", "ada@fournil.example", "+33612345678", None, None, None, frozenset()
    )
    ((role, slots, origin),) = sql(programme.region, "SELECT role, availability, origin FROM contact")
    assert (role, slots, origin) == ("gérante", ["tue-evening"], "portal")


def test_the_same_address_in_the_same_firm_is_the_same_person(programme: Programme) -> None:
    firm = programme.firm()
    contact = keep(programme.region, ADA, firm, "tue-evening")
    again = PersonDraft(name="Ada Martin-Roux", email="ADA@fournil.example")
    assert keep(programme.region, again, firm, now=NOON + DAY) == contact
    found = read(programme.region, contact)
    assert (found.name, found.email, found.phone) == (
        "Ada Martin-Roux",
        "ada@fournil.example",
        "+33612345678",
    )
    ((role, slots, seen),) = sql(programme.region, "SELECT role, availability, seen_at FROM contact")
    assert (role, slots, seen) == ("gérante", ["tue-evening"], NOON + DAY), "what they leave out stays"


def test_the_same_address_in_another_firm_is_another_person(programme: Programme) -> None:
    """An accountant registers two firms: each has a contact of its own, which it can change and erase."""
    one, other = programme.firm(), programme.firm()
    assert keep(programme.region, ADA, one) != keep(programme.region, ADA, other)
    assert keep(programme.region, ADA) == keep(programme.region, ADA), "nor is a resident without a firm"


def test_a_person_without_an_address_is_known_by_their_number(programme: Programme) -> None:
    firm = programme.firm()
    phoned = PersonDraft(name="Zoé", phone="+33611111111")
    contact = keep(programme.region, phoned, firm)
    assert keep(programme.region, phoned, firm) == contact
    assert keep(programme.region, PersonDraft(name="Zoé", phone="+33622222222"), firm) != contact


def test_an_erased_person_is_not_known_again(programme: Programme) -> None:
    firm = programme.firm()
    contact = keep(programme.region, ADA, firm)
    programme.erase(contact)
    assert keep(programme.region, ADA, firm) != contact


def test_two_who_register_the_same_person_of_a_firm_at_once_make_one(programme: Programme) -> None:
    def register(siret: str) -> int:
        with programme.region.begin() as connection:
            firm = firms.keep(connection, FirmDraft(siret=siret, name="Fournil"), None, "portal", NOON)
            return contacts.keep(connection, firm, ADA, (), "portal", NOON)

    for number in range(ROUNDS // 2):
        one, other = at_once(*[partial(register, f"{number:014}")] * 2)
        assert one == other


# Whether their addresses work


def test_what_somebody_says_anew_works_again_and_the_rest_stays_stopped(programme: Programme) -> None:
    """Somebody gave a new number, and no SMS ever left for it: the old one's stop stayed. A phone call took the stop off a mailbox."""
    firm = programme.firm()
    contact = keep(programme.region, ADA, firm)
    stop(programme.region, contact, mail="550", sms="no such number")
    keep(programme.region, PersonDraft(name="Ada", email="ada@fournil.example"), firm)
    found = read(programme.region, contact)
    assert (found.mail_stopped, found.sms_stopped) == (None, "no such number")
    stop(programme.region, contact, mail="550")
    keep(programme.region, PersonDraft(name="Ada", email="ada@fournil.example", phone="+33699999999"), firm)
    found = read(programme.region, contact)
    assert (found.mail_stopped, found.sms_stopped, found.phone) == (None, None, "+33699999999")


def test_a_number_that_is_said_again_takes_no_stop_off_a_mailbox(programme: Programme) -> None:
    firm = programme.firm()
    phoned = PersonDraft(name="Zoé", phone="+33611111111")
    contact = keep(programme.region, phoned, firm)
    stop(programme.region, contact, mail="550", sms="away")
    keep(programme.region, phoned, firm)
    found = read(programme.region, contact)
    assert (found.mail_stopped, found.sms_stopped) == ("550", None)


# What they agreed to


def test_a_consent_is_kept_with_its_proof(region: Region) -> None:
    contact = keep(region)
    agree(region, contact, REMINDERS, NEWS, how="sheet", line=12)
    assert read(region, contact).agreed == {REMINDERS, NEWS}
    rows = consents(region, contact)
    assert [(row.purpose, row.transport, row.given_at, row.proof) for row in rows] == [
        ("sessions", "mail", NOON, {"how": "sheet", "line": 12}),
        ("invitations", "mail", NOON, {"how": "sheet", "line": 12}),
    ]


def test_what_holds_already_keeps_its_first_proof(region: Region) -> None:
    contact = keep(region)
    agree(region, contact, REMINDERS, how="portal")
    agree(region, contact, REMINDERS, now=NOON + DAY, how="sheet")
    (row,) = consents(region, contact)
    assert (row.given_at, row.proof) == (NOON, {"how": "portal"})


def test_a_consent_that_ended_and_is_given_anew_is_another_row(region: Region) -> None:
    contact = keep(region)
    agree(region, contact, REMINDERS, how="portal")
    contacts.withdraw(region, contact, "one-click", NOON + HOUR)
    agree(region, contact, REMINDERS, now=NOON + DAY, how="preferences")
    first, second = consents(region, contact)
    assert (first.withdrawn_at, first.withdrawn_by, first.proof) == (
        NOON + HOUR,
        "one-click",
        {"how": "portal"},
    )
    assert (second.given_at, second.withdrawn_at) == (NOON + DAY, None)


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ({}, set()),
        ({"purpose": "sessions"}, {each for each in EVERYTHING if each.purpose != "sessions"}),
        ({"transport": "sms"}, {each for each in EVERYTHING if each.transport != "sms"}),
        ({"purpose": "sessions", "transport": "mail"}, set(EVERYTHING) - {REMINDERS}),
    ],
)
def test_withdrawing_ends_what_is_named_and_twice_is_once(
    region: Region, what: dict[str, Any], left: set[Consent]
) -> None:
    contact, other = keep(region), keep(region, PersonDraft(name="Zoé", email="zoe@fournil.example"))
    for each in (contact, other):
        agree(region, each, *EVERYTHING, how="portal")
    assert contacts.withdraw(region, contact, "one-click", NOON + HOUR, **what) == len(EVERYTHING) - len(left)
    before = [tuple(row) for row in consents(region, contact)]
    assert contacts.withdraw(region, contact, "one-click", NOON + DAY, **what) == 0
    assert [tuple(row) for row in consents(region, contact)] == before
    assert read(region, contact).agreed == left
    assert read(region, other).agreed == set(EVERYTHING)


def test_exactly_what_somebody_prefers_holds_and_twice_is_once(region: Region) -> None:
    contact = keep(region)
    agree(region, contact, REMINDERS, how="portal")
    wanted = [NEWS, Consent("follow_up", "sms")]
    contacts.prefer(region, contact, wanted, "preferences", NOON + HOUR)
    assert read(region, contact).agreed == set(wanted)
    before = [tuple(row) for row in consents(region, contact)]
    contacts.prefer(region, contact, wanted, "preferences", NOON + DAY)
    assert [tuple(row) for row in consents(region, contact)] == before
    assert [row.withdrawn_by for row in consents(region, contact)] == ["preferences", None, None]
    contacts.prefer(region, contact, [], "preferences", NOON + DAY)
    assert read(region, contact).agreed == frozenset()


def test_two_who_save_preferences_at_once_leave_what_one_of_them_chose(region: Region) -> None:
    """It was two transactions and more: a page that was saved from two windows left some of each."""
    contact = keep(region)
    one, other = {REMINDERS, Consent("sessions", "sms")}, {NEWS, Consent("invitations", "sms")}
    for _ in range(ROUNDS):
        at_once(
            partial(contacts.prefer, region, contact, one, "preferences", NOON),
            partial(contacts.prefer, region, contact, other, "preferences", NOON),
        )
        assert read(region, contact).agreed in (one, other)


def test_nobody_agrees_in_the_name_of_an_erased_person(programme: Programme) -> None:
    """The page of preferences was still open: saving it gave consents to somebody who is not known any more."""
    contact = programme.person()
    programme.erase(contact)
    contacts.prefer(programme.region, contact, EVERYTHING, "preferences", NOON)
    assert read(programme.region, contact).agreed == frozenset()


def test_nobody_s_preferences_are_nobody_s(region: Region) -> None:
    contacts.prefer(region, 99, EVERYTHING, "preferences", NOON)
    assert contacts.get(region, 99) is None
    assert sql(region, "SELECT FROM consent") == []
