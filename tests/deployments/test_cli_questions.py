"""`boostez question`: what staff press when residents ask, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.region.questions.questions import Question
from tests.hands import sql
from tests.programme import Programme
from tests.questions import BODY, Forum
from tests.terminals import Terminal
from tests.worlds import Hub

pytestmark = [pytest.mark.database, pytest.mark.catalogue(1, 1)]


@pytest.fixture
def forum(terminal: Terminal, hub: Hub) -> Forum:
    assert terminal.lent == []
    return Forum(Programme(hub.region))


def test_what_waits_is_listed_the_most_urgent_first_and_shown_whole(terminal: Terminal, forum: Forum) -> None:
    assert terminal.type("question", "list").stdout == "No such question.\n"
    dialogue, _ = forum.dialogue()
    waiting = forum.waiting(f"{BODY} Appelez-moi au 06 12 34 56 78.")
    late = forum.published(BODY, dialogue_id=dialogue.id)
    sql(forum.region, "UPDATE question SET due_at = '2020-01-01' WHERE id = :id", id=late.id)
    assert [each["ref"] for each in terminal.ask("question", "list")] == [late.ref, waiting.ref]
    assert f"{late.ref}  published  due 2020-01-01 LATE" in terminal.type("question", "list").stdout
    assert [each["ref"] for each in terminal.ask("question", "overdue")] == [late.ref]
    assert [each["ref"] for each in terminal.ask("question", "list", "--dialogue", dialogue.ref)] == [
        late.ref
    ]
    said = terminal.type("question", "show", waiting.ref).stdout
    assert "Look at: phone" in said
    assert f"Like {late.ref}" in said
    assert BODY in said
    assert "unconfirmed, waiting" in terminal.told("question", "list", "--state", "gone", code=2)
    assert "question list" in terminal.told("question", "show", "qnone", code=2)
    assert "dialogue list" in terminal.told("question", "list", "--dialogue", "dnone", code=2)


def test_each_decision_is_one_command(terminal: Terminal, forum: Forum, tmp_path: Path) -> None:
    one, same, other = (
        forum.waiting(),
        forum.waiting(f"Bonjour, {BODY}"),
        forum.waiting("Pouvez-vous venir ?"),
    )
    said = terminal.type("question", "publish", one.ref, "--by", "Inès").stdout
    assert said == f"{one.ref} is published: whom it concerns is told within a minute.\n"
    terminal.type("question", "merge", same.ref, one.ref)
    terminal.type("question", "refuse", other.ref, "unclear", "--words", "Venir où ?")
    file = tmp_path / "answer.txt"
    file.write_text("En 2027.\n", "utf-8")
    told = terminal.ask("question", "answer", one.ref, "Ada Roux", str(file))
    assert (told["state"], told["answer"]) == ("answered", "En 2027.")

    def now(question: Question) -> tuple[str, str | None, str | None]:
        found = forum.read(question)
        return found.state, found.into, found.words

    assert [now(each) for each in (one, same, other)] == [
        ("answered", None, None),
        ("merged", one.ref, None),
        ("refused", None, "Venir où ?"),
    ]
    assert "merged into another" in terminal.told("question", "publish", same.ref, code=3)
    assert "off_topic" in terminal.told("question", "refuse", other.ref, "because", code=2)
