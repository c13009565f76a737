"""How long what is personal is kept, and why so long: every term of the programme, once.

Belongs here: terms as values, with their source, and the moment that each one reaches back to. Does not: what is done when one is
over (connectors/region/people/programme_retention.py), or how residents are told (the privacy page, which must say these numbers).

Of postings the terms stand where their lives do (connectors/region/offers/postings.py): 48 hours, 30 days, a day.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import msgspec

Unit = Literal["hours", "days", "years"]
_ISO: Final[dict[Unit, str]] = {"hours": "PT{}H", "days": "P{}D", "years": "P{}Y"}
_WORDS: Final[dict[Unit, tuple[str, str]]] = {
    "hours": ("heure", "heures"),
    "days": ("jour", "jours"),
    "years": ("an", "ans"),
}


class Term(msgspec.Struct, frozen=True):
    """So long something is kept, from the event that ``since`` names; ``source`` says who asks for that."""

    amount: int
    unit: Unit
    since: str
    source: str

    def back(self, now: dt.datetime) -> dt.datetime:
        """The last instant whose term is over at ``now``: what happened then or before is kept no longer.

        Years go by the calendar. Nothing of 28 February is kept into March because the year has a 29th.
        """
        if self.unit != "years":
            return now - dt.timedelta(**{self.unit: self.amount})
        year = now.year - self.amount
        try:
            return now.replace(year=year)
        except ValueError:  # 29 February of a year that has none
            return (
                now.replace(year=year, month=3, day=1, hour=0, minute=0, second=0, microsecond=0)
                - dt.timedelta.resolution
            )

    @property
    def iso(self) -> str:
        """As ISO 8601 writes a length of time: ``P3Y``."""
        return _ISO[self.unit].format(self.amount)

    @property
    def words(self) -> str:
        """As a resident reads it: « 3 ans »."""
        one, many = _WORDS[self.unit]
        return f"{self.amount}\u00a0{one if self.amount == 1 else many}"


_GDPR: Final = "RGPD, article 5.1.c and e: no more and no longer than it takes"
_CNIL: Final = "CNIL, référentiel « gestion des activités commerciales » (délibération 2021-131 du 23 septembre 2021), prospects"
_CIVIL: Final = "Code civil, article 2224: for so long somebody can be asked to prove it"

REGISTRATION: Final = Term(
    48, "hours", "a registration, a question or another form that nobody confirmed", _GDPR
)
ORIGIN: Final = Term(1, "days", "a form that was sent or a vote, of the hash of its network address", _GDPR)
CONTACT: Final = Term(3, "years", "a person's last sign of life", _CNIL)
FREE_TEXT: Final = Term(2, "years", "an answer, of its free text", _GDPR)
BOUNCE: Final = Term(1, "years", "a letter that came back", _GDPR)
PROOF: Final = Term(5, "years", "the end of a consent, of its proof", _CIVIL)
COACH: Final = Term(1, "years", "a coach's, an official's or a moderator's last day", _GDPR)
ACT: Final = Term(5, "years", "somebody's act on a person's data", _CIVIL)

TERMS: Final = {
    "registration": REGISTRATION,
    "origin": ORIGIN,
    "contact": CONTACT,
    "free_text": FREE_TEXT,
    "bounce": BOUNCE,
    "proof": PROOF,
    "coach": COACH,
    "act": ACT,
}
