"""Questions that wait for a moderator or, longer than was promised, for an answer: a table in the Prefect UI, and an alert.

Belongs here: the table, and who hears of what is overdue. Does not: deciding (flows/questions.py, the portal's queue), or reading (connectors/region/questions/moderation.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from connectors.region.database import Region
from connectors.region.questions import moderation
from connectors.region.questions.moderation import Waiting
from connectors.region.questions.questions import Question
from core.markdown import cell
from core.wording import excerpt
from tasks.tell import RUNBOOK, over, sound

KEY: Final = "questions"
CAUSE: Final = "questions overdue"
PAGE: Final = f"{RUNBOOK}/questions.md"
NAMED: Final = 10  # of the overdue ones, in an alert
_SHOWN: Final = 160  # characters of a question


@task(name="show-queue", retries=0, cache_policy=NO_CACHE)
def show_queue(region: Region, now: dt.datetime) -> tuple[int, int]:
    """Leave what waits as an artifact. Returns how many wait for a moderator, and how many are overdue."""
    waiting, overdue = moderation.queue(region, now), moderation.overdue(region, now)
    create_markdown_artifact(
        markdown=table(waiting, overdue, now),
        key=KEY,
        description=f"{len(waiting)} questions wait for a moderator, {len(overdue)} are overdue",
    )
    return len(waiting), len(overdue)


@task(name="tell-overdue", retries=0, cache_policy=NO_CACHE)
def tell_overdue(region: Region, now: dt.datetime) -> int:
    """Alert once that answers are overdue, until none is. Returns how many are."""
    overdue = moderation.overdue(region, now)
    if not overdue:
        over(region, CAUSE)
        return 0
    named = ", ".join(each.ref for each in overdue[:NAMED])
    message = (
        f"{len(overdue)} questions of residents have no answer in time, the longest overdue first: {named}. The portal shows everybody "
        f"how late they are. `boostez question overdue` lists them all. More: {PAGE}"
    )
    sound(region, CAUSE, "Answers to residents are overdue", message)
    return len(overdue)


def table(waiting: Sequence[Waiting], overdue: Sequence[Question], now: dt.datetime) -> str:
    """Both in Markdown, the oldest first."""
    asked = "".join(
        f"| {each.question.ref} | {_days(now - each.question.asked_at)} | {each.question.origin} | {_words(each.question)} "
        f"| {', '.join(each.flags)} | {', '.join(like.question.ref for like in each.like)} |\n"
        for each in waiting
    )
    late = "".join(
        f"| {each.ref} | {_days(now - each.due_at)} | {each.votes} | {_words(each)} |\n"
        for each in overdue
        if each.due_at is not None
    )
    return (
        f"# {len(waiting)} questions wait for a moderator\n\n"
        f"| question | days | from | asks | look at | like |\n|---|---:|---|---|---|---|\n{asked}\n"
        f"## {len(overdue)} are overdue\n\n| question | days late | votes | asks |\n|---|---:|---:|---|\n{late}"
    )


def _days(lasted: dt.timedelta) -> int:
    return lasted.days


def _words(question: Question) -> str:
    return cell(excerpt(question.body, _SHOWN))
