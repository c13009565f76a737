"""The programme's letters, pure: what each tells, as its template wants it, and what comes with it.

Belongs here: facts to letters. Does not: reading facts (connectors/region/cohorts/programme_letters.py), whether a letter is still to be sent
(programme.py), or the words themselves (letters/).

Whatever people or staff wrote is one line, without what cannot be seen and not too long: it can be no header and no paragraph of
its own.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from connectors.mail.rendering import Words, reminder, words
from connectors.mail.wire import NAME_SHOWN, Calendar, Letter
from connectors.programme_links import Links
from connectors.region.cohorts.programme_letters import (
    Coach,
    Missed,
    Person,
    Placed,
    Returned,
    Sheet,
    Unconfirmed,
)
from connectors.region.sessions.sessions import Session
from connectors.reminding import Part, Reminding
from connectors.writing import line
from core import wording
from core.html import printable
from core.invitations import Appointment, Mailbox, invitation, sequence_of, uid_of
from core.letters import PlaceKind
from core.reminders import Rule, Transport, moments
from core.wall import wall_of
from schemas.firm import Consent

_TITLE: Final = 90  # characters of a title in a subject


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A session as templates tell it; ``link`` is where it is held online, for those who have a place; ``page`` its public one."""

    kind: str
    title: str
    short_title: str
    when: str
    until: str
    place: str | None
    address: str | None
    online: bool
    link: str | None
    page: str | None
    reason: str | None


class House(msgspec.Struct, frozen=True):
    """Who writes: the ``sender``'s address, and where somebody answers, when that is known."""

    sender: str
    contact: str | None

    @property
    def host(self) -> str:
        """The sender's host, which identifies what we make."""
        return self.sender.rpartition("@")[2]


def shown(session: Session, links: Links, *, placed: bool = True) -> Shown:
    """The session in words, for somebody who has a place in it or not."""
    return Shown(
        kind=session.kind,
        title=line(session.title),
        short_title=wording.excerpt(line(session.title), _TITLE),
        when=wording.moment(session.starts_wall, session.zone),
        until=wording.clock(wall_of(session.ends_at, session.zone).time()),
        place=line(session.place) if session.place else None,
        address=line(session.address) if session.address else None,
        online=bool(session.link),
        link="".join(printable(session.link).split()) if session.link and placed else None,
        page=links.session(session),
        reason=line(session.reason, 600) if session.reason else None,
    )


def confirm_letter(asked: Unconfirmed, links: Links, house: House, now: dt.datetime) -> Letter:
    """Whoever filled in the form is asked for the proof that the mailbox is theirs.

    Nothing that they wrote is in it: else anybody could have us send their words to anybody.
    """
    session = asked.session
    told = words(
        "programme_confirm",
        {
            "s": None if session is None else shown(session, links, placed=False),
            "taken": session is not None and session.state == "open" and session.starts_at > now,
            "link": links.confirm(asked),
            "contact": house.contact,
        },
    )
    return Letter(to=asked.email, subject=told.subject, text=told.text)


def place_letter(
    about: PlaceKind, place: Placed, rules: Sequence[Rule], links: Links, house: House
) -> Letter:
    """What somebody must know of the place that they asked for."""
    person = place.person
    assert person.email is not None
    told = words(
        f"programme_{about}",
        {
            "name": called(person),
            "s": shown(place.session, links, placed=place.attendance == "registered"),
            "has_place": place.attendance == "registered",
            "position": place.position,
            "reminders": planned(place, rules),
            "agreed": any(each.purpose == "sessions" for each in person.agreed),
            "place": links.place(place),
            "sessions": links.sessions,
            "preferences": links.preferences(person),
            "contact": house.contact,
        },
    )
    return Letter(
        to=person.email,
        subject=told.subject,
        text=told.text,
        calendar=_calendar(about, place, links, house),
        thread=thread(place),
    )


def thread(place: Placed) -> str:
    """What makes one conversation of all letters about a place."""
    return f"session.{place.session.ref}.contact.{place.person.contact}"


def planned(place: Placed, rules: Sequence[Rule]) -> list[dict[str, str]]:
    """The reminders before the session that somebody agreed to, and when they come: « mardi 1er décembre 2026 », by mail."""
    if place.armed_at is None:
        return []
    told = []
    by_name = {rule.name: rule for rule in rules}
    for moment in moments(rules, place.session.timed, place.armed_at):
        rule = by_name[moment.rule]
        if rule.is_before and (transport := reached_by(rule, place.person)):
            told.append(
                {
                    "by": transport,
                    "on": wording.moment(wall_of(moment.at, place.session.zone), place.session.zone),
                }
            )
    return told


def reached_by(rule: Rule, person: Person) -> Transport | None:
    """The transport that a rule would reach a person by, who has agreed to it and can be reached."""
    ways: dict[Transport, str | None] = {"mail": person.email, "sms": person.phone}
    return next(
        (each for each in rule.transports if ways[each] and Consent(rule.purpose, each) in person.agreed),
        None,
    )


def _calendar(about: PlaceKind, place: Placed, links: Links, house: House) -> Calendar | None:
    """The place in their own calendar; who waits for one has nothing to keep there."""
    left = about == "left"
    if not (left or place.attendance == "registered"):
        return None
    method: Literal["REQUEST", "CANCEL"] = "CANCEL" if left or about == "cancelled" else "REQUEST"
    return Calendar(invitation(method, appointment(place, links, house, left=left)), method)


def appointment(place: Placed, links: Links, house: House, *, left: bool = False) -> Appointment:
    """A place as its holder's calendar keeps it."""
    session, person = place.session, place.person
    assert person.email is not None
    s = shown(session, links)
    where = ", ".join(part for part in (s.place, s.address) if part) or s.link
    return Appointment(
        uid=uid_of(session.ref, person.contact, house.host),
        sequence=sequence_of(session.version, place.turn, left=left),
        stamp=max(session.changed_at, place.since),
        title=s.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=session.zone,
        organizer=Mailbox(NAME_SHOWN, house.sender),
        attendee=Mailbox(called(person) or person.email, person.email),
        where=where,
        description="\n".join(part for part in (s.link, s.page) if part) or None,
        url=s.page,
    )


def reminder_letter(reminding: Reminding, links: Links, house: House) -> Letter:
    """One letter for all that somebody is to be reminded of; the first of it leads."""
    person, leading = reminding.person, reminding.leading
    assert person.email is not None
    unsubscribe = links.unsubscribe(person, leading.rule.purpose, "mail")
    told: Words = reminder(
        leading.rule.template,
        {
            "name": called(person),
            "part": _part(leading, links),
            "others": [_part(each, links) for each in reminding.parts[1:]],
            "sessions": links.sessions,
            "purpose": leading.rule.purpose,
            "from_portal": person.origin == "portal",
            "origin": line(person.origin),
            "unsubscribe": unsubscribe,
            "preferences": links.preferences(person),
            "contact": house.contact,
        },
    )
    return Letter(
        to=person.email,
        subject=told.subject,
        text=told.text,
        unsubscribe=unsubscribe,
        thread=thread(leading.place),
    )


def _part(part: Part, links: Links) -> dict[str, Any]:
    return {
        "audience": part.rule.audience,
        "is_before": part.rule.is_before,
        "s": shown(part.place.session, links),
        "place": links.place(part.place),
        "satisfaction": links.satisfaction(part.place),
        "coach": part.place.coach and {"name": line(part.place.coach.name), "email": part.place.coach.email},
    }


def untold_letter(
    coach: Coach,
    missed: Sequence[Missed],
    templates: dict[str, str],
    links: Links,
    house: House,
    now: dt.datetime,
) -> Letter:
    """Who was not reminded, why, and how to reach them; ``templates`` are those of the rules, by name."""
    of: dict[int, list[Missed]] = defaultdict(list)
    for each in missed:
        of[each.session.id].append(each)
    told = words(
        "programme_untold",
        {
            "name": line(coach.name),
            "number": len(missed),
            "sessions": [
                {
                    "s": shown(people[0].session, links),
                    "to_come": people[0].session.starts_at > now,
                    "people": [_missed(each, templates) for each in people],
                }
                for people in of.values()
            ],
            "contact": house.contact,
        },
    )
    return Letter(to=coach.email, subject=told.subject, text=told.text)


def _missed(missed: Missed, templates: dict[str, str]) -> dict[str, str | None]:
    return {
        "name": line(missed.name or ""),
        "firm": line(missed.firm or ""),
        "phone": missed.phone and wording.phone(missed.phone),
        "email": missed.email,
        "state": missed.state,
        "rule": templates.get(missed.rule, ""),
    }


def bounced_letter(coach: Coach, returned: Sequence[Returned], links: Links, house: House) -> Letter:
    """Whose address takes no letters any more, why, and how to reach them."""
    of: dict[int, list[Returned]] = defaultdict(list)
    for each in returned:
        of[each.session.id].append(each)
    told = words(
        "programme_bounced",
        {
            "name": line(coach.name),
            "number": len({each.email for each in returned}),
            "sessions": [
                {"s": shown(people[0].session, links), "people": [_returned(each) for each in people]}
                for people in of.values()
            ],
            "contact": house.contact,
        },
    )
    return Letter(to=coach.email, subject=told.subject, text=told.text)


def _returned(returned: Returned) -> dict[str, str | None]:
    return {
        "name": line(returned.name or ""),
        "firm": line(returned.firm or ""),
        "phone": returned.phone and wording.phone(returned.phone),
        "email": returned.email,
        "why": returned.why,
    }


def sheet_letter(sheet: Sheet, links: Links, house: House) -> Letter:
    """A coach is asked who came."""
    told = words(
        "programme_sheet",
        {
            "name": line(sheet.coach.name),
            "s": shown(sheet.session, links),
            "people": sheet.people,
            "unknown": sheet.unknown,
            "sheet": links.sheet(sheet.session, sheet.coach),
            "contact": house.contact,
        },
    )
    return Letter(to=sheet.coach.email, subject=told.subject, text=told.text)


def called(person: Person) -> str:
    """How a letter calls somebody."""
    return line(person.name or "", 80)
