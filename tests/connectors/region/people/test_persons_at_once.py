"""Erasures in the same moment as what the erased, and others, do: nobody waits in a ring, and nothing of theirs is left."""

from __future__ import annotations

import contextlib
from functools import partial

import pytest

from connectors.region.firms import registrations
from connectors.region.people import contacts, persons
from connectors.region.people.persons import Erased
from schemas.errors import Misconfigured, Refused
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.at_once import ROUNDS, at_once
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, HOUR, Programme
from tests.reminder_rules import RULES

pytestmark = pytest.mark.database


def erase(programme: Programme, contact: int) -> Erased:
    return persons.erase(programme.region, RULES, contact, programme.now)


def forgotten(programme: Programme, contact: int) -> bool:
    found = contacts.get(programme.region, contact)
    assert found is not None
    return found.erased_at is not None and found.email is None


def test_who_is_erased_while_reminders_are_queued_is_not_reminded(programme: Programme) -> None:
    session = programme.session(capacity=1_000)
    for _ in range(ROUNDS):
        programme.now = NOON
        place = programme.enrol(session)
        programme.now = BEGINS - 7 * DAY
        at_once(partial(erase, programme, place.contact_id), programme.queue)
        told = len(programme.post.told["mail"])
        programme.post.send("mail")
        assert len(programme.post.told["mail"]) == told
        assert forgotten(programme, place.contact_id)
        assert set(programme.reminders(place).values()) == {"void"}


def test_who_says_that_they_are_there_while_they_are_erased_blocks_nobody(programme: Programme) -> None:
    """Who attends holds a session and waits for the person; an erasure that held the person first waited for the session."""
    session = programme.session(capacity=1_000)
    places = [programme.enrol(session) for _ in range(ROUNDS)]
    programme.now = BEGINS - HOUR / 2

    def attend(number: int) -> None:
        with contextlib.suppress(Refused):  # they had given their place back by then
            programme.attend(places[number])

    for number, place in enumerate(places):
        at_once(partial(erase, programme, place.contact_id), partial(attend, number))
        assert programme.state(place) in {"left", "present"}
        assert forgotten(programme, place.contact_id)


def test_who_confirms_while_they_are_erased_is_known_no_more(programme: Programme) -> None:
    """A confirmation held the person and waited for the session, which an erasure held while it waited for the person."""
    session = programme.session(capacity=1_000)

    def confirm(ref: str) -> None:
        try:
            registrations.confirm(programme.region, RULES, ref, programme.now)
        except Misconfigured as error:
            assert "No registration" in str(error)  # noqa: PT017 - the erasure was first, and took it with it

    for number in range(ROUNDS):
        firm, address = f"{number:014}", f"ada{number}@firme.example"
        contact = programme.person(firm=programme.firm(siret=firm), email=address)
        programme.enrol(session, contact)
        asked = programme.ask(
            Registration(
                firm=FirmDraft(siret=firm, name="Fournil"),
                person=PersonDraft(name="Ada", email=address),
                told_at=NOON,
                origin="form",
                consents=(Consent("sessions", "mail"),),
                session=session.ref,
            ),
            str(number).encode(),
        )
        at_once(partial(erase, programme, contact), partial(confirm, asked.ref))
        assert forgotten(programme, contact)
        assert (
            sql(programme.region, "SELECT id FROM contact WHERE lower(email) = :address", address=address)
            == []
        )
        assert sql(programme.region, "SELECT id FROM registration WHERE draft IS NOT NULL") == []


def test_two_erasures_of_one_person_at_once_are_one(programme: Programme) -> None:
    session = programme.session(capacity=1_000)
    for number in range(ROUNDS):
        one, other = (programme.person(email=f"ada{number}@firme.example") for _ in range(2))
        programme.enrol(session, one)
        told = at_once(partial(erase, programme, one), partial(erase, programme, other))
        assert sorted(len(each.contacts) for each in told) == [0, 2]
        assert sum(each.places for each in told) == 1
