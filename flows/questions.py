"""Residents' questions as staff decide on them, and comments that ask.

Belongs here: the forms, and the order of what a step sets going. Does not: what a step does (connectors/region/questions/moderation.py), or the
officers' queue (portal).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import closing
from enum import Enum
from typing import Annotated, Any

import msgspec
from prefect import flow
from pydantic import Field

from connectors import clock
from connectors.facebook_dialogues import channel as facebook_dialogues
from connectors.facebook_live import channel as facebook_live
from connectors.region.database import Region, safe_region
from connectors.region.ledger.letters import MAIL
from connectors.region.questions import comments, moderation
from connectors.region.questions.questions import Question
from connectors.registry import comments as comments_of
from connectors.registry import dialogue_hub
from connectors.settings import settings
from core.dialogues import Rules
from schemas.errors import Misconfigured
from tasks.letters import send_letters
from tasks.questions import show_queue, tell_overdue
from tasks.read_comments import read_comments as read_on
from tasks.tell import tell

By = Annotated[str, Field(min_length=2)]
Words = Annotated[str, Field(min_length=3)]
COMMENTED = (facebook_live.NAME, facebook_dialogues.NAME)
LATELY = dt.timedelta(minutes=15)  # three runs: one that is missed is made good


class Verdict(str, Enum):  # noqa: UP042 - Prefect's form shows the values of a str Enum
    """What to do with a question."""

    PUBLISH = "publish"
    REFUSE = "refuse"
    MERGE = "merge"


def _carried_out(step: Callable[[Region, Rules, dt.datetime], Question]) -> dict[str, Any]:
    """Take the step, tell those whom it concerns, and show what still waits."""
    chosen, region = settings(), safe_region()
    rules = dialogue_hub(chosen).rules
    with region.at_work():
        after = step(region, rules, clock.now())
        sent = send_letters(region, chosen, MAIL)
        waiting, overdue = show_queue(region, clock.now())
    return dict(
        msgspec.to_builtins({"question": after, "sent": sent, "waiting": waiting, "overdue": overdue})
    )


@flow(name="moderate", flow_run_name="{verdict} {question}", description=__doc__)
def moderate(
    question: str, verdict: Verdict, by: By, article: str = "", words: str = "", into: str = ""
) -> dict[str, Any]:
    """Publish a question, refuse it, or merge it into one that asks the same. Its author is told at once; there is no undo.

    Args:
        question: Its reference, q…; the artifact `questions` has those that wait.
        verdict: publish: everybody reads it, and the public clock begins. refuse: by an article. merge: it leads to another.
        by: Your name; it is kept with the question.
        article: Of the charter in deployments/dialogue.toml, when it is refused: off_topic, unclear, …
        words: In French, for its author alone, when it is refused; may be empty.
        into: The reference of the public question that it is merged into.

    Raises:
        Misconfigured: there is no such question or article.
        Refused: that cannot be done with it (any more); the message says what can.

    """

    def step(region: Region, rules: Rules, now: dt.datetime) -> Question:
        match verdict:
            case Verdict.PUBLISH:
                return moderation.publish(region, question, by, now, rules)
            case Verdict.REFUSE:
                return moderation.refuse(region, question, article, words, by, now, rules.charter)
            case Verdict.MERGE if into:
                return moderation.merge(region, question, into, by, now)
            case Verdict.MERGE:
                raise Misconfigured("Say which question it is merged into: `into` is empty.")

    return _carried_out(step)


@flow(name="answer-question", flow_run_name="answer {question}", description=__doc__)
def answer_question(question: str, answer: Words, answered_by: Words, by: By) -> dict[str, Any]:
    """Answer a public question: its author and who watches it are told, once. Again corrects the answer, and tells nobody.

    Args:
        question: Its reference, q….
        answer: In French, as everybody reads it.
        answered_by: The official who answers, as shown: name and office.
        by: Your name; it is kept with the question.

    Raises:
        Misconfigured: there is no such question.
        Refused: it is not published; the message says what can be done.

    """
    return _carried_out(
        lambda region, _, now: moderation.answer(region, question, answer, answered_by, by, now)
    )


@flow(name="read-comments", flow_run_name="comments under dialogues", description=__doc__)
def read_comments() -> dict[str, Any]:
    """Read on what is said under dialogues on the air; what asks waits for a moderator. Nothing on the air costs nothing.

    What waits is shown anew when anything has changed lately, wherever that was decided; overdue answers are told once.
    """
    chosen, region = settings(), safe_region()
    asked: dict[str, int] = {}
    with region.at_work():
        now = clock.now()
        if read := comments.discussed(region, COMMENTED, now):
            with closing(comments_of(chosen, region)) as page:
                asked = read_on(region, read, page.comments, now)
        if shown := moderation.moved(region, now - LATELY, now):
            show_queue(region, now)
        overdue = tell_overdue(region, now)
        tell(region, chosen)
    return {"read": len(read), "asked": asked, "shown": shown, "overdue": overdue}
