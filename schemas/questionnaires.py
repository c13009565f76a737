"""What people answer: how a session was, and what became of their firm three and six months later.

Belongs here: the records, and their one encoding. Does not: the questions' words (portal/templates), or keeping them
(connectors/region/firms/answers.py).
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

About = Literal["satisfaction", "outcome_3", "outcome_6"]
Mark = Annotated[int, msgspec.Meta(ge=1, le=5)]
"""From 1, not at all, to 5, entirely."""
Words = Annotated[str, msgspec.Meta(max_length=2000)]
"""Free text; in an answer it is ``text``, which goes before the rest of it does (core/terms.py)."""
Customers = Literal["more", "same", "fewer"]
Turnover = Literal["up", "same", "down", "unsaid"]
Tool = Literal["facebook", "instagram", "website", "google", "messages", "none"]


class Satisfaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a session was: whether it is of use, was clear, and would be recommended."""

    useful: Mark
    clear: Mark
    recommended: Mark
    text: Words = ""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a firm: its customers, how its turnover feels, the tools in use, jobs that were created since."""

    customers: Customers
    turnover: Turnover
    tools: tuple[Tool, ...] = ()
    jobs: Annotated[int, msgspec.Meta(ge=0, le=249)] | None = None
    text: Words = ""


Answer = Satisfaction | Outcome
