"""Every letter and text with example values, so that people can read what others receive.

Belongs here: the examples. Does not: the letters (connectors/mail, connectors/sms), or showing them (cli_letters.py).
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Final

import msgspec
from pydantic import SecretStr

from connectors.mail import cohorts, postings, programme_words
from connectors.mail.programme_words import House
from connectors.mail.wire import Letter
from connectors.programme_links import Links
from connectors.region.cohorts.programme_letters import (
    Coach,
    Missed,
    Person,
    Placed,
    Returned,
    Sheet,
    Unconfirmed,
    Untold,
)
from connectors.region.sessions.sessions import Session
from connectors.reminding import Part, Reminding
from connectors.seals import Seals
from connectors.settings import Settings
from connectors.sms.programme import reminder_text
from connectors.sms.wire import Text
from core.judging import Attendance
from core.letters import PLACES, PlaceKind
from core.reminders import Rule, SessionKind
from core.wall import instant
from deployments import coverage_examples, dialogue_examples, digest_examples, question_examples
from schemas.firm import Consent, Purpose
from schemas.letters import PostingAddressee, PostingKind

NOW: Final = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
COACH: Final = Coach(1, "Inès Faure", "ines.faure@coach.example")
_STATES: Final[dict[PlaceKind, Attendance]] = {"waiting": "waiting", "left": "left"}
_POSTINGS: Final[tuple[PostingKind, ...]] = ("confirm", "approved", "refused")
_PURPOSES: Final[tuple[Purpose, ...]] = ("sessions", "follow_up", "invitations")
_MISSED: Final[tuple[tuple[Untold, str, str | None], ...]] = (
    ("expired", "Camille Durand", "+33612345678"),
    ("unreachable", "Yanis Morel", None),
    ("parked", "Zoé Petit", "+33472000000"),
)
_STARTS: Final = dt.datetime(2026, 12, 8, 18, 30)  # noqa: DTZ001 - what clocks show


def session(kind: SessionKind = "seminar", number: int = 1) -> Session:
    """A session two weeks from ``NOW``; a cohort's is held online."""
    online = kind == "coaching"
    return Session(
        id=number,
        ref=f"S-exemple{number}",
        kind=kind,
        title="Instagram pour ma boutique" if kind != "dialogue" else "Questions sur les transports",
        summary="",
        level=None,
        cohort_id=1 if online else None,
        coach_id=COACH.id,
        starts_wall=_STARTS,
        zone="Europe/Paris",
        minutes=120,
        starts_at=instant(_STARTS, "Europe/Paris"),
        ends_at=instant(_STARTS, "Europe/Paris") + dt.timedelta(minutes=120),
        place=None if online else "Maison des entreprises",
        address=None if online else "12 rue de la République, 69002 Lyon",
        department="69",
        link="https://visio.example/salle-12" if online else None,
        capacity=40,
        version=1,
        state="open",
        reason=None,
        changed_at=NOW,
    )


def person() -> Person:
    """Somebody who agreed to everything."""
    return Person(
        contact=1,
        name="Camille Durand",
        firm="Fournil des Pentes",
        email="camille@fournil.example",
        phone="+33612345678",
        origin="portal",
        agreed=frozenset(
            Consent(purpose, transport) for purpose in _PURPOSES for transport in ("mail", "sms")
        ),
    )


def place(attendance: Attendance = "registered", kind: SessionKind = "seminar", number: int = 1) -> Placed:
    """That person's place in that session."""
    return Placed(
        enrolment=number,
        attendance=attendance,
        turn=1,
        since=NOW,
        told_version=None,
        place_waits=False,
        armed_at=NOW,
        position=3,
        session=session(kind, number),
        person=person(),
        coach=COACH,
    )


def _meetings(attendance: Attendance = "registered") -> list[Placed]:
    """A cohort's two sessions, two weeks apart."""
    one, two = (place(attendance, "coaching", number) for number in (1, 2))
    later = dt.timedelta(weeks=2)
    moved = msgspec.structs.replace(
        two.session,
        starts_wall=two.session.starts_wall + later,
        starts_at=two.session.starts_at + later,
        ends_at=two.session.ends_at + later,
    )
    return [one, msgspec.structs.replace(two, session=moved)]


def letters(settings: Settings, rules: tuple[Rule, ...]) -> dict[str, Letter | Text]:
    """Every letter and text, by name. The links in them open nothing: they are sealed with a secret that nobody has."""
    nobodys = settings.model_copy(update={"portal_secret": SecretStr(secrets.token_urlsafe(32))})
    links = Links(Seals(nobodys), settings.public_url, NOW)
    house = House(settings.sender, settings.contact_email)
    asked = Unconfirmed("I-exemple", "camille@fournil.example", NOW, session())
    return {
        "confirm": programme_words.confirm_letter(asked, links, house, NOW),
        **{about: _place_letter(about, rules, links, house) for about in PLACES},
        **_reminders(rules, links, house),
        "untold": _untold_letter(rules, links, house),
        "sheet": programme_words.sheet_letter(Sheet(session(), COACH, people=12, unknown=3), links, house),
        "bounced": _bounced_letter(links, house),
        "cohort": cohorts.joined_letter(_meetings(), links, house),
        "finished": cohorts.finished_letter(_meetings("present"), links, house),
        "outcome": cohorts.outcome_letter(place("present", "coaching"), 3, links, house),
        **_postings(settings, links),
        **dialogue_examples.letters(settings, house, NOW),
        **question_examples.letters(session("dialogue"), links, house, NOW),
        **coverage_examples.letters(settings, house),
        **digest_examples.letters(settings, Seals(nobodys), NOW),
    }


def _place_letter(about: PlaceKind, rules: tuple[Rule, ...], links: Links, house: House) -> Letter:
    told = place(_STATES.get(about, "registered"))
    if about == "cancelled":
        reason = "La salle est fermée pour travaux."
        told = msgspec.structs.replace(
            told, session=msgspec.structs.replace(told.session, state="cancelled", reason=reason)
        )
    return programme_words.place_letter(about, told, rules, links, house)


def _reminders(rules: tuple[Rule, ...], links: Links, house: House) -> dict[str, Letter | Text]:
    """Each rule by each of its transports, and one letter that catches up with several."""
    told: dict[str, Letter | Text] = {}
    for rule in rules:
        alone = Reminding(person(), (Part(rule, place(kind=rule.kinds[-1])),))
        if "mail" in rule.transports:
            told[f"reminder.{rule.name}"] = programme_words.reminder_letter(alone, links, house)
        if "sms" in rule.transports:
            told[f"sms.{rule.name}"] = reminder_text(alone, links)
    every = tuple(Part(rule, place(kind=rule.kinds[0], number=n)) for n, rule in enumerate(rules, 1))
    return told | {
        "reminder.several": programme_words.reminder_letter(Reminding(person(), every), links, house)
    }


def _untold_letter(rules: tuple[Rule, ...], links: Links, house: House) -> Letter:
    missed = [
        Missed(
            state=state,
            rule=rules[0].name,
            session=session(),
            name=name,
            firm="Fournil des Pentes",
            phone=phone,
            email="camille@fournil.example",
        )
        for state, name, phone in _MISSED
    ]
    return programme_words.untold_letter(
        COACH, missed, {rule.name: rule.template for rule in rules}, links, house, NOW
    )


def _bounced_letter(links: Links, house: House) -> Letter:
    returned = [
        Returned(
            why=why,
            session=session(),
            name=name,
            firm="Fournil des Pentes",
            phone=phone,
            email=f"{name.split()[0].lower()}@fournil.example",
        )
        for why, (_, name, phone) in zip(("hard", "soft", "complaint"), _MISSED, strict=True)
    ]
    return programme_words.bounced_letter(COACH, returned, links, house)


def _postings(settings: Settings, links: Links) -> dict[str, Letter | Text]:
    to = PostingAddressee(
        "contact@fournil.example",
        "P-exemple",
        "0123456789ab",
        "Boulanger, boulangère",
        "Il manque le salaire.",
    )
    return {
        f"posting.{kind}": postings.letter(kind, to, link=links.sessions, public_url=settings.public_url)
        for kind in _POSTINGS
    }
