"""Letters of the programme: of each effect about it, the letter, or why none is sent now or ever.

Belongs here: what is read for which kind, and when a letter is moot. Does not: statements (connectors/region/cohorts/programme_letters.py),
rules (core/letters.py, core/judging.py) or the letters themselves (programme_words.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from connectors.mail import cohorts, programme_words
from connectors.mail.programme_words import House
from connectors.mail.wire import Letter
from connectors.programme_links import Links
from connectors.region.cohorts import programme_letters
from connectors.region.database import Region
from connectors.region.sessions.reminders import Rules
from connectors.reminding import reminding
from connectors.seals import CONFIRM_WITHIN, Seals
from connectors.settings import Settings
from connectors.writing import Moot, NotNow
from core.letters import PlaceKind, moot
from schemas.letters import ProgrammeLetter

ABOUT: Final = "programme"
NOBODY: Final = "no address of theirs works"
_TELLS_ALL: Final = ("registered", "promoted")
_decoder = msgspec.json.Decoder(ProgrammeLetter)


class ProgrammeLetters:
    """The writer of what is about the programme; ``clock`` tells the time in UTC."""

    def __init__(
        self, settings: Settings, region: Region, rules: Rules, clock: Callable[[], dt.datetime]
    ) -> None:
        """Raises Misconfigured: as Seals does."""
        self._seals, self._public_url = Seals(settings), settings.public_url
        self._house = House(settings.sender, settings.contact_email)
        self._region, self._rules, self._clock = region, rules, clock

    def __call__(self, content: bytes) -> Letter | NotNow | Moot:
        """The letter."""
        letter, now = _decoder.decode(content), self._clock()
        links = Links(self._seals, self._public_url, now)
        match letter.kind:
            case "confirm":
                return self._confirm(letter, links, now)
            case "reminder":
                return self._reminder(letter, links, now)
            case "untold":
                return self._untold(letter, links, now)
            case "sheet":
                return self._sheet(letter, links)
            case "bounced":
                return self._bounced(letter, links, now)
            case "cohort" | "finished" | "outcome":
                return cohorts.write(self._region, letter, links, self._house)
            case about:
                return self._place(letter, about, links, now)

    def _confirm(self, letter: ProgrammeLetter, links: Links, now: dt.datetime) -> Letter | Moot:
        asked = programme_letters.unconfirmed(self._region, letter.of)
        if asked is None:
            return Moot("its registration was confirmed or deleted")
        if now - asked.created_at > CONFIRM_WITHIN:
            return Moot("its registration has waited too long: the link would open nothing")
        return programme_words.confirm_letter(asked, links, self._house, now)

    def _place(
        self, letter: ProgrammeLetter, about: PlaceKind, links: Links, now: dt.datetime
    ) -> Letter | Moot:
        place = programme_letters.placed(self._region, [letter.of]).get(letter.of)
        if place is None:
            return Moot("its enrolment is gone")
        if why := moot(letter, place.standing(now)):
            return Moot(why)
        if place.person.email is None:
            return Moot(NOBODY)
        written = programme_words.place_letter(about, place, list(self._rules.values()), links, self._house)
        if about in _TELLS_ALL:
            programme_letters.note_told(self._region, place)
        return written

    def _reminder(self, letter: ProgrammeLetter, links: Links, now: dt.datetime) -> Letter | NotNow | Moot:
        told = reminding(self._region, self._rules, "mail", letter, now)
        if isinstance(told, NotNow | Moot):
            return told
        return (
            Moot(NOBODY)
            if told.person.email is None
            else programme_words.reminder_letter(told, links, self._house)
        )

    def _untold(self, letter: ProgrammeLetter, links: Links, now: dt.datetime) -> Letter | Moot:
        coach = programme_letters.coach(self._region, letter.of)
        if coach is None:
            return Moot("its coach has ended")
        missed = programme_letters.missed(self._region, letter.reminders)
        if not missed:
            return Moot("what was not sent was sent since, or is over")
        templates = {rule.name: rule.template for rule in self._rules.values()}
        return programme_words.untold_letter(coach, missed, templates, links, self._house, now)

    def _sheet(self, letter: ProgrammeLetter, links: Links) -> Letter | Moot:
        sheet = programme_letters.sheet(self._region, letter.of)
        if sheet is None:
            return Moot("its session was not held, or has no coach")
        if not sheet.unknown:
            return Moot("it is known already who came")
        return programme_words.sheet_letter(sheet, links, self._house)

    def _bounced(self, letter: ProgrammeLetter, links: Links, now: dt.datetime) -> Letter | Moot:
        coach = programme_letters.coach(self._region, letter.of)
        if coach is None:
            return Moot("its coach has ended")
        returned = programme_letters.returned(self._region, coach.id, letter.people, now)
        if not returned:
            return Moot("letters reach them again, or they have no place any more")
        return programme_words.bounced_letter(coach, returned, links, self._house)
