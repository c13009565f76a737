"""Letters about cohorts: somebody is in one, has finished it, and is asked what became of it.

Belongs here: what is read for which kind, when a letter is moot, and the letter. Does not: statements
(connectors/region/cohorts/cohort_letters.py) or the words themselves (letters/).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.mail.programme_words import House, appointment, called, shown
from connectors.mail.rendering import words
from connectors.mail.wire import Attachment, Letter
from connectors.programme_links import Links
from connectors.region.cohorts import cohort_letters, programme_letters
from connectors.region.cohorts.programme_letters import Placed
from connectors.region.database import Region
from connectors.writing import Moot, line
from core.invitations import agenda
from schemas.firm import Consent
from schemas.letters import ProgrammeLetter

ASKED: Consent = Consent("follow_up", "mail")  # what covers the question of what became of a firm


def write(region: Region, letter: ProgrammeLetter, links: Links, house: House) -> Letter | Moot:
    """The letter, or why none is sent any more."""
    if letter.kind == "outcome":
        return _outcome(region, letter, links, house)
    found = cohort_letters.membership(region, letter.of, letter.version)
    if not found.member:
        return Moot("they are not in the cohort any more")
    places = found.attended if letter.kind == "finished" else found.places
    if not places:
        return Moot("they have no place in a session of it")
    if places[0].person.email is None:
        return Moot("no address of theirs works")
    return (joined_letter if letter.kind == "cohort" else finished_letter)(places, links, house)


def joined_letter(places: Sequence[Placed], links: Links, house: House) -> Letter:
    """Somebody is in a cohort: all its sessions, with a file for their calendar."""
    told = words("programme_cohort", _told(places, links, house))
    file = agenda([appointment(place, links, house) for place in places])
    return Letter(
        to=str(places[0].person.email),
        subject=told.subject,
        text=told.text,
        attachments=(Attachment("seances.ics", "text/calendar", file),),
    )


def finished_letter(places: Sequence[Placed], links: Links, house: House) -> Letter:
    """A cohort is over: the sessions where they were, and their attestation."""
    attestation = links.attestation(places[-1])
    told = words("programme_finished", {**_told(places, links, house), "attestation": attestation})
    return Letter(to=str(places[0].person.email), subject=told.subject, text=told.text)


def _told(places: Sequence[Placed], links: Links, house: House) -> dict[str, Any]:
    first = places[0]
    return {
        "name": called(first.person),
        "coach": first.coach and {"name": line(first.coach.name), "email": first.coach.email},
        "sessions": [{"s": shown(each.session, links), "place": links.place(each)} for each in places],
        "asked": ASKED in first.person.agreed,
        "preferences": links.preferences(first.person),
        "contact": house.contact,
    }


def _outcome(region: Region, letter: ProgrammeLetter, links: Links, house: House) -> Letter | Moot:
    place = programme_letters.placed(region, [letter.of]).get(letter.of)
    if place is None or place.person.email is None:
        return Moot("no address of theirs works")
    if ASKED not in place.person.agreed:
        return Moot("no consent covers follow_up by mail", "consent")
    return outcome_letter(place, letter.version, links, house)


def outcome_letter(place: Placed, months: int, links: Links, house: House) -> Letter:
    """Somebody is asked what became of their firm, so many months after their cohort."""
    person = place.person
    unsubscribe = links.unsubscribe(person, ASKED.purpose, ASKED.transport)
    told = words(
        "programme_outcome",
        {
            "name": called(person),
            "months": months,
            "outcome": links.outcome(place, months),
            "purpose": ASKED.purpose,
            "from_portal": person.origin == "portal",
            "origin": line(person.origin),
            "unsubscribe": unsubscribe,
            "preferences": links.preferences(person),
            "contact": house.contact,
            "others": [],
        },
    )
    return Letter(to=str(person.email), subject=told.subject, text=told.text, unsubscribe=unsubscribe)
