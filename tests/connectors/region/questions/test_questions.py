"""Questions as residents ask them, read them and vote for them."""

from __future__ import annotations

from contextlib import suppress

import pytest

from connectors.region.questions import moderation, questions
from connectors.region.questions.asks import Limits
from connectors.region.questions.questions import Counts
from schemas.errors import Misconfigured, Refused, RetryLater
from tests.at_once import at_once
from tests.hands import sql
from tests.programme import DAY, HOUR
from tests.questions import BODY, Forum, count

pytestmark = pytest.mark.database
OTHER = "Le prix des cantines des lycées va-t-il baisser ?"


# Asked


def test_until_its_author_confirms_it_a_question_waits_for_nobody(forum: Forum) -> None:
    question = forum.ask(author="  Léa \u202e ", email="lea@example.fr")
    assert (question.state, question.author, question.contact_id) == ("unconfirmed", "Léa", None)
    assert question.body == BODY
    assert moderation.queue(forum.region, forum.now) == []
    assert questions.counts(forum.region) == Counts()
    assert count(forum.region, "contact") == 0
    waiting = forum.confirm_question(question)
    assert waiting.state == "waiting"
    assert waiting.contact_id is not None
    assert count(forum.region, "consent") == 0, "letters about one's own question need no box"


def test_no_text_stands_in_the_ledger(forum: Forum) -> None:
    question = forum.published(email="lea@example.fr", author="Léa")
    forum.answer(question)
    said = " ".join(row.said for row in sql(forum.region, "SELECT effect::text AS said FROM effect"))
    assert not any(word in said for word in ("Roanne", "Léa", "lea@", "2027"))


def test_the_same_twice_is_one_question_and_one_letter(forum: Forum) -> None:
    one = forum.ask(email="lea@example.fr")
    again = forum.ask(f"  {BODY}\n", email="Lea@example.fr")
    assert again == one
    assert len(forum.programme.letters()) == 1
    assert forum.ask(email="zoe@example.fr") != one
    assert forum.ask(OTHER, email="lea@example.fr") != one


def test_without_an_address_it_waits_for_a_moderator_at_once(forum: Forum) -> None:
    question = forum.anonymous()
    assert (question.state, question.origin, question.author) == ("waiting", "anonymous", None)
    assert forum.programme.letters() == []
    assert forum.anonymous() == question, "a double click"
    assert forum.anonymous(origin=b"another") != question


def test_limits_count_a_day_from_one_place(forum: Forum) -> None:
    limits = Limits(anonymous=2, email=2)
    for number in range(2):
        forum.anonymous(f"{BODY} ({number})", limits=limits)
        forum.ask(f"{BODY} ({number})", email="lea@example.fr", limits=limits)
    with pytest.raises(RetryLater):
        forum.anonymous(OTHER, limits=limits)
    with pytest.raises(RetryLater):
        forum.ask(OTHER, email="lea@example.fr", limits=limits)
    assert count(forum.region, "question") == 4, "what is refused is not kept either"
    forum.anonymous(OTHER, b"another", limits=limits)
    forum.programme.now += DAY
    forum.anonymous(OTHER, limits=limits)


@pytest.mark.parametrize("body", ["Quoi ?", "x" * 1001, "\u200b \u202e"])
def test_a_text_with_faults_is_not_kept(forum: Forum, body: str) -> None:
    with pytest.raises(Refused):
        forum.ask(body)
    with pytest.raises(Refused):
        forum.anonymous(body)
    assert count(forum.region, "question") == 0


def test_a_dialogue_takes_questions_from_its_announcement_until_it_is_closed(forum: Forum) -> None:
    for state in ("announced", "on_air"):
        dialogue, _ = forum.dialogue(state)
        assert forum.ask(dialogue_id=dialogue.id).dialogue == dialogue.ref
    for state in ("approved", "closed", "cancelled"):
        dialogue, _ = forum.dialogue(state)
        with pytest.raises(Refused, match=state):
            forum.anonymous(dialogue_id=dialogue.id)
    with pytest.raises(Misconfigured):
        forum.ask(dialogue_id=10_000)


# Read


def test_what_everybody_reads_in_every_order(forum: Forum) -> None:
    dialogue, _ = forum.dialogue()
    old = forum.published(dialogue_id=dialogue.id)
    forum.programme.now += HOUR
    new = forum.answer(forum.published(OTHER))
    forum.waiting("Une troisième question, que personne ne lit encore ?")
    forum.vote(old)
    region = forum.region
    assert [each.ref for each in questions.listed(region, sort="votes")] == [old.ref, new.ref]
    assert [each.ref for each in questions.listed(region, sort="newest")] == [new.ref, old.ref]
    assert [each.ref for each in questions.listed(region, sort="due")] == [old.ref, new.ref]
    assert questions.listed(region, theme="jobs") == []
    (of_dialogue,) = questions.listed(region, dialogue=dialogue.id)
    assert (of_dialogue.ref, of_dialogue.votes, of_dialogue.dialogue) == (old.ref, 1, dialogue.ref)
    assert len(questions.listed(region, limit=1)) == 1
    assert questions.counts(region) == Counts(waiting=1, published=1, answered=1)
    assert questions.counts(region, dialogue.id) == Counts(published=1)


def test_whoever_is_about_to_ask_finds_the_same(forum: Forum) -> None:
    question = forum.published()
    forum.published(OTHER)
    forum.waiting("Plus de trains de Roanne à Lyon, c’est pour quand ?")
    found = questions.like(forum.region, "Y aura-t-il plus de trains Roanne Lyon ?")
    assert [each.ref for each in found] == [question.ref], "only what is public"


# Votes


def test_somebody_votes_once_and_may_take_it_back(forum: Forum) -> None:
    question = forum.published()
    assert forum.vote(question, b"a") == 1
    assert forum.vote(question, b"a") == 1
    assert forum.vote(question, b"b", b"elsewhere") == 2
    assert questions.voted(forum.region, b"a", [question.ref, "qnone"]) == {question.ref}
    assert questions.unvote(forum.region, question.ref, b"a") == 1
    assert questions.unvote(forum.region, question.ref, b"a") == 1
    assert forum.read(question).votes == 1


def test_nobody_votes_for_what_is_not_asked_or_answered(forum: Forum) -> None:
    with pytest.raises(Refused):
        questions.vote(forum.region, "qnone", b"a", b"o", forum.now)
    for question in (forum.waiting(), forum.answer(forum.published(OTHER))):
        with pytest.raises(Refused, match=question.state):
            forum.vote(question)


def test_one_network_address_has_so_many_votes_a_day(forum: Forum) -> None:
    question = forum.published()
    for number in range(3):
        forum.vote(question, bytes([number]), most=3)
    assert forum.vote(question, b"\x00", most=3) == 3, "the same vote again takes none"
    with pytest.raises(RetryLater):
        forum.vote(question, b"more", most=3)
    assert forum.read(question).votes == 3
    assert forum.vote(question, b"more", b"elsewhere", most=3) == 4
    forum.programme.now += DAY
    assert forum.vote(question, b"and more", most=3) == 5


def test_votes_at_once_are_each_counted_once_and_never_too_many(forum: Forum) -> None:
    question = forum.published()

    def one(voter: int) -> None:
        with suppress(RetryLater):
            forum.vote(question, bytes([voter % 8]), most=5)

    at_once(*[lambda voter=voter: one(voter) for voter in range(16)])
    assert forum.read(question).votes == 5
