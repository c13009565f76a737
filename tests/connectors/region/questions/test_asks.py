"""Asks: nothing is known of a resident until the link in their mailbox is pressed, and then all of it at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress

import pytest

from connectors.region.people import contacts
from connectors.region.questions import asks
from connectors.region.questions.asks import Asked, Limits
from schemas.errors import Misconfigured, Refused, RetryLater
from schemas.firm import Consent
from tests.at_once import at_once
from tests.hands import sql
from tests.programme import BEGINS, DAY, HOUR
from tests.questions import WORDING, Forum, count

pytestmark = pytest.mark.database
NOBODY = {"contact": 0, "consent": 0, "enrolment": 0, "watch": 0}


def everybody(forum: Forum) -> dict[str, int]:
    return {table: count(forum.region, table) for table in NOBODY}


# Following a dialogue


def test_until_it_is_confirmed_nobody_is_known_and_one_letter_asks(forum: Forum) -> None:
    _, session = forum.dialogue()
    asked = forum.follow(session)
    assert everybody(forum) == NOBODY
    assert forum.programme.letters() == [f"ask.{asked.id}"]
    assert asks.named(forum.region, asked.ref) == asked
    assert (asked.kind, asked.email, asked.name, asked.session_id) == (
        "follow",
        "zoe@example.fr",
        "Zoé",
        session.id,
    )
    ((said,),) = sql(forum.region, "SELECT effect::text FROM effect")
    assert "zoe" not in said.casefold(), "the ledger holds no address"


def test_confirmed_they_have_a_place_are_reminded_and_it_is_known_why(forum: Forum) -> None:
    _, session = forum.dialogue()
    asked = forum.follow(session)
    forum.programme.now += HOUR
    confirmed = forum.confirm(asked.ref)
    assert confirmed.enrolment is not None
    assert confirmed.enrolment.state == "registered"
    assert not confirmed.too_late
    person = contacts.get(forum.region, confirmed.contact)
    assert person is not None
    assert (person.name, person.email, person.firm_id) == ("Zoé", "zoe@example.fr", None)
    assert person.agreed == {Consent("sessions", "mail")}
    ((proof,),) = sql(forum.region, "SELECT proof FROM consent")
    assert proof == {
        "how": "portal",
        "ask": asked.ref,
        "form": WORDING,
        "asked_at": asked.created_at.isoformat(),
        "confirmed_at": forum.now.isoformat(),
    }
    assert forum.programme.reminders(confirmed.enrolment), "reminders of it are due"
    after = asks.named(forum.region, asked.ref)
    assert after is not None
    assert (after.email, after.name, after.contact_id) == (None, None, confirmed.contact)


def test_confirming_twice_is_once(forum: Forum) -> None:
    _, session = forum.dialogue()
    asked = forum.follow(session)
    once = forum.confirm(asked.ref)
    known = everybody(forum)
    letters = forum.programme.letters()
    assert forum.confirm(asked.ref) == once
    assert (everybody(forum), forum.programme.letters()) == (known, letters)


def test_who_is_known_already_is_the_same_person(forum: Forum) -> None:
    _, one = forum.dialogue()
    _, other = forum.dialogue()
    first = forum.confirm(forum.follow(one).ref)
    second = forum.confirm(forum.follow(other, "ZOE@example.fr", None).ref)
    assert first.contact == second.contact
    person = contacts.get(forum.region, first.contact)
    assert person is not None
    assert person.name == "Zoé", "who gives no name the second time keeps it"


def test_who_is_known_of_a_firm_is_a_resident_beside(forum: Forum) -> None:
    of_a_firm = forum.programme.person(email="zoe@example.fr")
    _, session = forum.dialogue()
    assert forum.confirm(forum.follow(session).ref).contact != of_a_firm


def test_nobody_is_known_without_a_name(forum: Forum) -> None:
    _, session = forum.dialogue()
    person = contacts.get(forum.region, forum.confirm(forum.follow(session, name=None).ref).contact)
    assert person is not None
    assert person.name is None


@pytest.mark.parametrize(
    "change", ["UPDATE session SET state = 'cancelled'", None], ids=["cancelled", "begun"]
)
def test_too_late_they_are_known_without_a_place(forum: Forum, change: str | None) -> None:
    _, session = forum.dialogue()
    asked = forum.follow(session)
    if change:
        sql(forum.region, change)
    else:
        forum.programme.now = BEGINS
    confirmed = forum.confirm(asked.ref)
    assert (confirmed.enrolment, confirmed.too_late) == (None, True)
    assert forum.confirm(asked.ref) == confirmed


def test_what_takes_nobody_is_not_followed(forum: Forum) -> None:
    with pytest.raises(Misconfigured):
        asks.follow(forum.region, "S-none", "a@example.fr", None, b"", "", forum.now)
    with pytest.raises(Refused):
        forum.follow(forum.programme.session())  # a seminar's form asks for a firm
    _, session = forum.dialogue()
    forum.programme.now = BEGINS
    with pytest.raises(Refused):
        forum.follow(session)


# Once, and not too often


def _follow(forum: Forum) -> Callable[..., Asked]:
    _, session = forum.dialogue()
    return lambda email="zoe@example.fr", **more: forum.follow(session, email, **more)


def _watch(forum: Forum) -> Callable[..., Asked]:
    question = forum.published()
    return lambda email="zoe@example.fr", **more: forum.watch(question, email, **more)


ASKING = pytest.mark.parametrize("asking", [_follow, _watch], ids=["follow", "watch"])


@ASKING
def test_the_same_twice_is_one_letter_until_its_link_has_run_out(
    forum: Forum, asking: Callable[[Forum], Callable[..., Asked]]
) -> None:
    act = asking(forum)
    asked = act()
    letters = forum.programme.letters()
    forum.programme.now += 47 * HOUR
    assert act("Zoe@Example.fr") == asked
    assert forum.programme.letters() == letters
    forum.programme.now += HOUR
    assert act() != asked


@ASKING
def test_no_more_than_so_many_a_day_from_one_address_of_either_kind(
    forum: Forum, asking: Callable[[Forum], Callable[..., Asked]]
) -> None:
    act = asking(forum)
    _, other = forum.dialogue()
    act("one@example.fr", origin=b"here")
    act("two@example.fr", origin=b"here")
    with pytest.raises(RetryLater) as refused:
        act("three@example.fr", origin=b"here", limits=Limits(origin=2))
    assert refused.value.after == 24 * 3600
    act("three@example.fr", origin=b"there", limits=Limits(origin=2))
    with pytest.raises(RetryLater):
        forum.follow(other, "One@example.fr", origin=b"anywhere", limits=Limits(email=1))
    forum.programme.now += DAY
    act("three@example.fr", origin=b"here", limits=Limits(origin=2))


def test_at_once_the_limit_holds_and_a_double_click_is_one(forum: Forum) -> None:
    _, session = forum.dialogue()
    same = at_once(*[lambda: forum.follow(session)] * 4)
    assert len({asked.id for asked in same}) == 1
    limits = Limits(origin=3)
    tried: list[Asked] = []

    def one(number: int) -> None:
        with suppress(RetryLater):
            tried.append(forum.follow(session, f"r{number}@example.fr", origin=b"x", limits=limits))

    at_once(*[lambda number=number: one(number) for number in range(6)])
    assert len(tried) == 3


def test_confirming_what_was_deleted_says_so(forum: Forum) -> None:
    with pytest.raises(Misconfigured):
        forum.confirm("anone")


# Watching


def test_who_confirms_watches_without_agreeing_to_anything_else(forum: Forum) -> None:
    question = forum.published()
    before = count(forum.region, "consent")
    confirmed = forum.confirm(forum.watch(question).ref)
    assert (confirmed.kind, confirmed.question) == ("watch", question.ref)
    assert forum.watchers(question) == {confirmed.contact}
    assert count(forum.region, "consent") == before


def test_an_author_who_watches_their_own_is_told_once_all_the_same(forum: Forum) -> None:
    question = forum.published(email="zoe@example.fr")
    assert forum.watching(question) == question.contact_id
    forum.answer(question)
    assert forum.told("answered") == [(question.id, question.contact_id)]


def test_who_confirms_after_the_answer_is_told_at_once(forum: Forum) -> None:
    question = forum.published()
    asked = forum.watch(question)
    forum.answer(question)
    contact = forum.confirm(asked.ref).contact
    assert (question.id, contact) in forum.told("answered")


def test_who_confirms_after_a_merge_watches_what_it_leads_to(forum: Forum) -> None:
    question, other = forum.published(), forum.published("Et les bus entre Roanne et Lyon ?")
    asked = forum.watch(question)
    forum.merge(question, other)
    contact = forum.confirm(asked.ref).contact
    assert contact in forum.watchers(other)
    assert forum.watchers(question) == set()
    again = forum.watch(question, "leo@example.fr")
    assert again.question_id == other.id


def test_what_waits_for_no_answer_is_not_watched(forum: Forum) -> None:
    with pytest.raises(Misconfigured):
        asks.watch(forum.region, "qnone", "a@example.fr", b"", "", forum.now)
    for question in (forum.waiting(), forum.answer(forum.published("Et les bus de Roanne ?"))):
        with pytest.raises(Refused, match=question.state):
            forum.watch(question)


def test_a_link_opens_until_the_night_that_deletes_it(forum: Forum) -> None:
    _, session = forum.dialogue()
    asked = forum.follow(session)
    forum.programme.now += dt.timedelta(hours=47)
    assert forum.confirm(asked.ref).enrolment is not None
