"""Moderation: every question ends answered, merged or refused, and whoever asked or watches is told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.region.people import persons, watches
from connectors.region.questions import moderation
from connectors.region.questions.questions import Question
from schemas.errors import Misconfigured, Refused
from tests.hands import sql
from tests.makers import NOON
from tests.programme import DAY, HOUR
from tests.questions import ARTICLE, BODY, MODERATOR, Forum

pytestmark = pytest.mark.database
BUS = "Pourquoi la ligne de bus 45 a-t-elle été supprimée à Annecy ?"
BUS_AGAIN = "Pourquoi avoir supprimé le bus 45 d’Annecy ?"


# The queue


def test_the_oldest_comes_first_with_what_it_is_like_and_what_to_look_at(forum: Forum) -> None:
    public = forum.published(BUS)
    forum.programme.now += HOUR
    one = forum.waiting(f"{BUS_AGAIN} Appelez-moi au 06 12 34 56 78.")
    forum.programme.now += HOUR
    two = forum.anonymous()
    forum.ask("Celle-ci n’est pas encore confirmée, est-ce normal ?")
    first, second = moderation.queue(forum.region, forum.now)
    assert (first.question.ref, second.question.ref) == (one.ref, two.ref)
    assert [each.question.ref for each in first.like] == [public.ref]
    assert first.flags == ("phone",)
    assert (second.like, second.flags) == ((), ())
    assert [each.question.ref for each in moderation.queue(forum.region, forum.now - HOUR)] == [one.ref]


def test_whatever_is_asked_decided_or_becomes_overdue_moves_the_queue(forum: Forum) -> None:
    assert not moderation.moved(forum.region, forum.now - HOUR, forum.now)
    forum.ask()
    assert not moderation.moved(forum.region, forum.now - HOUR, forum.now), "nobody has confirmed it"
    question = forum.published(BUS)
    assert moderation.moved(forum.region, forum.now - HOUR, forum.now)
    assert question.due_at is not None
    late = question.due_at
    assert not moderation.moved(forum.region, late - HOUR, late - dt.timedelta.resolution)
    assert moderation.moved(forum.region, late - HOUR, late)
    assert not moderation.moved(forum.region, late, late + HOUR)


# Published


def test_published_the_public_clock_begins_and_its_author_is_told(forum: Forum) -> None:
    question = forum.published()
    assert question.state == "published"
    assert question.published_at == NOON
    assert question.due_at == dt.datetime(2026, 12, 9, 23, tzinfo=dt.UTC), (
        "midnight in Paris, 15 whole days later"
    )
    assert question.decided_by == MODERATOR
    assert forum.told("published") == [(question.id, question.contact_id)]
    assert not question.late(question.due_at - dt.timedelta.resolution)
    assert moderation.overdue(forum.region, question.due_at - HOUR) == []
    assert moderation.overdue(forum.region, question.due_at) == [question]


def test_of_a_question_without_an_address_nobody_is_told(forum: Forum) -> None:
    question = forum.publish(forum.anonymous())
    forum.answer(question)
    assert forum.programme.letters() == []


# Refused


def test_refused_everybody_reads_the_article_and_its_author_the_words(forum: Forum) -> None:
    question = forum.refuse(forum.waiting(), "De quelle ligne\nparlez-vous\u202e ?")
    assert question.state == "refused"
    assert question.article == forum.rules.charter[ARTICLE]
    assert question.words == "De quelle ligne\nparlez-vous ?"
    assert forum.refuse(forum.anonymous()).words is None
    assert forum.told("refused") == [(question.id, question.contact_id)]


def test_what_should_never_have_been_public_can_be_refused_after_all(forum: Forum) -> None:
    question = forum.published()
    watcher = forum.watching(question)
    forum.refuse(question)
    assert sorted(contact for _, contact in forum.told("refused")) == sorted(
        [question.contact_id or 0, watcher]
    )


def test_an_article_that_the_charter_does_not_have_is_no_reason(forum: Forum) -> None:
    question = forum.waiting()
    with pytest.raises(Misconfigured, match="off_topic"):
        forum.refuse(question, article="because")
    with pytest.raises(Refused, match="2000"):
        forum.refuse(question, "x" * 2001)
    assert forum.read(question).state == "waiting"


# Answered


def test_answered_its_author_and_who_watches_are_told_once_and_a_correction_tells_nobody(
    forum: Forum,
) -> None:
    question = forum.published()
    watchers = {forum.watching(question, f"w{number}@example.fr") for number in range(2)}
    answered = forum.answer(question, "  En 2027.\n\n\n\nPas avant. ")
    assert (answered.answer, answered.answered_by) == ("En 2027.\n\nPas avant.", "Ada Roux")
    assert {contact for _, contact in forum.told("answered")} == watchers | {question.contact_id}
    letters = forum.programme.letters()
    forum.programme.now += DAY
    corrected = forum.answer(question, "En 2028.", "Bo Petit")
    assert (corrected.answer, corrected.answered_by) == ("En 2028.", "Bo Petit")
    assert corrected.ended_at == answered.ended_at
    assert corrected.changed_at == forum.now
    assert forum.programme.letters() == letters


@pytest.mark.parametrize(("words", "official"), [(" \u200b ", "Ada"), ("Oui.", "  "), ("x" * 20_001, "Ada")])
def test_an_answer_says_something_by_somebody(forum: Forum, words: str, official: str) -> None:
    question = forum.published()
    with pytest.raises(Refused):
        forum.answer(question, words, official)
    assert forum.read(question).state == "published"


def test_who_stops_watching_is_not_told(forum: Forum) -> None:
    question = forum.published()
    contact = forum.watching(question)
    assert watches.end(forum.region, question.id, contact)
    assert not watches.end(forum.region, question.id, contact)
    assert not watches.end(forum.region, 10_000, contact)
    forum.answer(question)
    assert contact not in {reader for _, reader in forum.told("answered")}


# Merged


def test_merged_its_author_learns_where_and_watches_the_other_and_votes_move_once_a_voter(
    forum: Forum,
) -> None:
    question, other = forum.published(BUS_AGAIN), forum.published(BUS)
    watcher = forum.watching(question)
    for voter in (b"a", b"b"):
        forum.vote(question, voter)
    for voter in (b"b", b"c"):
        forum.vote(other, voter)
    merged = forum.merge(question, other)
    assert (merged.state, merged.into, merged.votes) == ("merged", other.ref, 0)
    assert forum.read(other).votes == 3
    assert question.contact_id is not None
    assert forum.watchers(other) == {question.contact_id, watcher}
    assert forum.watchers(question) == set()
    assert sorted(forum.told("merged")) == sorted(
        [(question.id, question.contact_id), (question.id, watcher)]
    )
    assert forum.vote(question, b"d") == 4, "a vote that comes late counts where it leads"
    forum.answer(other)
    assert len(forum.told("answered")) == 3


def test_an_author_who_was_forgotten_watches_nothing_and_is_told_nothing(forum: Forum) -> None:
    """Whoever asked to be forgotten was made a reader of the question that theirs was merged into."""
    question, other = forum.published(BUS_AGAIN), forum.published(BUS)
    watcher = forum.watching(question)
    assert question.contact_id is not None
    persons.erase(forum.region, forum.programme.rules, question.contact_id, forum.now)
    forum.merge(question, other)
    assert forum.watchers(other) == {watcher}
    assert forum.told("merged") == [(question.id, watcher)]
    forum.answer(other)
    assert question.contact_id not in {reader for _, reader in forum.told("answered")}


def test_whoever_asked_both_is_the_author_of_the_other_and_told_once(forum: Forum) -> None:
    one = forum.published(BUS_AGAIN, email="lea@example.fr")
    other = forum.published(BUS, email="lea@example.fr")
    forum.merge(one, other)
    assert forum.watchers(other) == set()
    forum.answer(other)
    assert forum.told("answered") == [(other.id, other.contact_id)]


def test_a_chain_of_merges_leads_to_its_end(forum: Forum) -> None:
    a, b, c = (forum.published(f"{BUS} ({number})") for number in range(3))
    forum.merge(a, b)
    forum.merge(b, c)
    assert forum.read(a).into == forum.read(b).into == c.ref
    assert forum.watchers(c) == {a.contact_id, b.contact_id}
    with pytest.raises(Refused, match="leads to"):
        forum.merge(c, a)
    late = forum.waiting(f"{BUS} (encore)")
    assert forum.merge(late, a).into == c.ref, "whoever merges into what is merged means where it leads"


def test_nothing_is_merged_into_itself_or_into_what_nobody_reads(forum: Forum) -> None:
    question = forum.published()
    for other, why in (
        (question, "leads to"),
        (forum.waiting(BUS), "publish"),
        (forum.refuse(forum.waiting(BUS_AGAIN)), "refused"),
    ):
        with pytest.raises(Refused, match=why):
            forum.merge(question, other)
    with pytest.raises(Misconfigured):
        moderation.merge(forum.region, question.ref, "qnone", MODERATOR, forum.now)
    assert forum.read(question) == question


def test_what_is_merged_into_an_answered_one_has_its_answer(forum: Forum) -> None:
    other = forum.answer(forum.published(BUS))
    assert forum.merge(forum.waiting(BUS_AGAIN), other).into == other.ref


# Steps that cannot be taken


def test_a_step_that_cannot_be_taken_says_which_can_and_changes_nothing(forum: Forum) -> None:
    waiting, answered = forum.waiting(), forum.answer(forum.published(BUS))
    refused = forum.refuse(forum.waiting(BUS_AGAIN))
    unconfirmed = forum.ask()
    acts: tuple[tuple[Callable[[Question], object], Question, str], ...] = (
        (forum.publish, unconfirmed, "not confirmed"),
        (forum.answer, waiting, "publish, merge or refuse"),
        (forum.publish, answered, "answer it again"),
        (forum.refuse, answered, "answer it again"),
        (forum.publish, refused, "asked anew"),
        (forum.answer, refused, "asked anew"),
    )
    for act, question, told in acts:
        with pytest.raises(Refused, match=told):
            act(question)
        assert forum.read(question) == question
    with pytest.raises(Misconfigured, match="question list"):
        moderation.publish(forum.region, "qnone", MODERATOR, forum.now, forum.rules)


def _take(forum: Forum, step: str, question: Question, other: Question, number: int) -> None:
    match step:
        case "merge":
            forum.merge(question, other)
        case "watch":
            forum.watching(question, f"w{number}@example.fr")
        case "vote":
            forum.vote(question, bytes([number]))
        case _:
            getattr(forum, step)(question)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "refuse", "merge", "answer", "watch", "vote"]),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=14,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_in_whatever_order_no_question_and_nobody_is_lost(
    forum: Forum, steps: list[tuple[str, int, int]]
) -> None:
    """A vote or a watch is of a public question, a merged one leads to one that is not, and each ends with everybody told."""
    for table in ("effect", "vote", "watch", "ask", "question"):
        sql(forum.region, f"DELETE FROM {table}")
    four = [
        forum.waiting(f"{BODY} ({number})", email=f"a{number}@example.fr", origin=bytes([number]))
        for number in range(4)
    ]
    for number, (step, one, other) in enumerate(steps):
        forum.programme.now += DAY
        with suppress(Refused):
            _take(forum, step, four[one], four[other], number)
    for question in map(forum.read, four):
        if question.into is not None:
            (into,) = [each for each in map(forum.read, four) if each.ref == question.into]
            assert into.state != "merged"
            assert (question.votes, forum.watchers(question)) == (0, set())
            if question.contact_id != into.contact_id:
                assert question.contact_id in forum.watchers(into)
        if question.state in {"answered", "refused"}:
            told = {contact for of, contact in forum.told(question.state) if of == question.id}
            joined = {each.contact_id for each in map(forum.read, four) if each.into == question.ref}
            assert told <= forum.watchers(question) | {question.contact_id}
            assert told | joined >= forum.watchers(question) | {question.contact_id}, (
                "a merge tells the answer"
            )
