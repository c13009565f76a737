"""What letters about covered events tell, as it is when they are sent.

Belongs here: reading it. Does not: when a letter is called for (media_consents.py) or its words (connectors/mail/coverage.py).
"""

from __future__ import annotations

import msgspec

from connectors.region.coverage import events, students
from connectors.region.coverage.events import Event
from connectors.region.coverage.students import Student
from connectors.region.database import Region
from schemas.letters import CoverageLetter


class Told(msgspec.Struct, frozen=True):
    """Whom a letter goes to, about which student and event. ``word`` is what the link in it names."""

    student: Student
    event: Event | None
    name: str
    email: str
    word: str


def told(region: Region, letter: CoverageLetter) -> Told | None:
    """What the letter tells; None when its reader or its event is gone."""
    with region.begin() as connection:
        student = students.get(connection, letter.student)
    if student is None:
        return None
    name = student.name if letter.giver == "student" else student.guardian_name
    email = student.address(letter.giver)
    event = events.get(region, letter.event) if letter.event else None
    if name is None or email is None or (letter.event and event is None):
        return None
    return Told(student, event, name, email, student.word(letter.giver, letter.event))
