"""Residents who ask for tests, one line each, and a moderator who decides."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any, Final

import pytest

from connectors.region.database import Region
from connectors.region.dialogues import dialogues, hosts
from connectors.region.dialogues.dialogues import Dialogue
from connectors.region.questions import asks, moderation, questions
from connectors.region.questions.asks import Asked, Confirmed, Limits
from connectors.region.questions.questions import Draft, Question
from connectors.region.sessions.sessions import Session
from tests.dialogue_world import rules
from tests.hands import sql
from tests.programme import STARTS, Programme

ORIGIN: Final = b"an address"
WORDING: Final = "wording 1"
BODY: Final = "Quand la ligne de train entre Roanne et Lyon aura-t-elle plus de trains ?"
MODERATOR: Final = "Inès"
ARTICLE: Final = "unclear"


class Forum:
    """Where residents ask; it is ``programme.now``."""

    def __init__(self, programme: Programme) -> None:
        self.programme, self.region, self.rules = programme, programme.region, rules()
        self._numbers = itertools.count(1)

    @property
    def now(self) -> dt.datetime:
        return self.programme.now

    def dialogue(self, state: str = "announced") -> tuple[Dialogue, Session]:
        """A dialogue with a session of its own, in any state."""
        number = next(self._numbers)
        session = self.programme.session(kind="dialogue", title=f"Les trains {number}")
        official = hosts.keep_official(
            self.region, "Ada Roux", "vice-présidente", f"a{number}@region.example"
        )
        moderator = hosts.keep_moderator(self.region, MODERATOR, f"i{number}@region.example")
        draft = dialogues.Draft(
            theme="transport",
            title="Les trains",
            form="written",
            minutes=60,
            official_id=official.id,
            moderator_id=moderator.id,
            starts_wall=STARTS,
        )
        made = dialogues.add(self.region, draft, self.now)
        sql(
            self.region,
            "UPDATE dialogue SET state = :state, session_id = :session WHERE id = :id",
            state=state,
            session=session.id,
            id=made.id,
        )
        found = dialogues.named(self.region, made.ref)
        assert found is not None
        return found, session

    def ask(self, body: str = BODY, *, email: str | None = None, **changes: Any) -> Question:
        """A question, by mail, of somebody new; not confirmed."""
        email = email or f"resident{next(self._numbers)}@example.fr"
        limits = changes.pop("limits", Limits())
        origin = changes.pop("origin", ORIGIN)
        draft = Draft("transport", body, **changes)
        return questions.ask(self.region, draft, email, origin, WORDING, self.now, limits)

    def anonymous(self, body: str = BODY, origin: bytes = ORIGIN, **changes: Any) -> Question:
        limits = changes.pop("limits", Limits())
        draft = Draft("transport", body, **changes)
        return questions.ask_anonymously(self.region, draft, origin, self.now, limits)

    def waiting(self, body: str = BODY, **changes: Any) -> Question:
        """A question that its author has confirmed."""
        return self.confirm_question(self.ask(body, **changes))

    def confirm_question(self, question: Question) -> Question:
        ((ref,),) = sql(
            self.region, "SELECT ref FROM ask WHERE question_id = :id AND kind = 'question'", id=question.id
        )
        self.confirm(ref)
        return self.read(question)

    def published(self, body: str = BODY, **changes: Any) -> Question:
        return self.publish(self.waiting(body, **changes))

    def follow(
        self, session: Session, email: str = "zoe@example.fr", name: str | None = "Zoé", **more: Any
    ) -> Asked:
        origin, limits = more.get("origin", ORIGIN), more.get("limits", Limits())
        return asks.follow(self.region, session.ref, email, name, origin, WORDING, self.now, limits)

    def watch(self, question: Question, email: str = "zoe@example.fr", **more: Any) -> Asked:
        origin, limits = more.get("origin", ORIGIN), more.get("limits", Limits())
        return asks.watch(self.region, question.ref, email, origin, WORDING, self.now, limits)

    def watching(self, question: Question, email: str = "zoe@example.fr") -> int:
        """Somebody who watches it: their number."""
        return self.confirm(self.watch(question, email).ref).contact

    def confirm(self, ref: str) -> Confirmed:
        return asks.confirm(self.region, self.programme.rules, ref, self.now)

    def read(self, question: Question) -> Question:
        found = questions.named(self.region, question.ref)
        assert found is not None
        return found

    def publish(self, question: Question) -> Question:
        return moderation.publish(self.region, question.ref, MODERATOR, self.now, self.rules)

    def refuse(self, question: Question, words: str = "", article: str = ARTICLE) -> Question:
        return moderation.refuse(
            self.region, question.ref, article, words, MODERATOR, self.now, self.rules.charter
        )

    def merge(self, question: Question, into: Question) -> Question:
        return moderation.merge(self.region, question.ref, into.ref, MODERATOR, self.now)

    def answer(self, question: Question, words: str = "En 2027.", official: str = "Ada Roux") -> Question:
        return moderation.answer(self.region, question.ref, words, official, MODERATOR, self.now)

    def vote(
        self, question: Question, voter: bytes = b"voter", origin: bytes = ORIGIN, most: int = 50
    ) -> int:
        return questions.vote(self.region, question.ref, voter, origin, self.now, most)

    def watchers(self, question: Question) -> set[int]:
        rows = sql(self.region, "SELECT contact_id FROM watch WHERE question_id = :id", id=question.id)
        return {row.contact_id for row in rows}

    def told(self, kind: str) -> list[tuple[int, int]]:
        """The question and the reader of each letter of a kind, in the order in which they were called for."""
        rows = sql(
            self.region,
            "SELECT (content ->> 'of')::bigint AS of, (content ->> 'contact')::bigint AS contact FROM effect "
            "WHERE content ->> 'about' = 'question' AND content ->> 'kind' = :kind ORDER BY id",
            kind=kind,
        )
        return [(row.of, row.contact) for row in rows]


@pytest.fixture
def forum(programme: Programme) -> Forum:
    """A forum in a database of the test's own."""
    return Forum(programme)


def count(region: Region, table: str) -> int:
    """How many rows a table has."""
    ((number,),) = sql(region, f"SELECT count(*) FROM {table}")
    return int(number)
