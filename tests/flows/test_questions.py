"""Residents' questions through the real flows: letters that arrive, comments of Graph's stand-in, the table of what waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.artifacts import Artifact
from pydantic import SecretStr

from connectors import clock
from connectors.region.alerting import alerts
from flows.questions import LATELY, Verdict, answer_question, moderate, read_comments
from schemas.errors import Misconfigured, Refused
from tasks.questions import CAUSE
from tests.flows.stories import is_json
from tests.hands import PageEditor, sql
from tests.programme import Programme
from tests.questions import BODY, Forum
from tests.relays import Letters, relaying
from tests.worlds import Hub, Sandbox

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1), pytest.mark.slow]


@pytest.fixture
def hub(hub: Hub, letters: Letters) -> Iterator[Hub]:
    with relaying(letters) as address:
        hub.settings = hub.settings.model_copy(update={"smtp_url": SecretStr(address)})
        yield hub


@pytest.fixture
def forum(flowing: Hub, monkeypatch: pytest.MonkeyPatch) -> Forum:
    made = Forum(Programme(flowing.region))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def table() -> str:
    found: Any = Artifact.get("questions")
    assert found
    return str(found.data)


def subjects(letters: Letters) -> list[str]:
    told = [str(message["Subject"]).replace("\u00a0", " ") for _, message in letters.taken]
    letters.taken.clear()
    return told


def test_a_question_from_its_moderation_to_its_answer(forum: Forum, letters: Letters) -> None:
    one, other = forum.waiting(), forum.waiting(f"Bonjour. {BODY}")
    refused = forum.waiting("Une question que personne ne comprend, non ?")
    forum.anonymous("Et le bus | <b>45</b> d’Annecy, quand revient-il ?")
    told = moderate(question=one.ref, verdict=Verdict.PUBLISH, by="Inès")
    assert is_json(told)
    assert (told["question"]["state"], told["waiting"], told["overdue"]) == ("published", 3, 0)
    assert f"| {other.ref} | 0 | portal |" in table()
    assert f"| {one.ref} |" in table(), "what it is like"
    assert "<b>" not in table()
    subjects(letters)
    assert (
        moderate(question=other.ref, verdict=Verdict.MERGE, by="Inès", into=one.ref)["question"]["into"]
        == one.ref
    )
    assert subjects(letters) == ["Votre question en rejoint une autre"]
    moderate(
        question=refused.ref,
        verdict=Verdict.REFUSE,
        by="Inès",
        article="unclear",
        words="De quoi s’agit-il ?",
    )
    assert subjects(letters) == ["Votre question n’est pas publiée"]
    told = answer_question(
        question=one.ref, answer="En 2027.", answered_by="Ada Roux, vice-présidente", by="Inès"
    )
    assert told["question"]["answer"] == "En 2027."
    assert sorted(subjects(letters)) == ["Réponse à la question que vous suivez", "Réponse à votre question"]


def test_what_cannot_be_done_says_what_can(forum: Forum) -> None:
    question = forum.waiting()
    with pytest.raises(Refused, match="publish, merge or refuse it first"):
        answer_question(question=question.ref, answer="Oui.", answered_by="Ada", by="Inès")
    with pytest.raises(Misconfigured, match="into"):
        moderate(question=question.ref, verdict=Verdict.MERGE, by="Inès")
    with pytest.raises(Misconfigured, match="off_topic"):
        moderate(question=question.ref, verdict=Verdict.REFUSE, by="Inès")
    assert forum.read(question) == question


def test_comments_on_the_air_are_read_on_and_wait(forum: Forum, flowing: Hub, sandbox: Sandbox) -> None:
    """What a resident writes under the post, and what the Page itself does."""
    assert read_comments() == {"read": 0, "asked": {}, "shown": False, "overdue": 0}
    dialogue, _ = forum.dialogue("on_air")
    page = PageEditor(flowing.settings)
    post = page.post("En direct !")
    sql(forum.region, "INSERT INTO channel (name) VALUES ('facebook_dialogues') ON CONFLICT DO NOTHING")
    sql(
        forum.region,
        "INSERT INTO effect (channel, subject, wanted_hash, live_hash, remote_id, state) "
        "VALUES ('facebook_dialogues', :s, 'x', 'x', :r, 'done')",
        s=dialogue.ref,
        r=post,
    )
    page.comment(post, "Des questions ? Posez-les ici !")
    sandbox.tell(
        "/comments", object=post, message="C’est pour quand, les trains du matin ?", name="Ada Lovelace"
    )
    sandbox.tell("/comments", object=post, message="Bravo pour ce direct !")
    assert read_comments() == {"read": 1, "asked": {dialogue.ref: 1}, "shown": True, "overdue": 0}
    forum.programme.now += LATELY
    assert read_comments() == {"read": 1, "asked": {dialogue.ref: 0}, "shown": False, "overdue": 0}
    assert "C’est pour quand, les trains du matin" in table()
    ((said,),) = sql(forum.region, "SELECT q::text FROM question q")
    assert "Lovelace" not in said


def test_overdue_answers_are_told_once_until_none_is(forum: Forum) -> None:
    question = forum.published()
    assert question.due_at is not None
    forum.programme.now = question.due_at
    assert read_comments() == {"read": 0, "asked": {}, "shown": True, "overdue": 1}
    read_comments()
    (alert,) = alerts.unresolved(forum.region)
    assert (alert.cause, alert.times) == (CAUSE, 2)
    assert question.ref in alert.message
    assert f"| {question.ref} | 0 | 0 |" in table()
    forum.answer(question)
    assert read_comments()["overdue"] == 0
    assert alerts.unresolved(forum.region) == []
