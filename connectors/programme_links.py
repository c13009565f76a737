"""The addresses that messages of the programme and of dialogues lead to.

Belongs here: which link opens what. Does not: sealing (seals.py) or the pages behind (portal).
"""

from __future__ import annotations

import datetime as dt

from connectors.region.cohorts.programme_letters import Coach, Person, Placed, Unconfirmed
from connectors.region.sessions.sessions import Session
from connectors.seals import Seals
from core.reminders import Purpose, Transport


class Links:
    """Links for messages that are written at ``now``."""

    def __init__(self, seals: Seals, public_url: str, now: dt.datetime) -> None:
        self._seals, self._public_url, self._now = seals, public_url, now

    @property
    def sessions(self) -> str:
        """The sessions to come, for everybody."""
        return f"{self._public_url}/seances"

    def session(self, session: Session) -> str | None:
        """A session's own page, for everybody; a cohort's sessions have none."""
        return None if session.kind == "coaching" else f"{self._public_url}/seances/{session.ref}"

    def confirm(self, registration: Unconfirmed) -> str:
        """Confirm a registration."""
        return self._seals.link("registration", registration.ref, self._now)

    def place(self, place: Placed) -> str:
        """See one's place, and give it back."""
        return self._seals.link("place", str(place.enrolment), self._now)

    def short_place(self, place: Placed) -> str:
        """The same, for a text message."""
        return self._seals.short("place", str(place.enrolment))

    def satisfaction(self, place: Placed) -> str:
        """Say how a session was."""
        return self._seals.link("satisfaction", str(place.enrolment), self._now)

    def short_satisfaction(self, place: Placed) -> str:
        """The same, for a text message."""
        return self._seals.short("satisfaction", str(place.enrolment))

    def preferences(self, person: Person) -> str:
        """Choose what one is written to about, or have oneself erased."""
        return self.preferences_of(person.contact)

    def preferences_of(self, contact: int) -> str:
        """The same, for whoever has that number."""
        return self._seals.link("preferences", str(contact), self._now)

    def dialogue(self, ref: str) -> str:
        """A dialogue's own page, for everybody."""
        return f"{self._public_url}/dialogues/{ref}"

    def question(self, ref: str) -> str:
        """A question's own page, for everybody."""
        return f"{self._public_url}/questions/{ref}"

    @property
    def new_question(self) -> str:
        """Ask something, for everybody."""
        return f"{self._public_url}/questions/nouvelle"

    def own_question(self, ref: str) -> str:
        """A question's page as its author reads it."""
        return self._seals.link("question", ref, self._now)

    def ask(self, ref: str) -> str:
        """Confirm what one asked for."""
        return self._seals.link("ask", ref, self._now)

    def unwatch(self, question: int, contact: int) -> str:
        """Hear no more of a question, by a POST alone (RFC 8058)."""
        return self._seals.link("unwatch", f"{question}.{contact}", self._now)

    def unsubscribe(self, person: Person, purpose: Purpose, transport: Transport) -> str:
        """End one purpose by one transport, by a POST alone (RFC 8058)."""
        return self._seals.link("unsubscribe", f"{person.contact}.{purpose}.{transport}", self._now)

    def stop(self, person: Person, purpose: Purpose) -> str:
        """End one purpose by text message, from a text message."""
        return self._seals.short("unsubscribe", f"{person.contact}.{purpose}.sms")

    def sheet(self, session: Session, coach: Coach) -> str:
        """The coach's sheet of who came."""
        return self._seals.link("sheet", f"{session.ref}.{coach.id}", self._now)

    def outcome(self, place: Placed, months: int) -> str:
        """Say what became of the firm, so many months after its cohort."""
        return self._seals.link("outcome", f"{place.enrolment}.outcome_{months}", self._now)

    def attestation(self, place: Placed) -> str:
        """The attestation of a cohort's sessions up to this one, as PDF."""
        return self._seals.link("attestation", str(place.enrolment), self._now)
