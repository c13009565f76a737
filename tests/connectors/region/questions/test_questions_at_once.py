"""Moderators, residents and the clock at the same moment: nobody is told twice, nobody is forgotten, nothing leads in a circle."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from connectors.region.people import persons
from connectors.region.questions.questions import Question
from schemas.errors import Misconfigured, Refused
from tests.at_once import at_once
from tests.hands import sql
from tests.questions import BODY, Forum

pytestmark = pytest.mark.database
FEW = 12  # each makes its own people, which takes longer than the race


def settled(act: Callable[[], object]) -> Callable[[], bool]:
    """Whether it was done: what another was quicker to end is refused."""

    def done() -> bool:
        try:
            act()
        except Refused:
            return False
        return True

    return done


def some(forum: Forum, number: int, of: int = 2) -> list[Question]:
    """Published questions, each with a vote in common."""
    made = [
        forum.published(f"{BODY} ({number}.{each})", origin=f"{number}.{each}".encode()) for each in range(of)
    ]
    for each in made:
        forum.vote(each, b"common", f"{number}".encode())
    return made


def test_two_who_decide_at_once_decide_once(forum: Forum) -> None:
    for number in range(FEW):
        question = forum.waiting(f"{BODY} ({number})", origin=bytes([number]))
        done = at_once(settled(partial(forum.publish, question)), settled(partial(forum.refuse, question)))
        state = forum.read(question).state
        assert (done, state) in [
            ([True, False], "published"),
            ([True, True], "refused"),
            ([False, True], "refused"),
        ]


def test_two_that_are_merged_into_each_other_do_not_lead_in_a_circle(forum: Forum) -> None:
    for number in range(FEW):
        a, b = some(forum, number)
        done = at_once(settled(partial(forum.merge, a, b)), settled(partial(forum.merge, b, a)))
        assert sorted(done) == [False, True]
        states = sorted(forum.read(each).state for each in (a, b))
        assert states == ["merged", "published"]
        assert sum(forum.read(each).votes for each in (a, b)) == 1


def test_a_chain_that_is_merged_from_both_ends_leads_to_one_end(forum: Forum) -> None:
    for number in range(FEW):
        a, b, c = some(forum, number, 3)
        assert at_once(settled(partial(forum.merge, a, b)), settled(partial(forum.merge, b, c))) == [
            True,
            True,
        ]
        assert forum.read(a).into == forum.read(b).into == c.ref
        assert forum.watchers(c) == {a.contact_id, b.contact_id}


def test_who_confirms_while_it_is_merged_and_answered_is_told_once_by_one_letter_or_the_other(
    forum: Forum,
) -> None:
    """A letter of a merge tells the answer when there is one: who is told of the merge after it has an answer is told that."""
    for number in range(FEW):
        a, b = some(forum, number)
        asked = forum.watch(a, f"w{number}@example.fr", origin=f"w{number}".encode())
        confirmed, *_ = at_once(
            partial(forum.confirm, asked.ref),
            partial(forum.merge, a, b),
            partial(forum.answer, b),
            settled(partial(forum.vote, a, b"late", f"late{number}".encode())),
        )
        told = [
            of
            for kind in ("merged", "answered")
            for of, reader in forum.told(kind)
            if reader == confirmed.contact
        ]
        assert told in ([a.id], [b.id], [a.id, b.id])
        assert forum.watchers(a) == set()
        assert confirmed.contact in forum.watchers(b)


def test_who_is_erased_meanwhile_is_nowhere_and_holds_nobody_up(forum: Forum) -> None:
    for number in range(FEW):
        a, b = some(forum, number)
        contact = forum.watching(a, f"w{number}@example.fr")
        assert a.contact_id is not None
        own = forum.watch(b, f"w{number}@example.fr", origin=f"w{number}".encode())

        def confirm(ref: str = own.ref) -> None:
            with suppress(Misconfigured):  # it may be deleted with them
                forum.confirm(ref)

        at_once(
            *[
                partial(persons.erase, forum.region, forum.programme.rules, each, forum.now)
                for each in (contact, a.contact_id)
            ],
            partial(forum.merge, a, b),
            confirm,
        )
        assert forum.read(a).state == "merged"
        living = "SELECT FROM watch w JOIN contact c ON c.id = w.contact_id WHERE c.erased_at IS NOT NULL"
        assert sql(forum.region, living) == []
