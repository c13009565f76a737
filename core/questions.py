"""The life of a question: its states, which step may follow, and the public clock.

Belongs here: pure decisions. Does not: what a step does (connectors/region/questions/moderation.py), or a question's words
(core/question_text.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

from core.days import PARIS, paris_day

State = Literal["unconfirmed", "waiting", "published", "answered", "merged", "refused"]
Step = Literal["publish", "refuse", "merge", "answer"]
Origin = Literal["portal", "anonymous", "facebook"]
PUBLIC: Final[tuple[State, ...]] = ("published", "answered")
OPEN: Final[tuple[State, ...]] = ("waiting", "published")
_FROM: Final[dict[Step, tuple[State, ...]]] = {
    "publish": ("waiting",),
    "refuse": OPEN,
    "merge": OPEN,
    "answer": PUBLIC,
}
_NEXT: Final[dict[State, str]] = {
    "unconfirmed": "its author has not confirmed it: nothing can be done before",
    "waiting": "it waits for a moderator: publish, merge or refuse it first",
    "published": "it is published: answer, merge or refuse it",
    "answered": "it is answered: answer it again to correct that",
    "merged": "it is merged into another: decide on that one",
    "refused": "it is refused, and its author was told: it can be asked anew",
}


def illegal(state: State, step: Step) -> str | None:
    """Why a step cannot be taken from a state, and which can; None when it can."""
    return None if state in _FROM[step] else _NEXT[state]


def due(published_at: dt.datetime, days: int) -> dt.datetime:
    """When a question must be answered that is published now: at midnight in Paris, after so many whole days."""
    day = paris_day(published_at) + dt.timedelta(days=days + 1)
    return dt.datetime.combine(day, dt.time(), PARIS).astimezone(dt.UTC)


def last_day(due_at: dt.datetime) -> dt.date:
    """The day by whose end a question is answered in time, as people of the Region read it."""
    return paris_day(due_at - dt.timedelta.resolution)
