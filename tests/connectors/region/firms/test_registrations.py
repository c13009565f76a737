"""Registrations: nothing is known of anybody until the link in their mailbox is pressed, and then all of it at once."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import msgspec
import pytest

from connectors.region.firms import registrations
from connectors.region.firms.registrations import Asked, Confirmed, Limits
from connectors.region.people import contacts
from schemas.errors import Misconfigured, Refused, RetryLater
from schemas.firm import Consent, FirmDraft, PersonDraft, Registration
from tests.at_once import ROUNDS, at_once
from tests.hands import sql
from tests.makers import NOON
from tests.programme import BEGINS, DAY, ENDS, HOUR, Programme

pytestmark = pytest.mark.database
REMINDERS = Consent("sessions", "mail")
ORIGIN = b"an address"


def draft(**changes: Any) -> Registration:
    """What Ada fills in for her bakery; ``email`` and ``siret`` are hers unless they are changed."""
    email = changes.pop("email", "ada@fournil.example")
    siret = changes.pop("siret", "73282932000074")
    plain = Registration(
        firm=FirmDraft(
            siret=siret, name="Fournil des Pentes", postal_code="69001", city="Lyon", headcount="3-5"
        ),
        person=PersonDraft(name="Ada Martin", email=email, phone="+33612345678"),
        told_at=NOON,
        origin="portal form 1",
        consents=(REMINDERS,),
        level="beginner",
        availability=("tue-evening",),
    )
    return msgspec.structs.replace(plain, **changes)


def confirm(programme: Programme, asked: Asked) -> Confirmed:
    return registrations.confirm(programme.region, programme.rules, asked.ref, programme.now)


def everybody(programme: Programme) -> dict[str, int]:
    tables = ("firm", "contact", "consent", "enrolment")
    return {table: sql(programme.region, f"SELECT count(*) AS n FROM {table}")[0].n for table in tables}


NOBODY = {"firm": 0, "contact": 0, "consent": 0, "enrolment": 0}


# Asked


def test_until_it_is_confirmed_nothing_is_known_and_one_letter_asks(programme: Programme) -> None:
    session = programme.session()
    asked = programme.ask(draft(session=session.ref))
    assert everybody(programme) == NOBODY
    assert programme.letters() == [f"confirm.{asked.id}"]
    assert registrations.named(programme.region, asked.ref) == asked
    assert (asked.draft, asked.email, asked.session_id) == (
        draft(session=session.ref),
        "ada@fournil.example",
        session.id,
    )
    assert programme.read(session).taken == 0, "no place is held for who has not confirmed"


def test_no_letter_s_effect_holds_who_it_is_for(programme: Programme) -> None:
    programme.ask(draft())
    ((said,),) = sql(programme.region, "SELECT effect::text FROM effect")
    assert not any(word in said for word in ("ada", "Ada", "Fournil", "73282932000074", "+336"))


def test_the_same_again_is_a_double_click(programme: Programme) -> None:
    asked = programme.ask(draft())
    programme.now += HOUR
    again = programme.ask(draft(told_at=NOON + HOUR, email="ADA@fournil.example".lower()))
    assert again == asked
    assert len(programme.letters()) == 1


@pytest.mark.parametrize(
    "changes",
    [{"level": "advanced"}, {"consents": ()}, {"email": "zoe@fournil.example"}, {"siret": "35600000000048"}],
    ids=lambda changes: next(iter(changes)),
)
def test_anything_else_is_another_registration(programme: Programme, changes: dict[str, Any]) -> None:
    asked = programme.ask(draft())
    assert programme.ask(draft(**changes)).ref != asked.ref
    assert len(programme.letters()) == 2


def test_for_another_session_it_is_another_registration(programme: Programme) -> None:
    one, other = programme.session(), programme.session()
    refs = {programme.ask(draft(session=session)).ref for session in (None, one.ref, other.ref)}
    assert len(refs) == 3


def test_two_clicks_at_once_are_one_registration_and_one_letter(programme: Programme) -> None:
    for number in range(ROUNDS // 2):
        person = draft(email=f"p{number}@fournil.example", siret=f"{number:014}")
        one, other = at_once(*[partial(programme.ask, person, bytes([number]))] * 2)
        assert one == other
    assert len(programme.letters()) == ROUNDS // 2


def test_once_a_link_has_run_out_the_same_again_has_a_letter_with_another(programme: Programme) -> None:
    """The old registration, which was still to be deleted, was answered: no letter came, and its link had run out."""
    asked = programme.ask(draft())
    programme.now += registrations.UNCONFIRMED
    again = programme.ask(draft())
    assert again.ref != asked.ref
    assert programme.letters() == [f"confirm.{asked.id}", f"confirm.{again.id}"]


@pytest.mark.parametrize("state", ["cancelled", "begun", "draft"])
def test_a_session_that_takes_nobody_says_so_at_once(programme: Programme, state: str) -> None:
    session = programme.session(state="draft" if state == "draft" else "open")
    if state == "cancelled":
        programme.cancel(session)
    if state == "begun":
        programme.now = BEGINS
    with pytest.raises(Refused, match="takes nobody any more"):
        programme.ask(draft(session=session.ref))
    assert programme.letters() == []


def test_a_session_that_there_is_not_says_so(programme: Programme) -> None:
    with pytest.raises(Misconfigured, match="No session S-none"):
        programme.ask(draft(session="S-none"))


@pytest.mark.parametrize(
    ("limit", "changes"),
    [
        ("origin", {"siret": "{n:014}", "email": "p{n}@a.example"}),
        ("siret", {"email": "p{n}@a.example"}),
        ("email", {"siret": "{n:014}"}),
    ],
)
def test_too_many_a_day_are_put_off_and_send_no_letter(
    programme: Programme, limit: str, changes: dict[str, str]
) -> None:
    limits = Limits(**{name: 3 if name == limit else 100 for name in Limits.__struct_fields__})

    def ask(number: int) -> Asked:
        origin = ORIGIN if limit == "origin" else bytes([number])
        filled = {name: value.format(n=number) for name, value in changes.items()}
        return registrations.ask(programme.region, draft(**filled), origin, programme.now, limits)

    first = [ask(number) for number in range(3)]
    with pytest.raises(RetryLater, match=f"too many registrations a day by {limit}"):
        ask(3)
    assert ask(0) == first[0], "a double click is none too many"
    assert len(programme.letters()) == 3
    programme.now += DAY + HOUR
    ask(3)


# Confirmed


def test_pressing_the_link_makes_firm_person_consents_and_place_known(programme: Programme) -> None:
    session = programme.session()
    asked = programme.ask(draft(session=session.ref))
    programme.now += HOUR
    confirmed = confirm(programme, asked)
    assert everybody(programme) == {"firm": 1, "contact": 1, "consent": 1, "enrolment": 1}
    contact = contacts.get(programme.region, confirmed.contact)
    assert contact is not None
    assert (contact.name, contact.email, contact.agreed) == (
        "Ada Martin",
        "ada@fournil.example",
        frozenset({REMINDERS}),
    )
    enrolment = confirmed.enrolment
    assert enrolment is not None
    assert (enrolment.state, enrolment.contact_id, confirmed.too_late) == ("registered", contact.id, False)
    assert programme.kinds(enrolment) == ["registered"]
    ((siret, level, department),) = sql(programme.region, "SELECT siret, level, department FROM firm")
    assert (siret, level, department) == ("73282932000074", "beginner", "69")


def test_the_proof_of_a_consent_says_how_when_and_by_which_form(programme: Programme) -> None:
    asked = programme.ask(draft())
    programme.now += HOUR
    confirm(programme, asked)
    ((proof, given_at),) = sql(programme.region, "SELECT proof, given_at FROM consent")
    assert proof == {
        "how": "portal",
        "registration": asked.ref,
        "form": "portal form 1",
        "asked_at": NOON.isoformat(),
        "confirmed_at": (NOON + HOUR).isoformat(),
    }
    assert given_at == NOON + HOUR


def test_once_confirmed_the_registration_itself_is_forgotten(programme: Programme) -> None:
    asked = programme.ask(draft())
    confirmed = confirm(programme, asked)
    found = registrations.named(programme.region, asked.ref)
    assert found is not None
    assert (found.draft, found.email, found.contact_id, found.confirmed_at) == (
        None,
        None,
        confirmed.contact,
        NOON,
    )


def test_pressing_twice_is_once_also_at_once(programme: Programme) -> None:
    session = programme.session(capacity=ROUNDS)
    for number in range(ROUNDS // 2):
        asked = programme.ask(
            draft(session=session.ref, email=f"p{number}@a.example", siret=f"{number:014}"), bytes([number])
        )
        one, other = at_once(*[partial(confirm, programme, asked)] * 2)
        assert one == other == confirm(programme, asked)
    assert set(everybody(programme).values()) == {ROUNDS // 2}
    assert len(programme.letters()) == ROUNDS


def test_without_a_session_somebody_is_known_and_has_no_place(programme: Programme) -> None:
    asked = programme.ask(draft())
    assert confirm(programme, asked) == Confirmed(1, None) == confirm(programme, asked)


def test_a_session_that_filled_up_meanwhile_has_a_waiting_list(programme: Programme) -> None:
    session = programme.session(capacity=1)
    asked = programme.ask(draft(session=session.ref))
    programme.enrol(session)
    confirmed = confirm(programme, asked)
    assert confirmed.enrolment is not None
    assert confirmed.enrolment.state == "waiting"
    assert programme.kinds(confirmed.enrolment) == ["waiting"]


def test_of_two_who_confirm_for_the_last_place_at_once_one_waits(programme: Programme) -> None:
    for number in range(ROUNDS // 2):
        session = programme.session(capacity=1)
        asked = [
            programme.ask(
                draft(session=session.ref, email=f"{who}@a.example", siret=f"{number:012}{who:02}"),
                bytes([number, who]),
            )
            for who in range(2)
        ]
        confirmed = at_once(*(partial(confirm, programme, each) for each in asked))
        assert sorted(each.enrolment.state for each in confirmed) == ["registered", "waiting"]


@pytest.mark.parametrize("why", ["cancelled", "begun"])
def test_who_confirms_too_late_is_known_all_the_same_and_is_told_so_each_time(
    programme: Programme, why: str
) -> None:
    """Pressing the link again, the page that had said « too late » showed a registration like any other."""
    session = programme.session()
    asked = programme.ask(draft(session=session.ref))
    if why == "cancelled":
        programme.cancel(session)
    else:
        programme.now = BEGINS
    confirmed = confirm(programme, asked)
    assert (confirmed.enrolment, confirmed.too_late) == (None, True)
    assert everybody(programme) == {"firm": 1, "contact": 1, "consent": 1, "enrolment": 0}
    assert confirm(programme, asked) == confirmed


def test_what_was_deleted_because_nobody_confirmed_it_says_so(programme: Programme) -> None:
    with pytest.raises(Misconfigured, match="No registration I-none"):
        registrations.confirm(programme.region, programme.rules, "I-none", NOON)
    assert registrations.named(programme.region, "I-none") is None


def test_who_is_known_and_has_a_place_keeps_both(programme: Programme) -> None:
    session = programme.session()
    first = confirm(programme, programme.ask(draft(session=session.ref)))
    second = confirm(programme, programme.ask(draft(session=session.ref, level="advanced")))
    assert second == first
    assert everybody(programme) == {"firm": 1, "contact": 1, "consent": 1, "enrolment": 1}


def test_a_second_person_of_a_firm_adds_to_what_is_known_of_it_and_changes_nothing(
    programme: Programme,
) -> None:
    confirm(programme, programme.ask(draft()))
    other = draft(email="zoe@fournil.example", level="advanced")
    renamed = msgspec.structs.replace(other.firm, name="FOURNIL", naf="10.71C")
    confirm(programme, programme.ask(msgspec.structs.replace(other, firm=renamed)))
    ((name, naf, level),) = sql(programme.region, "SELECT name, naf, level FROM firm")
    assert (name, naf, level) == ("Fournil des Pentes", "10.71C", "beginner")
    assert everybody(programme)["contact"] == 2


def test_who_confirms_again_while_the_coach_writes_the_sheet_blocks_nobody(programme: Programme) -> None:
    """One held the person and waited for the session, the other held the session and waited for the person."""
    session = programme.session()
    first = confirm(programme, programme.ask(draft(session=session.ref)))
    late = []
    for number in range(ROUNDS // 2):
        filled = draft(session=session.ref, availability=("tue-evening",) * (number + 2))
        late.append(registrations.ask(programme.region, filled, ORIGIN, NOON, Limits(100, 100, 100)))
    programme.now = ENDS
    assert first.enrolment is not None
    for number, asked in enumerate(late):
        came = [first.enrolment] if number % 2 else []
        at_once(partial(confirm, programme, asked), partial(programme.sheet, session, *came))


def test_moments_of_a_registration_are_told_in_utc(programme: Programme) -> None:
    asked = programme.ask(draft())
    assert asked.created_at == NOON
    assert asked.created_at.utcoffset() == dt.timedelta(0)
