"""Weekly digests as letters: whether one is still to be sent, and the letter as of when it leaves.

Belongs here: those verdicts. Does not: facts (connectors/digesting.py), or the letter (digest_words.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

import msgspec

from connectors import digesting
from connectors.digest_rules import digest_rules
from connectors.mail.digest_words import Told, digest_letter
from connectors.mail.wire import Letter
from connectors.region.database import Region
from connectors.region.digests import readers
from connectors.seals import Seals
from connectors.settings import Settings
from connectors.writing import Moot, NotNow
from core.digests.rules import Reader
from core.digests.weeks import Week, named
from core.service_levels import Rules as Levels
from schemas.errors import Misconfigured
from schemas.letters import DigestLetter, Role

ABOUT: Final = "digest"
MENDED: Final = 600.0  # seconds until a file may have been mended
_decoder = msgspec.json.Decoder(DigestLetter)


class DigestLetters:
    """The writer of weekly digests; ``levels`` are the objectives that the direction is told of, ``clock`` tells the time in UTC."""

    def __init__(
        self,
        settings: Settings,
        region: Region,
        levels: Callable[[], Levels],
        clock: Callable[[], dt.datetime],
    ) -> None:
        """Raises Misconfigured: as Seals does."""
        self._settings, self._seals = settings, Seals(settings)
        self._region, self._levels, self._clock = region, levels, clock

    def __call__(self, content: bytes) -> Letter | NotNow | Moot:
        """The letter. A reviewed file that does not fit its schema keeps digests back, and no other letter."""
        try:
            return self._judged(_decoder.decode(content), self._clock())
        except Misconfigured as error:
            return NotNow(MENDED, str(error))

    def _judged(self, letter: DigestLetter, now: dt.datetime) -> Letter | Moot:
        rule = digest_rules(self._settings.digests_file)[letter.role]
        week = named(rule.slot, letter.week)
        if not letter.again and week.until <= now:
            return Moot("it is older than three days: the next one tells more")
        with self._region.begin() as connection:
            every = {each.key: each for each in readers.every(connection, letter.role, rule)}
            wants_none = letter.reader in readers.stopped(connection, letter.role)
        if wants_none:
            return Moot("its reader wants no digest any more", "consent")
        if letter.reader not in every:
            return Moot("its reader is none any more")
        return self._written(letter, every[letter.reader], week, now)

    def _written(self, letter: DigestLetter, reader: Reader, week: Week, now: dt.datetime) -> Letter | Moot:
        facts = digesting.facts_for(self._region, self._levels(), letter.role, reader.key, week, now)
        if facts is None:
            return Moot("its reader is none any more")
        if facts.empty:
            return Moot("it has nothing to say")
        told = told_to(self._settings, self._seals, letter.role, reader, week, now)
        return digest_letter(msgspec.structs.replace(told, again=letter.had), facts)


def told_to(
    settings: Settings, seals: Seals, role: Role, reader: Reader, week: Week, now: dt.datetime
) -> Told:
    """What a letter needs beside its facts, the link that stops it among it."""
    return Told(
        role=role,
        reader=reader,
        week=week,
        at=now,
        unsubscribe=seals.link("digest", f"{role}.{reader.key}", now),
        public_url=settings.public_url,
        contact=settings.contact_email,
    )
