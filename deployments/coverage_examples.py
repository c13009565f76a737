"""Letters about covered events with example values.

Belongs here: the examples. Does not: the letters (connectors/mail/coverage.py), or showing them (cli_letters.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Final, get_args

from connectors.mail.coverage import coverage_letter
from connectors.mail.programme_words import House
from connectors.mail.wire import Letter
from connectors.region.coverage.coverage_letters import Told
from connectors.region.coverage.events import Event
from connectors.region.coverage.students import Student
from connectors.settings import Settings
from schemas.coverage import Giver
from schemas.letters import CoverageKind, CoverageLetter

EVENT: Final = Event(
    1, "e0exemple", "Musilac", "Aix-les-Bains", "73", dt.date(2027, 7, 8), dt.date(2027, 7, 11), "open"
)
STUDENT: Final = Student(
    1, "Lou Perrin", "lou@lycee.example", dt.date(2010, 5, 1), "Dominique Perrin", "dominique@exemple.example"
)


def letters(settings: Settings, house: House) -> dict[str, Letter]:
    """Every letter about covered events, by name."""
    kinds: tuple[CoverageKind, ...] = get_args(CoverageKind)
    givers: tuple[Giver, ...] = get_args(Giver)
    return {
        f"coverage.{kind}.{giver}": coverage_letter(
            CoverageLetter(kind, 1, giver, 1),
            Told(
                STUDENT,
                EVENT,
                STUDENT.name if giver == "student" else "Dominique Perrin",
                f"{giver}@x.example",
                "",
            ),
            f"{settings.public_url}/couverture/accord/exemple",
            house,
            minor=True,
        )
        for kind in kinds
        for giver in givers
    }
