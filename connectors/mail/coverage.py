"""Letters to students whom media may show, and to their guardians: whether they agree, and that what they agreed to has ended.

Belongs here: whether a letter is still to be sent, and the letter. Does not: statements (connectors/region/coverage/coverage_letters.py) or the
words themselves (letters/).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from connectors.mail.programme_words import House
from connectors.mail.rendering import words
from connectors.mail.wire import Letter
from connectors.region.coverage import coverage_letters
from connectors.region.coverage.coverage_letters import Told
from connectors.region.database import Region
from connectors.seals import Seals
from connectors.settings import Settings
from connectors.writing import Moot, line
from schemas.letters import CoverageLetter

ABOUT: Final = "coverage"
_decoder = msgspec.json.Decoder(CoverageLetter)


class CoverageLetters:
    """The writer of what is about covered events; ``clock`` tells the time in UTC."""

    def __init__(self, settings: Settings, region: Region, clock: Callable[[], dt.datetime]) -> None:
        """Raises Misconfigured: as Seals does."""
        self._seals, self._house = Seals(settings), House(settings.sender, settings.contact_email)
        self._region, self._clock = region, clock

    def __call__(self, content: bytes) -> Letter | Moot:
        """The letter."""
        letter, now = _decoder.decode(content), self._clock()
        found = coverage_letters.told(self._region, letter)
        if found is None:
            return Moot("its reader was erased or has no address any more, or its event is gone")
        minor = found.student.minor(now)
        if letter.kind == "asked" and letter.giver == "guardian" and not minor:
            return Moot("the student is of age by now: nobody agrees for them")
        link = self._seals.link("media", found.word, now)
        return coverage_letter(letter, found, link, self._house, minor=minor)


def coverage_letter(letter: CoverageLetter, told: Told, link: str, house: House, *, minor: bool) -> Letter:
    """The letter, pure. ``link`` leads to where its reader agrees and withdraws."""
    written = words(
        f"coverage_{letter.kind}",
        {
            "name": line(told.name),
            "student": line(told.student.name),
            "guardian": letter.giver == "guardian",
            "minor": minor,
            "event": told.event and line(told.event.name),
            "place": told.event and line(told.event.place),
            "link": link,
            "contact": house.contact,
        },
    )
    return Letter(to=told.email, subject=written.subject, text=written.text)
