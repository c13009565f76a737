"""A firm's journey in words: a line for each thing that happened.

Belongs here: filling in ``event.txt``. Does not: what happened (connectors/region/firms/journeys.py), or where it is shown (the command line,
tasks/journey.py, the portal).
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Final, NamedTuple

from connectors.region.firms.journeys import Event, Journey
from connectors.templates import templates
from core import wording
from core.days import PARIS

_FOLDER: Final = Path(__file__).parent
_SPACES: Final = re.compile(r"[ \t\r\n]+")  # the no-break ones are typography


class Line(NamedTuple):
    """What happened, in French: ``when`` by the clocks of Paris."""

    when: str
    said: str


def lines(journey: Journey, *, named: bool) -> list[Line]:
    """The journey, the oldest first. Without ``named`` people are numbers, for what is kept where no erasure reaches."""
    return [_line(event, named=named) for event in journey.events]


def _line(event: Event, *, named: bool) -> Line:
    template = templates(_FOLDER).get_template("event.txt")
    starts = event.facts.get("starts")
    said = template.render(
        what=event.what,
        who=event.name if named else None,
        contact=event.contact,
        facts=event.facts,
        day=wording.date(dt.datetime.fromisoformat(starts).date()) if starts else None,
    )
    at = event.at.astimezone(PARIS)
    return Line(f"{at:%d/%m/%Y %H:%M}", _SPACES.sub(" ", said).strip())
