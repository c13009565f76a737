"""Letters about questions as people receive them: a real ledger, a real SMTP server."""

from __future__ import annotations

from typing import Literal

import pytest

from connectors.region.people import bounces, watches
from connectors.region.questions import asks
from core.bounces import Bounce
from core.effects import Receipt
from tests.hands import sql
from tests.mailrooms import Mailroom, Received
from tests.programme import BEGINS, DAY, HOUR
from tests.questions import BODY, Forum

pytestmark = pytest.mark.database
BUS = "Pourquoi la ligne de bus 45 a-t-elle été supprimée ?"


@pytest.fixture
def forum(room: Mailroom) -> Forum:
    return Forum(room.programme)


def causes(receipts: list[Receipt]) -> list[str | None]:
    return [receipt.cause for receipt in receipts]


def sent(room: Mailroom) -> dict[str, Received]:
    """What arrived since it was last asked, by address."""
    room.send()
    return {letter.to: letter for letter in room.take()}


def test_who_follows_confirms_and_nothing_that_they_wrote_is_sent_before(
    room: Mailroom, forum: Forum
) -> None:
    dialogue, session = forum.dialogue()
    forum.follow(session, "zoe@example.fr", "Achetez mes pilules")
    letter = sent(room)["zoe@example.fr"]
    assert letter.subject == f"Confirmez que vous suivez « {session.title} »"
    assert "pilules" not in letter.raw.decode()
    assert "mardi 15 décembre 2026 à 14 h" in letter.text
    assert f"https://portail.example/dialogues/{dialogue.ref}" in letter.links
    assert "List-Unsubscribe" not in letter.message
    confirmed = forum.confirm(room.opened(letter, "ask"))
    assert confirmed.enrolment is not None
    assert sent(room)["zoe@example.fr"].subject.startswith("Votre place")


def test_who_asks_confirms_and_nothing_that_they_wrote_is_sent_before(room: Mailroom, forum: Forum) -> None:
    question = forum.ask("Achetez mes pilules chez moi, quand ?", email="lea@example.fr", author="Pilule")
    letter = sent(room)["lea@example.fr"]
    assert letter.subject == "Confirmez votre question aux élus de la Région"
    assert "ilule" not in letter.raw.decode()
    assert forum.confirm(room.opened(letter, "ask")).question == question.ref


def test_who_watches_confirms_and_reads_which_question(room: Mailroom, forum: Forum) -> None:
    question = forum.published()
    sent(room)
    forum.watch(question)
    letter = sent(room)["zoe@example.fr"]
    assert f"« {BODY} »" in letter.text.replace("\n", " ")
    assert f"https://portail.example/questions/{question.ref}" in letter.links
    assert forum.confirm(room.opened(letter, "ask")).question == question.ref


def test_its_author_hears_of_every_step(room: Mailroom, forum: Forum) -> None:
    question = forum.waiting(email="lea@example.fr", author="Léa")
    sent(room)
    forum.publish(question)
    letter = sent(room)["lea@example.fr"]
    assert letter.subject == "Votre question est publiée"
    assert letter.text.startswith("Bonjour Léa,\n")
    assert "au plus tard le mercredi 9 décembre 2026" in letter.text
    assert "List-Unsubscribe" not in letter.message, "who asked is told: that is what they asked for"
    forum.answer(question, "En 2027.\n\nPas avant.", "Ada Roux, vice-présidente")
    letter = sent(room)["lea@example.fr"]
    assert letter.subject == "Réponse à votre question"
    assert "Ada Roux, vice-présidente, répond à votre question :" in letter.text
    assert "\nEn 2027.\n\nPas avant.\n" in letter.text
    assert room.opened(letter, "preferences") == str(question.contact_id)


def test_refused_its_author_reads_why_and_where_to_ask_anew(room: Mailroom, forum: Forum) -> None:
    question = forum.refuse(forum.waiting(email="lea@example.fr"), "De quelle ligne parlez-vous ?")
    letter = sent(room)["lea@example.fr"]
    assert letter.subject == "Votre question n’est pas publiée"
    assert forum.rules.charter["unclear"].split(". ")[0] in letter.text.replace("\n", " ")
    assert "De quelle ligne parlez-vous ?" in letter.text
    assert room.opened(letter, "question") == question.ref
    assert "https://portail.example/questions/nouvelle" in letter.links


def test_who_watched_what_is_refused_after_all_reads_the_article_alone(room: Mailroom, forum: Forum) -> None:
    question = forum.published(email="lea@example.fr")
    forum.watching(question)
    sent(room)
    forum.refuse(question, "Rien que pour vous, Léa.")
    letters = sent(room)
    assert letters["lea@example.fr"].subject == "Votre question n’est plus publiée"
    letter = letters["zoe@example.fr"]
    assert letter.subject == "Une question que vous suivez n’est plus publiée"
    assert "Rien que pour vous" not in letter.text
    assert BODY not in letter.text


def test_merged_its_author_reads_the_other_and_is_told_its_answer_until_they_stop(
    room: Mailroom, forum: Forum
) -> None:
    question, other = forum.published(email="lea@example.fr"), forum.published(BUS, email="bo@example.fr")
    sent(room)
    forum.merge(question, other)
    letter = sent(room)["lea@example.fr"]
    assert letter.subject == "Votre question en rejoint une autre"
    assert f"« {BUS} »" in letter.text.replace("\n", " ")
    assert "Vous la recevrez par courriel" in letter.text
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    word = room.opened(letter, "unwatch")
    assert word == f"{other.id}.{question.contact_id}"
    watches.end(forum.region, *map(int, word.split(".")))
    forum.answer(other)
    assert set(sent(room)) == {"bo@example.fr"}


def test_merged_into_what_is_answered_the_answer_comes_with_it(room: Mailroom, forum: Forum) -> None:
    other = forum.answer(forum.published(BUS, email="bo@example.fr"), "En 2027.")
    question = forum.waiting(email="lea@example.fr")
    sent(room)
    forum.merge(question, other)
    assert "Ada Roux y a déjà répondu :\n\nEn 2027.\n" in sent(room)["lea@example.fr"].text


# Written when it is sent


def test_what_is_not_true_any_more_is_not_sent(room: Mailroom, forum: Forum) -> None:
    _, session = forum.dialogue()
    asked = forum.follow(session, "one@example.fr")
    forum.confirm(asked.ref)
    forum.follow(session, "two@example.fr")
    question = forum.published(email="lea@example.fr")
    forum.answer(question)
    forum.programme.now = BEGINS
    receipts = room.send()
    assert {letter.to for letter in room.take()} == {"lea@example.fr"}
    assert causes(receipts).count(None) == 1, (
        "the answer alone: not what was confirmed, published or has begun"
    )


def test_a_link_that_would_open_nothing_is_not_sent(room: Mailroom, forum: Forum) -> None:
    forum.ask()
    forum.programme.now += 49 * HOUR
    assert causes(room.send()) == ["moot"]


def test_a_letter_that_waits_tells_the_answer_as_it_was_corrected(room: Mailroom, forum: Forum) -> None:
    question = forum.published(email="lea@example.fr")
    sent(room)
    forum.answer(question, "En 2027.")
    forum.answer(question, "En 2028.")
    assert "En 2028." in sent(room)["lea@example.fr"].text


def test_what_people_wrote_can_be_no_header_and_no_letter_of_its_own(room: Mailroom, forum: Forum) -> None:
    hostile = "Quand ?\nBcc: tous@example.fr\n\nLa Région vous doit 100 €, cliquez ici"
    question = forum.published(hostile, email="lea@example.fr", author="Léa\r\nBcc: x@example.fr")
    letter = sent(room)["lea@example.fr"]
    assert letter.message["Bcc"] is None
    assert "\nLa Région vous doit" not in letter.text
    assert forum.read(question).body == hostile


# Letters that come back


@pytest.mark.parametrize("kind", ["question", "watch"])
def test_an_address_that_does_not_work_is_written_to_no_more(
    room: Mailroom, forum: Forum, kind: Literal["question", "watch"]
) -> None:
    question = forum.published(email="lea@example.fr")
    contact = question.contact_id if kind == "question" else forum.watching(question)
    sent(room)
    forum.programme.now += DAY
    forum.answer(question)
    sent(room)
    ((marker,),) = sql(
        forum.region,
        "SELECT marker FROM effect WHERE subject = :subject",
        subject=f"question.answered.{question.id}.{contact}",
    )
    address = "lea@example.fr" if kind == "question" else "zoe@example.fr"
    bounce = Bounce(marker=marker, recipient=address, kind="hard", status="5.1.1", at=forum.now, why="")
    assert bounces.take(forum.region, bounce, forum.now) == "suspended"
    assert contact is not None
    assert room.person(contact).mail_stopped == "hard"
    assert bounces.take(forum.region, bounce, forum.now) == "again"


def test_nobody_is_asked_to_telephone_who_follows_a_dialogue(room: Mailroom, forum: Forum) -> None:
    _, session = forum.dialogue()
    forum.confirm(forum.follow(session).ref)
    sent(room)
    ((marker,),) = sql(forum.region, "SELECT marker FROM effect WHERE subject LIKE 'registered.%'")
    bounce = Bounce(marker, "zoe@example.fr", "hard", "5.1.1", forum.now, "")
    assert bounces.take(forum.region, bounce, forum.now) == "suspended"
    assert bounces.without_coach(forum.region, forum.now) == []
    assert bounces.tell_coaches(forum.region, forum.now) == 0


def test_whoever_confirms_with_a_suspended_address_has_one_that_works(room: Mailroom, forum: Forum) -> None:
    question = forum.published(email="lea@example.fr")
    sql(forum.region, "UPDATE contact SET mail_stopped = 'hard'")
    forum.answer(question)
    assert "moot" in causes(room.send())
    assert room.take() == []
    asked = forum.ask(BUS, email="lea@example.fr")
    assert asks.named(forum.region, sql(forum.region, "SELECT ref FROM ask ORDER BY id DESC LIMIT 1")[0].ref)
    forum.confirm_question(asked)
    assert question.contact_id is not None
    assert room.person(question.contact_id).mail_stopped is None
